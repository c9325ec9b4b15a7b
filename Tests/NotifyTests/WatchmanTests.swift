import Foundation
import Kernel
import Logging
import Storage
import StorageTesting
import Synchronization
import Testing
import Web

@testable import Identity
@testable import Notify

/// A carrier that answers as it is told, over a connection that lives or not.
private final class Line: Carrier {
    let answer = Mutex(Delivery.taken(providerID: nil))
    let isAlive: Mutex<Bool?>
    init(isAlive: Bool? = nil) { self.isAlive = Mutex(isAlive) }
    func send(_ message: Message) async -> Delivery { answer.withLock { $0 } }
    func pulse() async -> Bool? { isAlive.withLock { $0 } }
}

@Suite("The centre looks after its own ways")
struct WatchmanTests {
    /// A Wednesday, 12:00 in China.
    private let noon = CivilTime.instant(2026, 11, 25, 12)
    private let hour: Int64 = 3_600_000

    private final class Cases: Sendable {
        let titles = Mutex<[String]>([])
        let notes = Mutex<[String]>([])
        var count: Int { titles.withLock { $0.count } }
    }

    private func open(_ engine: Engine) async throws -> TestDatabase {
        let storage = try await TestDatabase(engine)
        try await Migrator.migrate(storage.database, try IdentityRoom.schema() + NotifyRoom.schema())
        return storage
    }

