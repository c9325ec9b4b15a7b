@testable import Identity
import Kernel
import Storage
import StorageTesting
import Synchronization
import Testing
import Web

@testable import Notify

@Suite("Escalation policies that people make")
struct PolicyTests {
    private let night = CivilTime.instant(2026, 11, 25, 23)
    private let noon = CivilTime.instant(2026, 11, 25, 12)
    private let area = AreaID(rawValue: 70)

    private func policy(
        _ scope: EscalationPolicy.Scope = .init(), repeats: Int64 = 900,
        steps: [EscalationPolicy.Step] = [.init(afterSeconds: 10, roles: [.leader], channels: [.call])]
    ) -> EscalationPolicy {
        EscalationPolicy(name: "fire", steps: steps, repeatSeconds: repeats, scope: scope)
    }

    @Test("The narrowest policy goes first: an area before hours, hours before always; hours may pass midnight")
    func choose() {
        let always = policy()
        let nightly = policy(.init(fromMinute: 1_320, toMinute: 360))
        let local = policy(.init(area: area))
        let all = [always, nightly, local]
        func chosen(_ area: AreaID?, _ at: Instant) -> EscalationPolicy? {
            EscalationPolicy.choose("fire", among: all, area: area, at: at) { $0.contains($1) }
        }
        #expect(chosen(nil, noon) == always)
        #expect(chosen(nil, night) == nightly)
        #expect(chosen(nil, CivilTime.instant(2026, 11, 26, 5, 59)) == nightly)
        #expect(chosen(nil, CivilTime.instant(2026, 11, 26, 6)) == always)
        #expect(chosen(area, night) == local)
        #expect(chosen(AreaID(rawValue: 71), night) == nightly)
        #expect(EscalationPolicy.choose("river", among: all, area: nil, at: noon) { _, _ in true } == nil)
    }

    @Test("A policy that cannot work is not saved, and says where it is wrong")
    func flaws() {
        func step(_ after: Int64, _ roles: [Role], _ channels: [Channel]) -> EscalationPolicy.Step {
            .init(afterSeconds: after, roles: roles, channels: channels)
        }
        #expect(EscalationPolicy.fire.flaws.isEmpty)
        #expect(policy(steps: []).flaws == ["steps": "required"])
        #expect(policy(steps: [step(0, [], [.sms])]).flaws == ["who-0": "escalation.nobody"])
        #expect(policy(steps: [step(0, [.leader], [])]).flaws == ["channels-0": "required"])
        #expect(policy(repeats: 60).flaws == ["repeatSeconds": "out-of-range"])
        #expect(
            policy(steps: [step(0, [.leader], [.call]), step(30, [.leader], [.call])]).flaws
                == ["channels-1": "escalation.too-close"])
        #expect(policy(steps: [step(0, [.leader], [.call]), step(30, [.officer], [.call])]).flaws.isEmpty)
        #expect(
            policy(steps: [step(0, [.leader], [.call]), step(30, [.leader], [.sms]), step(30, [.leader], [.call])])
                .flaws
                .isEmpty)
        #expect(policy(.init(fromMinute: 5)).flaws == ["hours": "required"])
    }

    @Test(
        "Hours are read as people write them",
        arguments: [("", []), ("22:00-06:00", [1_320, 360]), (" 8:30 - 9:00 ", [510, 540])])
    func hours(_ text: String, _ minutes: [Int]) { #expect(NotifyRoom.minutes(text) == minutes) }

    @Test("Hours that are none are refused", arguments: ["22", "22:00", "25:00-26:00", "8:00-8:00", "a-b"])
    func noHours(_ text: String) { #expect(NotifyRoom.minutes(text) == nil) }

    @Test(
        "A climb goes by the policy it began with, and rings nobody a third time; the case says why",
        arguments: Engine.allCases)
    func climb(_ engine: Engine) async throws {
        let storage = try await TestDatabase(engine)
        let database = storage.database
        try await Migrator.migrate(database, try IdentityRoom.schema() + NotifyRoom.schema())
        let notes = Mutex<[String]>([])
        let leader = StaffDirectory.Contact(id: StaffID(rawValue: 4), name: "康正", phone: "4")
        let escalations = Escalations(onDuty: { _, _, _, _ in Escalations.OnDuty(people: [leader]) }) { text, _, _, _ in
            notes.withLock { $0.append(text) }
        } word: { key, _ in
            key
        }
        let start = noon
        let stored = StoredPolicy(
            id: .next(), title: "示例", policy: policy(), isActive: true, changedAt: start)
        try await database.write { db in
            try PolicyStore.save(stored, in: db)
            try escalations.start(
                policy: "fire", subject: "alarms/1", caseID: CaseID(rawValue: 7), area: nil, text: "火警", at: start,
                in: db)
            var changed = stored
            changed.policy.steps[0].channels = [.sms]
            try PolicyStore.save(changed, in: db)
        }
        for second in [9, 10, 910, 1_810, 2_710] as [Int64] {
            _ = try await database.write { db in try escalations.climb(at: start + second * 1_000, in: db) }
        }
        let messages = try await database.read { db in try MessageList.page(MessageFilter(), limit: 9, in: db) }
        #expect(messages.map(\.channel) == [.call, .call])
        let last = notes.withLock { Array($0.suffix(2)) }
        #expect(last.count == 2)
        #expect(last.allSatisfy { $0.contains("notify.escalation.rung") })
    }
}
