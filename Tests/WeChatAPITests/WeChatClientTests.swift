import AsyncHTTPClient
import Foundation
import Simulator
import Testing
import WeChatAPI

@Suite("The API of an official account")
struct WeChatClientTests {
    /// A client and its far end, over a real socket.
    private struct Line {
        let fake: FakeWeChat
        let client: WeChatClient
        private let http: HTTPClient

        init(secret: String = "CANARY-SECRET", timeoutMs: Int64 = 5_000) async throws {
            let fake = try await FakeWeChat.start(appID: "wx1", secret: "CANARY-SECRET", picture: [0xff, 0xd8])
            let http = HTTPClient(eventLoopGroupProvider: .singleton)
            self.fake = fake
            self.http = http
            client = WeChatClient(appID: "wx1", secret: secret, client: http, timeoutMs: timeoutMs) {
                "http://127.0.0.1:\(fake.port)"
            }
        }

        func end() async throws {
            await fake.stop()
            try await http.shutdown()
        }
    }

    private let notices: [WeChatNotice] = [
        .text(openID: "oA", "有答复了"),
        .template(openID: "oA", template: "t", url: "https://x", data: ["first": "一"], reference: "r1"),
        .subscription(openID: "oA", template: "t", page: nil, data: ["thing1": "一"]),
        .oneTime(openID: "oA", template: "t", url: nil, scene: 7, title: "提醒", text: "一"),
    ]

