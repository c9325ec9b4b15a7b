import AsyncHTTPClient
import Foundation
import Kernel
import NIOCore

/// The API of a WeChat official account: messages, menu, articles, pictures. Every call says what came of it and
/// whether it may have been done; a token that was ended elsewhere is changed once. Tokens and secrets are in no
/// error, log or answer of this type.
public struct WeChatClient: Sendable {
    private let wire: WeChatWire
    private let token: WeChatToken

    /// An account's API.
    /// - Parameters:
    ///   - base: where it is, such as `https://api.weixin.qq.com`; asked at each call.
    ///   - timeoutMs: milliseconds for one request.
    public init(
        appID: String, secret: String, client: HTTPClient, timeoutMs: Int64 = 5_000,
        base: @escaping @Sendable () -> String?
    ) {
        let wire = WeChatWire(client: client, timeout: .milliseconds(timeoutMs), base: base)
        self.wire = wire
        token = WeChatToken(appID: appID, secret: secret) { path, body in await wire.post(path, body) }
    }

    /// Hands a message to one person over.
    public func send(_ notice: WeChatNotice) async -> WeChatOutcome { await call(notice.path, notice.body) }

    // MARK: Menu

    /// Makes the account's menu this one; the same once more is the same.
    public func setMenu(_ menu: WeChatMenu) async -> WeChatOutcome { await call("/cgi-bin/menu/create", menu) }

    /// The menu as the platform has it; `nil` where it cannot be read or there is none (46003).
    public func menu() async -> WeChatMenu? {
        guard case .reply(let reply) = await ask({ await wire.get("/cgi-bin/menu/get?access_token=\($0)") }) else {
            return nil
        }
        return reply.menu
    }

    /// What is left today of a call, such as `/cgi-bin/message/custom/send`; `nil` where nobody says.
    public func quota(of path: String) async -> WeChatQuota? {
        guard case .reply(let reply) = await ask("/cgi-bin/openapi/quota/get", ["cgi_path": path]) else { return nil }
        return reply.quota
    }

    // MARK: Articles

    /// Keeps a JPEG as a permanent picture of the account and gives its number.
    public func addPicture(_ bytes: [UInt8]) async -> WeChatOutcome {
        let boundary = "zhili\(ID<WeChatArticle>.next().rawValue)"
        let head =
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a.jpg\"\r\n"
            + "Content-Type: image/jpeg\r\n\r\n"
        let body = Array(head.utf8) + bytes + Array("\r\n--\(boundary)--\r\n".utf8)
        return outcome(
            await ask {
                await wire.post(
                    "/cgi-bin/material/add_material?access_token=\($0)&type=image", body,
                    type: "multipart/form-data; boundary=\(boundary)")
            })
    }

    /// Makes a draft of articles, at most eight, and gives its number.
    public func draft(_ articles: [WeChatArticle]) async -> WeChatOutcome {
        await call("/cgi-bin/draft/add", ["articles": articles])
    }

    /// Publishes a draft (发布): it can be read and linked, nobody is told, and no quota of mass messages is used.
    public func publish(draft: String) async -> WeChatOutcome {
        await call("/cgi-bin/freepublish/submit", ["media_id": draft])
    }

    /// How far a publication is: 0 done, 1 under way, above that refused; `nil` where nobody says.
    public func publication(_ id: String) async -> Int? {
        guard case .reply(let reply) = await ask("/cgi-bin/freepublish/get", ["publish_id": id]) else { return nil }
        return reply.publishStatus
    }

    /// Sends a draft to every follower (群发). The platform knows `reference` (at most 64 characters) for a day and
    /// sends once under it, so that asking again in that time is safe.
    public func sendToAll(draft: String, reference: String) async -> WeChatOutcome {
        struct Wish: Encodable {
            struct Filter: Encodable { var is_to_all = true }
            struct Media: Encodable { var media_id: String }
            var filter = Filter()
            var mpnews: Media
            var msgtype = "mpnews"
            var send_ignore_reprint = 0
            var clientmsgid: String
        }
        return await call(
            "/cgi-bin/message/mass/sendall", Wish(mpnews: .init(media_id: draft), clientmsgid: reference))
    }

    // MARK: What followers sent

    /// Bytes of a picture that a follower sent, or `nil`.
    public func media(_ id: String) async -> [UInt8]? {
        guard let escaped = id.addingPercentEncoding(withAllowedCharacters: .alphanumerics) else { return nil }
        guard
            case .bytes(let bytes) = await ask({
                await wire.get("/cgi-bin/media/get?access_token=\($0)&media_id=\(escaped)")
            })
        else { return nil }
        return bytes
    }

    // MARK: Calls

    private enum Told {
        case reply(WeChatReply)
        case bytes([UInt8])
        case failed(WeChatOutcome)
    }

    private func call(_ path: String, _ body: some Encodable & Sendable) async -> WeChatOutcome {
        outcome(await ask(path, body))
    }

    private func outcome(_ told: Told) -> WeChatOutcome {
        switch told {
        case .reply(let reply): reply.outcome
        case .bytes: .unknown("unreadable")
        case .failed(let outcome): outcome
        }
    }

    private func ask(_ path: String, _ body: some Encodable & Sendable) async -> Told {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(body) else { return .failed(.notSent("unwritable")) }
        return await ask { await wire.post("\(path)?access_token=\($0)", Array(bytes)) }
    }

    /// Asks with the token, and once more with another where it was refused: a refused token means that nothing was
    /// done.
    private func ask(_ request: (String) async -> WeChatWire.Answer) async -> Told {
        var refused: String?
        while true {
            let text: String
            switch await token.get(refused: refused) {
            case .token(let given): text = given
            case .failed(let outcome): return .failed(outcome)
            }
            let answer: WeChatWire.Answer = await request(
                text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
            switch answer {
            case .notSent(let why): return .failed(.notSent(why))
            case .unknown(let why): return .failed(.unknown(why))
            case .bytes(let bytes, let type):
                // Answers of the API are JSON under several types; a picture is an `image/…`.
                if type.hasPrefix("image/") { return .bytes(bytes) }
                guard bytes.count <= 65_536, let reply = try? JSONDecoder().decode(WeChatReply.self, from: Data(bytes))
                else { return .failed(.unknown("unreadable")) }
                guard reply.isTokenRefused, refused == nil else { return .reply(reply) }
                refused = text
            }
        }
    }
}
