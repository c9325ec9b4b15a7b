import Kernel
import Storage
import Testing

@testable import FireGuard

@Suite("What an owner says about an alarm")
struct OwnerTests {
    private let owner = Person.staff(.next(), name: "贺店")

    @Test(
        "That it burns raises alarm and case to the highest, and leaves the taking to the desk",
        arguments: Engine.allCases)
    func confirms(_ engine: Engine) async throws {
        let town = try await Town(engine)
        try await town.take(town.signal(at: 0))
        try await town.answer(burns: true, note: "", by: owner, at: 20)
        let alarm = try #require(try await town.alarms().first)
        #expect(alarm.severity == 4 && alarm.state == .raised && alarm.acknowledgedAt == nil)
        #expect(alarm.reasons.map(\.rule) == ["first-at-site", "owner-confirms"])
        #expect(try await town.count("SELECT subject FROM fake_escalation WHERE ended = 0") == 1)
    }

    @Test("That it does not burn is noted, lowers nothing and withdraws nothing", arguments: Engine.allCases)
    func denies(_ engine: Engine) async throws {
        let town = try await Town(engine)
        try await town.take(town.signal(at: 0))
        let told = try await town.count("SELECT message_key FROM fake_message")
        try await town.answer(burns: false, note: "炒菜油烟", by: owner, at: 20)
        let alarm = try #require(try await town.alarms().first)
        #expect(alarm.severity == 3 && alarm.state == .raised && alarm.verdict == nil)
        #expect(alarm.reasons.last == Reason("owner-denies", ["by": "贺店", "note": "炒菜油烟"]))
        #expect(try await town.count("SELECT message_key FROM fake_message") == told)
    }

    @Test("A denial says why; the same word twice counts once; a cleared alarm takes none")
    func bounds() async throws {
        let town = try await Town(.sqlite)
        try await town.take(town.signal(at: 0))
        var alarm = try #require(try await town.alarms().first)
        #expect(throws: Problem.self) { try AlarmMoves.hear(&alarm, burns: false, note: "", by: "贺店") }
        #expect(try AlarmMoves.hear(&alarm, burns: false, note: "油烟", by: "贺店"))
        #expect(try !AlarmMoves.hear(&alarm, burns: false, note: "油烟", by: "贺店"))
        for round in 1..<AlarmMoves.answerLimit {
            #expect(try AlarmMoves.hear(&alarm, burns: false, note: "油烟\(round)", by: "贺店"))
        }
        #expect(throws: Problem.conflict("alarm.answered-often")) {
            try AlarmMoves.hear(&alarm, burns: true, note: "", by: "贺店")
        }
        var cleared = alarm
        cleared.state = .cleared
        #expect(throws: Problem.conflict("alarm.over")) {
            try AlarmMoves.hear(&cleared, burns: true, note: "", by: "贺店")
        }
    }
}
