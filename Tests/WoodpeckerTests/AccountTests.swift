import Kernel
import Simulator
import Storage
import Testing
import WeChatAPI
import Web

@testable import Woodpecker

@Suite("What the official account says of its own accord")
struct AccountTests {
    private typealias Town = AccountTown

    @Test(
        "A reporter who asked for it is told of an answer, once for each, and nothing of the answer passes the platform",
        arguments: Engine.allCases)
    func told(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let id = try await town.report()
        try await town.nest.act(.note, id, as: "officer", [("text", "内部")])
        try await town.step()
        #expect(town.fake.taken.isEmpty)
        try await town.answer(id, "CANARY-ANSWER")
        try await town.step()
        try await town.step()
        #expect(town.fake.taken.map(\.path) == ["/cgi-bin/message/custom/send"])
        let body = try #require(town.fake.taken.first?.body)
        #expect(body.contains("oCANARY-FOLLOWER") && body.contains("woodpecker.wechat.told"))
        #expect(!body.contains("CANARY-ANSWER"))
        #expect(try await town.states() == [.done])
        // Neither token nor secret nor the follower's number lies in the clear.
        let kept = try await town.nest.database.read { db in
            var text = ""
            for table in ["account_out", "account_follow", "account_window", "account_consent", "account_setting"] {
                try db.query(SQL(raw: "SELECT * FROM \(table)")) { row in
                    text += row.values.map {
                        if case .blob(let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { "\($0)" }
                    }.joined()
                    return true
                }
            }
            return text
        }
        #expect(!kept.isEmpty && !kept.contains("CANARY"))
        try await town.end()
    }

    @Test(
        "Five messages follow somebody's last one, then a consent is used, then nobody is told and the page says so",
        arguments: Engine.allCases)
    func quotas(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let id = try await town.report()
        try await town.consent()
        for _ in 0..<7 {
            try await town.answer(id)
            try await town.step()
        }
        #expect(
            town.fake.taken.map(\.path)
                == [String](repeating: "/cgi-bin/message/custom/send", count: 5)
                + ["/cgi-bin/message/subscribe/bizsend"])
        #expect(try await town.states().count { $0 == .late } == 1)
        // A word of the follower opens the window again; two days later it is closed.
        try await town.say("谢谢", id: 50)
        try await town.answer(id)
        try await town.step()
        #expect(town.fake.taken.count == 7)
        try await town.answer(id)
        try await town.step(at: .now + 49 * 3_600_000)
        #expect(town.fake.taken.count == 7)
        try await town.end()
    }

    @Test(
        "What the platform says is believed: another way, tomorrow, or no more",
        arguments: Engine.allCases)
    func refusals(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let id = try await town.report()
        try await town.consent()
        // 45009: nothing went out, and tomorrow it does.
        town.fake.set(.dailyQuota)
        try await town.answer(id)
        try await town.step()
        #expect(try await town.states() == [.waiting])
        try await town.step(at: .now + 60_000)
        #expect(town.fake.asked("/cgi-bin/message/custom/send") == 1)
        town.fake.set(.takes)
        try await town.step(at: .now + 26 * 3_600_000)
        #expect(town.fake.taken.count == 1)
        // 45047: the platform counts otherwise, and the consent is used instead.
        town.fake.set(.tooMany)
        try await town.answer(id)
        try await town.step()
        town.fake.set(.takes)
        try await town.step()
        #expect(town.fake.taken.last?.path == "/cgi-bin/message/subscribe/bizsend")
        // 43004: who left is forgotten.
        try await town.say("在吗", id: 70)
        town.fake.set(.notFollowing)
        try await town.answer(id)
        try await town.step()
        let left = try await town.nest.database.read { db in
            try db.value(Int64.self, "SELECT COUNT(*) FROM account_follow")
        }
        #expect(left == 0)
        try await town.end()
    }

    @Test(
        "A message that may have gone out is never sent again and stands as unknown, also after the process died",
        arguments: Engine.allCases)
    func unknown(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let id = try await town.report()
        town.fake.set(.hangsUp)
        try await town.answer(id)
        try await town.step()
        town.fake.set(.takes)
        try await town.step(at: .now + 3_600_000)
        #expect(town.fake.asked("/cgi-bin/message/custom/send") == 1)
        #expect(try await town.states() == [.unknown])
        // Killed between the commit and the answer: the row says sending, and nobody knows more.
        try await town.answer(id)
        try await town.nest.database.write { db in
            let task = try #require(try AccountStore.due(at: .now, limit: 1, in: db).first)
            try AccountStore.begin(task.id, way: "text", at: .now, in: db)
        }
        try await town.step()
        #expect(try await town.states().contains(.sending))
        try await town.step(at: .now + AccountStore.leaseMs + 1)
        #expect(try await town.states() == [.unknown, .unknown])
        #expect(town.fake.asked("/cgi-bin/message/custom/send") == 1)
        try await town.end()
    }

    @Test("A menu that nobody answered for is set again, since twice is once", arguments: Engine.allCases)
    func menu(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let menu = try #require(
            MenuText.read("上报 = REPORT\n查询\n- 查进度 = https://x.example/receipt\n- 微课堂 = https://x.example/lessons"))
        #expect(MenuText.read(MenuText.write(menu)) == menu)
        #expect(MenuText.read("- 没有上级 = A") == nil && MenuText.read("一 = javascript:1\n二\n三 = A\n四 = B") == nil)
        _ = try await town.nest.database.write { db in
            try AccountStore.add(.menu, sealed: try JSON.encode(menu), at: .now, in: db)
        }
        town.fake.set(.hangsUp)
        try await town.step()
        town.fake.set(.takes)
        try await town.step(at: .now + 60_000)
        #expect(town.fake.asked("/cgi-bin/menu/create") == 2)
        #expect(try await town.states() == [.done])
        #expect(await town.nest.room.account?.client.menu() == menu)
        try await town.end()
    }

    @Test("Who unfollows is forgotten, and who reported without a name is not asked", arguments: Engine.allCases)
    func leaves(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let id = try await town.report()
        let (receipt, _) = try await town.nest.report()
        #expect(!(try await town.say(receipt.text, id: 40)).contains("askFollow"))
        try await town.push("<MsgType>event</MsgType><Event>unsubscribe</Event><EventKey></EventKey>", id: 41)
        try await town.answer(id)
        try await town.step()
        #expect(town.fake.asked("/cgi-bin/message/custom/send") == 0)
        try await town.end()
    }

    @Test("The window of answers is 48 hours and five messages, and never opens by a clock that goes back")
    func window() {
        let start = CivilTime.instant(2026, 11, 25, 12)
        for (hours, used, isOpen) in [
            (0, 0, true), (47, 4, true), (48, 0, false), (1, 5, false), (-1, 0, false),
        ] as [(Int64, Int64, Bool)] {
            #expect(ReplyWindow(at: start, used: used).isOpen(at: start + hours * 3_600_000) == isOpen)
        }
        #expect(
            AccountRetry.tomorrow(CivilTime.instant(2026, 12, 31, 23)) == CivilTime.instant(2027, 1, 1, 0) + 300_000)
    }
}