    private func object(_ text: String) throws -> NSDictionary {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary)
    }

    @Test("Each kind of message is the document that the API's reference shows, and one token serves all")
    func documents() async throws {
        let line = try await Line()
        for notice in notices {
            guard case .taken = await line.client.send(notice) else {
                Issue.record("not taken: \(notice)")
                continue
            }
        }
        let taken = line.fake.taken
        #expect(
            taken.map(\.path) == [
                "/cgi-bin/message/custom/send", "/cgi-bin/message/template/send", "/cgi-bin/message/subscribe/bizsend",
                "/cgi-bin/message/template/subscribe",
            ])
        #expect(try object(taken[0].body) == ["touser": "oA", "msgtype": "text", "text": ["content": "有答复了"]])
        #expect(
            try object(taken[1].body) == [
                "touser": "oA", "template_id": "t", "url": "https://x", "client_msg_id": "r1",
                "data": ["first": ["value": "一"]],
            ])
        #expect(
            try object(taken[2].body) == ["touser": "oA", "template_id": "t", "data": ["thing1": ["value": "一"]]])
        #expect(
            try object(taken[3].body) == [
                "touser": "oA", "template_id": "t", "scene": "7", "title": "提醒", "data": ["content": ["value": "一"]],
            ])
        #expect(line.fake.asked("/cgi-bin/stable_token") == 1)
        try await line.end()
    }

    @Test("Many at once ask for one token")
    func oneToken() async throws {
        let line = try await Line()
        await withTaskGroup { group in
            for number in 0..<20 { group.addTask { _ = await line.client.send(.text(openID: "o\(number)", "x")) } }
        }
        #expect(line.fake.taken.count == 20 && line.fake.asked("/cgi-bin/stable_token") == 1)
        try await line.end()
    }

    @Test("A token that was ended elsewhere is changed once, and the message goes out once")
    func endedToken() async throws {
        let line = try await Line()
        _ = await line.client.send(notices[0])
        line.fake.endToken()
        #expect(await line.client.send(notices[0]) == .taken(id: ""))
        #expect(line.fake.taken.count == 2 && line.fake.forced == 0 && line.fake.wrongTokens == 1)
        // The platform's own token is refused: a new one is forced.
        line.fake.set(.tokenExpired)
        #expect(await line.client.send(notices[0]) == .taken(id: ""))
        #expect(line.fake.taken.count == 3 && line.fake.forced == 1)
        // Refused for good: said, and not tried for ever. A second forced change within 30 s is not asked for.
        line.fake.set(.tokenInvalid)
        #expect(await line.client.send(notices[0]) == .notSent("token refused"))
        #expect(line.fake.taken.count == 3 && line.fake.forced == 1)
        try await line.end()
    }

    @Test(
        "Quotas, refusals and silence are told apart",
        arguments: [
            (FakeWeChat.Mode.dailyQuota, WeChatOutcome.limited(code: 45_009)), (.tooMany, .limited(code: 45_047)),
            (.notFollowing, .refused(WeChatRefusal(code: 43_004))), (.declined, .refused(WeChatRefusal(code: 43_101))),
            (.outsideWindow, .refused(WeChatRefusal(code: 45_015))), (.busy, .unknown("busy")),
            (.hangs, .unknown("no answer")), (.hangsUp, .unknown("no answer")), (.babbles, .unknown("unreadable")),
            (.breaks, .unknown("HTTP 503")),
        ])
    func failures(_ mode: FakeWeChat.Mode, _ outcome: WeChatOutcome) async throws {
        let line = try await Line(timeoutMs: mode == .hangs ? 1_000 : 20_000)
        line.fake.set(mode)
        for notice in notices { #expect(await line.client.send(notice) == outcome) }
        try await line.end()
    }

    @Test("Where nobody listens or the secret is wrong, nothing was sent and trying again is safe")
    func unreachable() async throws {
        let line = try await Line(secret: "wrong")
        #expect(await line.client.send(notices[0]) == .refused(WeChatRefusal(code: 40_125)))
        await line.fake.stop()
        #expect(await line.client.send(notices[0]) == .notSent("token"))
        try await line.end()
    }

    @Test("A template message and a mass message that nobody answered are asked for again and go out once")
    func repeats() async throws {
        let line = try await Line()
        line.fake.set(.hangsUp)
        #expect(notices[1].isRepeatable && !notices[0].isRepeatable)
        #expect(await line.client.send(notices[1]) == .unknown("no answer"))
        #expect(await line.client.sendToAll(draft: "d", reference: "lesson-1") == .unknown("no answer"))
        line.fake.set(.takes)
        #expect(await line.client.send(notices[1]) == .taken(id: "1"))
        #expect(await line.client.sendToAll(draft: "d", reference: "lesson-1") == .taken(id: "2"))
        #expect(line.fake.taken.count == 2)
        try await line.end()
    }

    @Test("Menu, quota, draft, publication and pictures speak the API's documents")
    func others() async throws {
        let line = try await Line()
        #expect(await line.client.menu() == nil)
        let menu = WeChatMenu([
            .init("上报", type: "click", key: "REPORT"),
            .init("查询", holds: [.init("查回执", type: "view", url: "https://x.example/receipt")]),
        ])
        #expect(menu.flaw == nil)
        #expect(await line.client.setMenu(menu) == .taken(id: ""))
        #expect(await line.client.menu() == menu)
        #expect(await line.client.quota(of: "/cgi-bin/message/custom/send")?.daily_limit == 500_000)
        #expect(await line.client.addPicture([1, 2, 3]) == .taken(id: "picture-2"))
        let article = WeChatArticle(
            title: "河边", author: "中心", digest: "一句", content: "<p>x</p>", source: "https://x", cover: "picture-2")
        #expect(await line.client.draft([article]) == .taken(id: "draft-3"))
        #expect(await line.client.publish(draft: "draft-3") == .taken(id: "4"))
        #expect(await line.client.publication("4") == 0)
        #expect(await line.client.media("m") == [0xff, 0xd8])
        try await line.end()
    }

    @Test("A menu that the platform would refuse is found before it is sent")
    func menuFlaws() {
        let good = WeChatMenu.Button("上报", type: "click", key: "REPORT")
        #expect(WeChatMenu([]).flaw == "0" && WeChatMenu([good, good, good, good]).flaw == "0")
        #expect(WeChatMenu([good, .init("一二三四五六", type: "click", key: "A")]).flaw == "2")
        #expect(WeChatMenu([.init("查", holds: [good, .init("x", type: "view", url: "javascript:1")])]).flaw == "1.2")
        #expect(WeChatMenu([.init("查", holds: [.init("x", holds: [good])])]).flaw == "1.1")
        #expect(WeChatMenu([.init("查", type: "click")]).flaw == "1")
    }
}
