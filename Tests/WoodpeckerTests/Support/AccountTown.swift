import AsyncHTTPClient
import Kernel
import Simulator
import Storage
import Testing
import WeChatAPI
import Web

@testable import Woodpecker

/// A centre with an account and the platform's far end on a real socket.
struct AccountTown {
    let nest: Nest
    let fake: FakeWeChat
    let chat: WeChat
    private let http: HTTPClient

    init(_ engine: Engine) async throws {
        fake = try await FakeWeChat.start(appID: "wx1", secret: "CANARY-SECRET")
        http = HTTPClient(eventLoopGroupProvider: .singleton)
        nest = try await Nest(
            engine,
            weChat: WeChatConfiguration(
                token: "token", appID: "wx1", encodingKey: nil, secret: "CANARY-SECRET",
                api: "http://127.0.0.1:\(fake.port)"), client: http)
        chat = WeChat(
            room: nest.room, crypto: try WeChatCrypto(token: "token", appID: "wx1", encodingKey: nil),
            api: nest.room.account?.client)
    }

    func end() async throws {
        await fake.stop()
        try await http.shutdown()
    }

    /// A follower's push, as the platform sends it.
    @discardableResult
    func push(_ inner: String, id: Int, at now: Instant = .now) async throws -> String {
        let text =
            "<xml><ToUserName>gh</ToUserName><FromUserName>oCANARY-FOLLOWER</FromUserName>"
            + "<CreateTime>\(id)</CreateTime>\(inner)</xml>"
        return try await chat.answer(try WeChatMessage(Array(text.utf8)), at: now)
    }

    @discardableResult
    func say(_ words: String, id: Int, at now: Instant = .now) async throws -> String {
        try await push("<MsgType>text</MsgType><Content>\(words)</Content><MsgId>\(id)</MsgId>", id: id, at: now)
    }

    /// A report in the chat, whose reporter asks to be told.
    func report(at now: Instant = .now) async throws -> CaseID {
        for (index, words) in ["上报", "1", "桥头漏水", "桥东", "提交"].enumerated() {
            try await say(words, id: index + 1, at: now)
        }
        #expect(try await say("通知", id: 6, at: now) == "woodpecker.wechat.follows")
        return try await nest.database.read { db in
            try #require(try db.value(CaseID.self, "SELECT case_id FROM report"))
        }
    }

    func answer(_ id: CaseID, _ words: String = "今天来修") async throws {
        try await nest.act(.answer, id, as: "officer", [("text", words)])
    }

    /// Does what is due at a moment.
    func step(at now: Instant = .now) async throws {
        var sender = try #require(nest.room.accountSender())
        sender.now = { now }
        _ = try await sender.step()
    }

    func states() async throws -> [AccountTask.State] {
        try await nest.database.read { db in
            try db.values(AccountTask.State.self, "SELECT state FROM account_out ORDER BY tries DESC, state")
        }
    }

    func consent() async throws {
        let account = try #require(nest.room.account)
        try await nest.database.write { db in
            try AccountStore.set("templates", try JSON.text(Account.Templates(answer: "T1")), in: db)
        }
        _ = account
        try await push(
            """
            <MsgType>event</MsgType><Event>subscribe_msg_popup_event</Event><SubscribeMsgPopupEvent><List>\
            <TemplateId>T1</TemplateId><SubscribeStatusString>accept</SubscribeStatusString><PopupScene>2</PopupScene>\
            </List></SubscribeMsgPopupEvent>
            """, id: 900)
    }
}
