import Cases
import Crypt
import Identity
import Kernel
import Logging
import Storage
import StorageTesting
import Synchronization
import Testing
import Web

@testable import Plans

@Suite("Drills that begin by themselves")
struct DrillClerkTests {
    private static let noon = CivilTime.instant(2026, 11, 25, 12)
    private static let leader = Caller(
        id: StaffID(rawValue: 1), username: "p1", name: "示例一", roles: [.leader], areas: nil,
        mustChangePassword: false, csrf: "", viaToken: true)

    /// A gateway that confirms or keeps silent, and what was sent to it.
    private final class Gateway: Sendable {
        let answers = Mutex(true)
        let sent = Mutex<[String]>([])
        let heard = Mutex<CaseID?>(nil)

        var wire: DrillWire {
            DrillWire(
                detectors: { _ in [] },
                announce: { _, detector, _, _ in
                    if detector.rawValue == 9 { throw Problem.invalid(["detectorId": "unknown"]) }
                },
                send: { [self] reference in
                    sent.withLock { $0.append(reference) }
                    return answers.withLock { $0 }
                },
                caseOf: { [self] _, _ in answers.withLock { $0 } ? heard.withLock { $0 } : nil },
                end: { _, _, _, _ in })
        }
    }

    private struct Town {
        let storage: TestDatabase
        let desk: PlanDesk
        let gateway = Gateway()
        let plan: PlanID
        var database: any Database { storage.database }
        var clerk: DrillClerk {
            DrillClerk(database: database, desk: desk, wire: gateway.wire, logger: Logger(label: "test"))
        }

        init(_ engine: Engine) async throws {
            storage = try await TestDatabase(engine)
            try await Migrator.migrate(
                storage.database, try IdentityRoom.schema() + CasesRoom.schema() + PlansRoom.schema())
            let desk = PlanDesk(
                cases: CaseDesk(calendar: WorkCalendar()), audit: try Audit(folder: storage.folder)
            ) { key, _ in key }
            self.desk = desk
            plan = try await storage.database.write { db in
                try desk.save(
                    Plan(
                        name: "火警", kind: .fire, severity: .minor,
                        content: .init(steps: [.init("到场", minutes: 5)], roles: []), from: noon),
                    of: nil, by: leader, at: noon, in: db
                ).family
            }
        }

        func schedule(_ minute: Int64, detector: Int64? = nil) async throws -> DrillID {
            try await database.write { [desk, plan] db in
                try desk.schedule(
                    plan, title: "示例", place: "", at: noon + minute * 60_000,
                    detector: detector.map(DetectorID.init(rawValue:)), startsItself: true, by: leader, now: noon,
                    in: db
                ).id
            }
        }

        func drill(_ id: DrillID) async throws -> Drill {
            try #require(try await database.read { db in try DrillStore.find(id, in: db) })
        }
    }

    @Test("One at the desk begins at its time, once, and not when its time is long past", arguments: Engine.allCases)
    func atTheDesk(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let (soon, missed) = (try await town.schedule(10), try await town.schedule(1))
        _ = try await town.clerk.step(at: Self.noon)
        #expect(try await town.drill(soon).state == .planned)
        for _ in 0..<2 { _ = try await town.clerk.step(at: Self.noon + 32 * 60_000) }
        let begun = try await town.drill(soon)
        #expect(begun.state == .running && begun.startedAt == Self.noon + 32 * 60_000 && begun.caseID != nil)
        #expect(try await town.drill(missed).failure == "late")
        let cases = try await town.database.read { [town] db in
            try town.desk.cases.list(CaseFilter(), limit: 10, in: db)
        }
        #expect(cases.map(\.verdict) == [.drill])
    }

    @Test(
        "One on the wire sends its frame until it is heard, and says so where its gateway keeps silent",
        arguments: Engine.allCases)
    func onTheWire(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let id = try await town.schedule(1, detector: 1)
        let start = Self.noon + 60_000
        #expect(try await town.clerk.step(at: start))
        #expect(try await town.drill(id).caseID == nil)
        let caseID = try await town.database.write { [town] db in
            try town.desk.cases.open(
                NewCase(
                    kind: .fire, severity: .serious, title: "示例", placeText: "",
                    signal: Signal(source: "fire", key: "1"), at: start), in: db)
        }
        town.gateway.heard.withLock { $0 = caseID }
        _ = try await town.clerk.step(at: start + 2_000)
        #expect(try await town.drill(id).caseID == caseID)
        #expect(try await !town.clerk.step(at: start + 4_000))
        #expect(town.gateway.sent.withLock { $0 } == [id.description, id.description])

        town.gateway.answers.withLock { $0 = false }
        let (silent, gone) = (try await town.schedule(2, detector: 1), try await town.schedule(2, detector: 9))
        let later = Self.noon + 120_000
        _ = try await town.clerk.step(at: later)
        #expect(try await town.drill(silent).state == .running)
        #expect(try await town.drill(gone).failure == "detector")
        _ = try await town.clerk.step(at: later + DrillClerk.patienceMs + 1)
        #expect(try await town.drill(silent).failure == "silent")
    }
}
