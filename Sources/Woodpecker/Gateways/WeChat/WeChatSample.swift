import AsyncHTTPClient
import Crypt
import Foundation
import Kernel
import NIOCore
import NIOHTTP1
import Synchronization
import Web

/// A stand-in for a follower's phone and for Tencent between it and us: it signs, encrypts and posts as they do, over
/// HTTP, and shows what comes back. For the sample town alone.
final class WeChatSample: Sendable {
    private struct Line {
        var isOwn: Bool
        var text: String
    }

    private let crypto: WeChatCrypto
    private let client: HTTPClient
    private let address: @Sendable () -> String?
    private let lines = Mutex<[Line]>([])
    private let pictures = Mutex<[String: [UInt8]]>([:])
    private static let person = "oSAMPLE-follower-0001"
    private static let limit = 60

    init(crypto: WeChatCrypto, client: HTTPClient, address: @escaping @Sendable () -> String?) {
        self.crypto = crypto
        self.client = client
        self.address = address
    }

    func routes(_ routes: inout Routes) {
        routes.get("/sample-wechat", .needs(.reportRead), "A stand-in for a follower's phone") { call in
            try self.page(call)
        }
        routes.post("/sample-wechat", .needs(.reportRead), "Sends what the follower says", bodyLimit: 8 << 20) { call in
            let input = try SampleInput(call)
            for _ in 0..<(input.again ? 3 : 1) { try await self.send(input) }
            return .redirect(to: "/sample-wechat")
        }
        // Tencent's own API, as far as the centre asks it.
        routes.post("/sample-wechat/api/cgi-bin/stable_token", .device, "The sample's token") { _ in
            struct Token: Encodable {
                var access_token = "sample"
                var expires_in = 7_200
            }
            return try .json(Token())
        }
        routes.get("/sample-wechat/api/cgi-bin/media/get", .device, "The sample's pictures") { call in
            guard let bytes = call.query("media_id").flatMap({ id in self.pictures.withLock { $0[id] } }) else {
                throw Problem.notFound
            }
            return .bytes(bytes, type: "image/jpeg")
        }
        for path in Self.calls {
            routes.post("/sample-wechat/api/cgi-bin/\(path)", .device, "The sample's account", bodyLimit: 8 << 20) {
                call in try self.take(path, call)
            }
        }
    }

    private static let calls = [
        "message/custom/send", "message/subscribe/bizsend", "message/template/subscribe", "message/mass/sendall",
        "menu/create", "material/add_material", "draft/add", "freepublish/submit", "openapi/quota/get",
    ]

    /// What the account sends is shown on the phone; the rest is taken.
    private func take(_ path: String, _ call: Call) throws -> Answer {
        struct Sent: Decodable {
            struct Text: Decodable { var content: String }
            struct Value: Decodable { var value: String }
            var text: Text?
            var data: [String: Value]?
        }
        struct Quota: Encodable {
            var daily_limit = 500_000
            var used = 0
            var remain = 500_000
        }
        struct Reply: Encodable {
            var errcode = 0
            var errmsg = "ok"
            var media_id: String?
            var publish_id: String?
            var msg_id: Int?
            var quota: Quota?
        }
        let sent = try? JSON.decode(Sent.self, call.body)
        let words = sent?.text?.content ?? sent?.data?.values.map(\.value).sorted().joined(separator: " ")
        switch path {
        case "message/custom/send", "message/subscribe/bizsend", "message/template/subscribe":
            if let words { add(Line(isOwn: false, text: String(words.prefix(2_000)))) }
            return try .json(Reply())
        case "material/add_material", "draft/add": return try .json(Reply(media_id: "sample"))
        case "freepublish/submit": return try .json(Reply(publish_id: "1"))
        case "openapi/quota/get": return try .json(Reply(quota: Quota()))
        case "message/mass/sendall": return try .json(Reply(msg_id: 1))
        default: return try .json(Reply())
        }
    }

    /// What the page's form sends.
    struct SampleInput: Sendable {
        var body: String
        var shown: String
        var time: Int64
        var picture: (id: String, bytes: [UInt8])?
        var again: Bool

