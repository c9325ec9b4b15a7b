import Crypt
import Foundation
import HTTPTypes
import Kernel
import Storage
import Testing
import Web

@testable import Woodpecker

@Suite("The WeChat official account")
struct WeChatTests {
    /// Tencent's own sample (developer documentation).
    private static let sample = (
        token: "QDG6eK", key: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", appID: "wx5823bf96d3bd56c7"
    )
    /// A key pair of values used by the wechatpy project's tests.
    private static let second = (
        token: "123456", key: "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", appID: "wx49f0ab532d5d035a"
    )

    @Test("Signatures are those of the documented vectors")
    func signatures() {
        #expect(WeChatCrypto.signature(["test", "1410685589", "test"]) == "f21891de399b4e33a1a93c9a7b8a8fffb5a443ff")
        let echo = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
        #expect(
            WeChatCrypto.signature([Self.sample.token, "1409659589", "263014780", echo])
                == "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3")
    }

    @Test("Tencent's own ciphertext is read, although its key has bits behind the last byte")
    func decrypts() throws {
        let crypto = try WeChatCrypto(
            token: Self.sample.token, appID: Self.sample.appID, encodingKey: Self.sample.key)
        let echo = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
        #expect(try String(decoding: crypto.decrypt(echo), as: UTF8.self) == "1616140317555161061")
    }

    @Test("What is encrypted is read again at every length, and no changed byte is taken for another message")
    func roundTrip() throws {
        let crypto = try WeChatCrypto(
            token: Self.second.token, appID: Self.second.appID, encodingKey: Self.second.key)
        for count in 0..<100 {
            let message = Array(String(repeating: "中", count: count).utf8)
            let sealed = try crypto.encrypt(message)
            #expect(try crypto.decrypt(sealed) == message)
            guard let bytes = Data(base64Encoded: sealed) else { continue }
            #expect(bytes.count % 32 == 0)
            var wrong = Array(bytes)
            wrong[Int.random(in: 0..<wrong.count)] ^= UInt8.random(in: 1...255)
            // CBC carries no proof: the signature is what guards; here nothing may trap.
            _ = try? crypto.decrypt(Data(wrong).base64EncodedString())
        }
        let other = try WeChatCrypto(token: "x", appID: "wx-other", encodingKey: Self.second.key)
        let sealed = try crypto.encrypt(Array("hello".utf8))
        #expect(throws: WeChatCrypto.Flaw.appID) { try other.decrypt(sealed) }
        for text in ["", "AAAA", "not base64!", String(repeating: "A", count: 44)] {
            #expect(throws: WeChatCrypto.Flaw.self) { try crypto.decrypt(text) }
        }
    }

    @Test("Entity bombs, document types and half documents are refused")
    func hostileDocuments() {
        let bomb = """
            <!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
            <xml><ToUserName>&b;</ToUserName></xml>
            """
        let outside = "<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><xml><Content>&f;</Content></xml>"
        for text in [bomb, outside, "<xml><ToUserName>", "", "{}", "<xml/>", String(repeating: "<a>", count: 10_000)] {
            #expect(throws: WeChatMessage.Flaw.self) { try WeChatMessage(Array(text.utf8)) }
        }
    }

    private struct Account {
        let nest: Nest
        let chat: WeChat
        let routes: Stranger

        init(_ engine: Engine, encrypted: Bool) async throws {
            nest = try await Nest(engine)
            let sample = WeChatTests.sample
            let crypto = try WeChatCrypto(
                token: sample.token, appID: sample.appID, encodingKey: encrypted ? sample.key : nil)
            chat = WeChat(room: nest.room, crypto: crypto, api: nil)
            var own = Routes()
            chat.routes(&own)
            routes = try Stranger(nest, own)
        }

        /// Pushes as Tencent does and gives the words of the reply.
        func push(_ inner: String, from: String = "oFOLLOWER", time: Int64 = 1_764_000_000) async throws -> String {
            let plain =
                "<xml><ToUserName><![CDATA[gh_x]]></ToUserName><FromUserName><![CDATA[\(from)]]></FromUserName><CreateTime>\(time)</CreateTime>\(inner)</xml>"
            let (timestamp, nonce) = ("1764000000", "99")
            var query =
                "timestamp=\(timestamp)&nonce=\(nonce)&signature=\(WeChatCrypto.signature([chat.crypto.token, timestamp, nonce]))"
            var body = plain
            if chat.crypto.isEncrypted {
                let sealed = try chat.crypto.encrypt(Array(plain.utf8))
                query +=
                    "&encrypt_type=aes&msg_signature=\(WeChatCrypto.signature([chat.crypto.token, timestamp, nonce, sealed]))"
                body = "<xml><ToUserName>gh_x</ToUserName><Encrypt><![CDATA[\(sealed)]]></Encrypt></xml>"
            }
            let answer = await routes.ask(.post, "/wechat?" + query, body: Array(body.utf8), type: "text/xml")
            guard answer.status == 200 else { throw Problem(answer.status, "push") }
            if answer.text == "success" { return "" }
            var bytes = answer.bodyBytes
            if chat.crypto.isEncrypted { bytes = try chat.crypto.decrypt(try #require(WeChatEnvelope.sealed(bytes))) }
            return try WeChatReply(bytes).text
        }

        func say(_ text: String, id: Int) async throws -> String {
            try await push("<MsgType>text</MsgType><Content><![CDATA[\(text)]]></Content><MsgId>\(id)</MsgId>")
        }
    }

    @Test(
        "takes a report step by step, each push once however often it comes", arguments: Engine.allCases, [false, true])
    func conversation(_ engine: Engine, _ encrypted: Bool) async throws {
        let account = try await Account(engine, encrypted: encrypted)
        var replies: [String] = []
        var id = 4_561_255_354_251_345_929
        for text in ["上报", "1", "桥头水管爆了", "桥东头", "提交"] {
            id += 1
            let first = try await account.say(text, id: id)
            // Tencent repeats what it holds to be unanswered: the same reply, and no second step.
            let again = try await account.say(text, id: id)
            #expect(first == again)
            replies.append(first)
        }
        #expect(replies.count == 5 && replies.allSatisfy { !$0.isEmpty })
        let database = account.nest.database
        let reports = try await database.read { db in
            try db.all(Report.self, "SELECT \(raw: Report.columns) FROM report")
        }
        #expect(reports.count == 1 && reports.first?.level == .confidential && reports.first?.channel == .wechat)
        let caseID = try #require(reports.first?.caseID)
        #expect(try await account.nest.words(caseID, as: "officer") == "桥头水管爆了")
        let officer = try account.nest.person("officer")
        let (room, report) = (account.nest.room, try #require(reports.first?.id))
        let confided = try await database.read { db in try room.handling.confided(of: report, for: officer, in: db) }
        #expect(confided?.openID == "oFOLLOWER")
        // Neither who it was nor what was said lies in the clear.
        let left = try await database.read { db in
            var text = ""
            for table in ["wechat_push", "wechat_talk", "report"] {
                try db.query(SQL(raw: "SELECT * FROM \(table)")) { row in
                    text += row.values.map {
                        if case .blob(let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { "\($0)" }
                    }.joined()
                    return true
                }
            }
            return text
        }
        for secret in ["oFOLLOWER", "桥头", "4561255354251345930"] { #expect(!left.contains(secret)) }
    }

    @Test("The same push three times at once is one report")
    func atOnce() async throws {
        let account = try await Account(.sqlite, encrypted: false)
        for (id, text) in [(1, "上报"), (2, "1"), (3, "漏水"), (4, "桥头")] { _ = try await account.say(text, id: id) }
        let replies = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<3 { group.addTask { try await account.say("提交", id: 5) } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(replies.count == 1)
        let count = try await account.nest.database.read { db in
            try db.value(Int64.self, "SELECT COUNT(*) FROM report")
        }
        #expect(count == 1)
    }

    @Test("A wrong signature, a changed ciphertext and a message in the clear to an encrypted account are refused")
    func forged() async throws {
        let account = try await Account(.sqlite, encrypted: true)
        let signature = WeChatCrypto.signature([Self.sample.token, "1", "2"])
        let plain = Array("<xml><ToUserName>a</ToUserName></xml>".utf8)
        for query in [
            "timestamp=1&nonce=2&signature=0000", "timestamp=1&nonce=2&signature=\(signature)",
            "timestamp=1&nonce=2&signature=\(signature)&encrypt_type=aes&msg_signature=00",
        ] {
            let answer = await account.routes.ask(.post, "/wechat?" + query, body: plain, type: "text/xml")
            #expect(answer.status == 403)
        }
        let echo = await account.routes.ask(.get, "/wechat?timestamp=1&nonce=2&signature=\(signature)&echostr=4242")
        #expect(echo.status == 200 && echo.text == "4242")
        #expect(
            await account.routes.ask(.get, "/wechat?timestamp=1&nonce=3&signature=\(signature)&echostr=4242").status
                == 403)
    }

    @Test("A place of WeChat's map is brought back to where it is")
    func datum() throws {
        // Tian'anmen: 39.90872, 116.39748 in WGS-84 is shown at about 39.91012, 116.40372.
        let truth = try #require(GeoPoint(lat: 39.90872, lon: 116.39748))
        let moved = ChinaDatum.shift(truth.lat, truth.lon)
        let shown = try #require(GeoPoint(lat: truth.lat + moved.lat, lon: truth.lon + moved.lon))
        #expect((300...700).contains(Coarse.metres(truth, shown)))
        let back = try #require(ChinaDatum.wgs84(shown))
        #expect(Coarse.metres(truth, back) < 1)
    }
}