    private func watchman(
        _ database: any Database, _ lines: [CarrierLine] = [], cases: Cases, trial: CarrierTrial? = nil,
        onDuty: @escaping Escalations.FindOnDuty = { _, _, _, _ in Self.somebody }
    ) -> Watchman {
        let escalations = Escalations(onDuty: onDuty) { text, _, _, _ in
            cases.notes.withLock { $0.append(text) }
        } word: { key, values in
            ([key] + values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }).joined(separator: " ")
        }
        return Watchman(
            database: database,
            carriers: CarrierDesk(lines: lines, database: database, logger: Logger(label: "test")),
            escalations: escalations, trial: trial, logger: Logger(label: "test")
        ) { title, _, _, _, _ in
            cases.titles.withLock { $0.append(title) }
            return CaseID(rawValue: Int64(cases.count))
        }
    }

    private static var somebody: Escalations.OnDuty {
        Escalations.OnDuty(people: [StaffDirectory.Contact(id: StaffID(rawValue: 1), name: "示例", phone: "1")])
    }

    @Test(
        "A Sunday night with nobody on call is told on the Wednesday before, once, and when it is over",
        arguments: Engine.allCases)
    func sunday(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let cases = Cases()
        let night = CivilTime.instant(2026, 11, 29, 3)..<CivilTime.instant(2026, 11, 29, 6)
        let isFilled = Mutex(false)
        func look(at moment: Instant) async throws {
            let filled = isFilled.withLock { $0 }
            try await watchman(storage.database, cases: cases) { role, _, at, _ in
                night.contains(at) && role == .leader && !filled
                    ? Escalations.OnDuty(people: Self.somebody.people, why: "gap", isGap: true) : Self.somebody
            }.plans(at: moment)
        }
        for hours in 0..<90 as Range<Int64> { try await look(at: noon + hours * hour) }
        #expect(
            cases.titles.withLock { $0 } == [
                "notify.reach.uncovered from=2026-11-29 03:00 role=role.leader until=2026-11-29 06:00 "
                    + "weekday=duty.weekday.6"
            ])
        isFilled.withLock { $0 = true }
        try await look(at: noon + 90 * hour)
        #expect(cases.notes.withLock { $0 } == ["notify.reach.over"])
        let open = try await storage.database.read { db in try WarningStore.open(in: db) }
        #expect(open.isEmpty)
    }

    @Test("A step that would reach nobody at all is told by policy and step, and not anew each day it goes on")
    func nobody() async throws {
        let storage = try await open(.sqlite)
        let cases = Cases()
        for day in 0..<20 as Range<Int64> {
            try await watchman(storage.database, cases: cases) { role, _, _, _ in
                role == .leader ? Escalations.OnDuty(people: []) : Self.somebody
            }.plans(at: noon + day * 24 * hour)
        }
        // Of the built-in policy the second step calls the leader alone.
        let titles = cases.titles.withLock { $0 }
        #expect(titles.count == 1)
        #expect(titles.first?.contains("notify.reach.nobody") == true && titles.first?.contains("step=2") == true)
    }

    @Test("Hours of a policy bound what is looked at: a policy of the day has no holes at night")
    func hours() {
        var policy = EscalationPolicy(
            name: "fire",
            steps: [EscalationPolicy.Step(afterSeconds: 30, roles: [.officer], channels: [.sms])], repeatSeconds: 900)
        policy.scope = EscalationPolicy.Scope(fromMinute: 8 * 60, toMinute: 20 * 60)
        func holes(_ isReachable: @escaping (Instant) -> Bool) -> [PolicyCheck.Hole] {
            PolicyCheck.holes(
                [policy], in: noon..<(noon + 24 * hour), horizon: noon + 48 * hour, isReachable: { _ in false }
            ) { _, _, at in PolicyCheck.OnCall(isReachable: isReachable(at), isGap: false) }
        }
        #expect(holes { (8..<20).contains(CivilTime($0).hour) }.isEmpty)
        let found = holes { CivilTime($0).hour != 19 }
        #expect(found.map(\.from) == [CivilTime.instant(2026, 11, 25, 19)])
        #expect(found.map(\.until) == [CivilTime.instant(2026, 11, 25, 20)])
    }

    @Test(
        "A carrier whose connection is gone for two minutes is told once, and its return too",
        arguments: Engine.allCases)
    func silent(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let (cases, line) = (Cases(), Line(isAlive: true))
        let watchman = watchman(
            storage.database, [CarrierLine(name: "smsc", channel: .sms, carrier: line)], cases: cases)
        try await watchman.carriers(at: noon)
        line.isAlive.withLock { $0 = false }
        for seconds in stride(from: 30, through: 120, by: 30) as StrideThrough<Int64> {
            try await watchman.carriers(at: noon + seconds * 1_000)
        }
        #expect(cases.count == 0)
        for seconds in stride(from: 150, through: 600, by: 30) as StrideThrough<Int64> {
            try await watchman.carriers(at: noon + seconds * 1_000)
        }
        #expect(cases.titles.withLock { $0.map { $0.hasPrefix("notify.reach.silent") } } == [true])
        line.isAlive.withLock { $0 = true }
        try await watchman.carriers(at: noon + 630_000)
        #expect(cases.notes.withLock { $0 } == ["notify.reach.over"])
    }

    @Test(
        "Each carrier is tried once a day, marked as a drill, to the test number alone; one that fails is told of",
        arguments: Engine.allCases)
    func trial(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let (cases, good, bad) = (Cases(), Line(), Line())
        bad.answer.withLock { $0 = .refused("balance") }
        let lines = [
            CarrierLine(name: "good", channel: .sms, carrier: good),
            CarrierLine(name: "bad", channel: .sms, carrier: bad),
            CarrierLine(name: "phone", channel: .call, carrier: good),
        ]
        let watchman = watchman(
            storage.database, lines, cases: cases, trial: CarrierTrial(minute: 10 * 60, to: [.sms: "19900000099"]))
        try await watchman.carriers(at: CivilTime.instant(2026, 11, 25, 9, 59))
        var all = try await storage.database.read { db in try MessageList.page(MessageFilter(), limit: 9, in: db) }
        #expect(all.isEmpty)
        for minute in [0, 1, 30] as [Int64] {
            try await watchman.carriers(at: CivilTime.instant(2026, 11, 25, 10) + minute * 60_000)
            let sender = Sender(
                database: storage.database,
                carrier: CarrierDesk(lines: lines, database: storage.database, logger: Logger(label: "test")),
                owner: 1, logger: Logger(label: "test"),
                now: { CivilTime.instant(2026, 11, 25, 10) + minute * 60_000 })
            _ = try await sender.step()
        }
        all = try await storage.database.read { db in try MessageList.page(MessageFilter(), limit: 9, in: db) }
        #expect(Set(all.map(\.subject)) == ["trial/good", "trial/bad"])
        #expect(
            all.count == 2 && all.allSatisfy { $0.to.phone == "19900000099" && $0.text.contains("notify.trial.text") })
        // Pinned to its own carrier: what refuses is not mended by its neighbour.
        #expect(
            Dictionary(uniqueKeysWithValues: all.map { ($0.subject, $0.state) }) == [
                "trial/good": .sent, "trial/bad": .failed,
            ])
        #expect(cases.titles.withLock { $0.map { $0.hasPrefix("notify.reach.trial carrier=bad") } } == [true])
        try await watchman.carriers(at: CivilTime.instant(2026, 11, 26, 10))
        let next = try await storage.database.read { db in try MessageList.page(MessageFilter(), limit: 9, in: db) }
        #expect(next.count == 4)
    }
}