        init(_ call: Call) throws {
            let type = call.header("Content-Type") ?? ""
            let parts = type.lowercased().hasPrefix("multipart/") ? Multipart(call.body, type: type) : nil
            let form = parts?.form ?? call.form
            time = Instant.now.ms / 1_000
            again = form["again"] == "1"
            let number = String(ID<SampleInput>.next().rawValue)
            func data(_ text: String) -> String { "<![CDATA[\(text.replacing("]]>", with: "]] >"))]]>" }
            switch form["kind"] {
            case "location":
                shown = "📍 34.0200, 113.0200"
                body =
                    "<MsgType>\(data("location"))</MsgType><Location_X>34.0200</Location_X><Location_Y>113.0200</Location_Y><Scale>16</Scale><Label>\(data("桥头（示例）"))</Label><MsgId>\(number)</MsgId>"
            case "subscribe":
                shown = "＋"
                body = "<MsgType>\(data("event"))</MsgType><Event>\(data("subscribe"))</Event><EventKey></EventKey>"
            case "menu":
                shown = "≡ 上报"
                body =
                    "<MsgType>\(data("event"))</MsgType><Event>\(data("CLICK"))</Event><EventKey>\(data("REPORT"))</EventKey>"
            case "image":
                guard let file = parts?.files.first(where: { $0.field == "photo" }) else {
                    throw Problem.invalid(["photo": "required"])
                }
                shown = "🖼"
                picture = ("sample-\(number)", file.bytes)
                body =
                    "<MsgType>\(data("image"))</MsgType><PicUrl>\(data("http://example.invalid/p"))</PicUrl><MediaId>\(data("sample-\(number)"))</MediaId><MsgId>\(number)</MsgId>"
            default:
                let text = String((form["text"] ?? "").prefix(1_000))
                shown = text
                body = "<MsgType>\(data("text"))</MsgType><Content>\(data(text))</Content><MsgId>\(number)</MsgId>"
            }
        }
    }

    private func send(_ input: SampleInput) async throws {
        guard let address = address() else { throw Problem.conflict("woodpecker.not-listening") }
        if let (id, bytes) = input.picture {
            pictures.withLock { pictures in
                if pictures.count > 20 { pictures.removeAll() }
                pictures[id] = bytes
            }
        }
        let plain =
            "<xml><ToUserName><![CDATA[gh_sample]]></ToUserName><FromUserName><![CDATA[\(Self.person)]]></FromUserName>"
            + "<CreateTime>\(input.time)</CreateTime>\(input.body)</xml>"
        let (timestamp, nonce) = (String(input.time), Secret.hex(try Secret.bytes(5)))
        var url =
            "\(address)/wechat?timestamp=\(timestamp)&nonce=\(nonce)&openid=\(Self.person)"
            + "&signature=\(WeChatCrypto.signature([crypto.token, timestamp, nonce]))"
        var body = plain
        if crypto.isEncrypted {
            let sealed = try crypto.encrypt(Array(plain.utf8))
            url += "&encrypt_type=aes&msg_signature=\(WeChatCrypto.signature([crypto.token, timestamp, nonce, sealed]))"
            body = "<xml><ToUserName><![CDATA[gh_sample]]></ToUserName><Encrypt><![CDATA[\(sealed)]]></Encrypt></xml>"
        }
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "text/xml")
        request.body = .bytes(ByteBuffer(string: body))
        var reply: String?
        if let response = try? await client.execute(request, timeout: .seconds(5)), response.status == .ok,
            let bytes = try? await response.body.collect(upTo: 65_536)
        {
            reply = read(Array(bytes.readableBytesView))
        }
        add(Line(isOwn: true, text: input.shown))
        if let reply { add(Line(isOwn: false, text: reply)) }
    }

    /// The words of a passive reply, as the phone shows them.
    private func read(_ bytes: [UInt8]) -> String? {
        var plain = bytes
        if crypto.isEncrypted {
            guard let sealed = WeChatEnvelope.sealed(bytes), let opened = try? crypto.decrypt(sealed) else {
                return nil
            }
            plain = opened
        }
        guard let message = try? WeChatReply(plain) else { return nil }
        return message.text
    }

    private func add(_ line: Line) {
        lines.withLock { lines in
            lines.append(line)
            if lines.count > Self.limit { lines.removeFirst(lines.count - Self.limit) }
        }
    }

    private func page(_ call: Call) throws -> Answer {
        let shown = lines.withLock { $0 }.map { ["text": $0.text, "isOwn": $0.isOwn] as [String: Any] }
        return try call.page(
            "sample-wechat", title: call.word("woodpecker.sample.title"), Citizen.tidy(["lines": shown]))
    }
}
