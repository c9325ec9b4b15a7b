import Cases
import Crypt
import Identity
import Kernel
import Storage
import StorageTesting
import Testing
import Web

@testable import Duty

@Suite("Handing a watch over")
struct HandoverTests {
    private let hour: Int64 = 3_600_000

    private func caller(_ id: Int64) -> Caller {
        Caller(
            id: StaffID(rawValue: id), username: "p\(id)", name: "示例\(id)", roles: [.officer], areas: nil,
            mustChangePassword: false, csrf: "", viaToken: true)
    }

    private func open(_ engine: Engine) async throws -> (Desk, Handovers, ShiftID) {
        let town = try await Desk(engine)
        try await town.save(town.roster([1, 2], ["白班 08:00-20:00", "夜班 20:00-08:00"]))
        let handovers = Handovers(
            audit: try Audit(folder: town.storage.folder), cases: CaseDesk(calendar: WorkCalendar()),
            outstanding: { _ in [HandoverItem(.alarm, "玩具厂 烟感", href: "/cases/1")] })
        let id = try await town.database.write { db in
            let shift = try #require(try ShiftStore.running(at: Desk.noon, in: db).first)
            try RemarkStore.insert(Remark(shift: shift.id, staff: shift.staff, at: Desk.noon, text: "二号水泵在修"), in: db)
            _ = try handovers.cases.open(
                NewCase(
                    kind: .fire, severity: .grave, title: "示例火警", placeText: "示例",
                    signal: Signal(source: "t", key: "1"),
                    at: Desk.noon), in: db)
            return shift.id
        }
        return (town, handovers, id)
    }

    @Test(
        "What is open is signed, taken item by item, and what is not taken stays with who gave it",
        arguments: Engine.allCases)
    func whole(_ engine: Engine) async throws {
        let (town, handovers, id) = try await open(engine)
        let (giver, taker) = (caller(1), caller(2))
        let end = Desk.noon + 8 * hour
        await #expect(throws: Problem.conflict("duty.not-here")) {
            try await town.database.write { db in try handovers.give(id, by: giver, at: end, in: db) }
        }
        try await town.database.write { db in
            _ = try ShiftMoves(audit: handovers.audit).checkIn(id, by: giver, at: Desk.noon, in: db)
        }
        await #expect(throws: Problem.conflict("duty.too-early")) {
            try await town.database.write { db in try handovers.give(id, by: giver, at: Desk.noon, in: db) }
        }
        await #expect(throws: Problem.conflict("duty.not-yours")) {
            try await town.database.write { db in try handovers.give(id, by: taker, at: end, in: db) }
        }
        let handover = try await town.database.write { db in try handovers.give(id, by: giver, at: end, in: db) }
        #expect(handover.taker == taker.id)
        #expect(Handover.digest(handover.snapshot) == handover.digest)
        let items = try await town.database.read { db in try HandoverStore.items(of: handover.id, in: db) }
        #expect(items.map(\.kind) == [.alarm, .openCase, .remark])
        #expect(items[1].dueAt != nil && handover.isIntact(items))
        // Neither a word nor a clock can be changed unseen.
        for change in [{ $0.text = "别的" }, { $0.dueAt = nil }] as [(inout HandoverItem) -> Void] {
            var changed = items
            change(&changed[1])
            #expect(!handover.isIntact(changed))
        }
        #expect(!handover.isIntact(Array(items.dropLast())))
        await #expect(throws: Problem.conflict("duty.not-taker")) {
            try await town.database.write { db in
                try handovers.decide(handover.id, nil, takes: true, note: "", by: giver, at: end, in: db)
            }
        }
        try await town.database.write { db in
            _ = try handovers.decide(
                handover.id, items[0].id, takes: false, note: "先处理完", by: taker, at: end, in: db)
        }
        await #expect(throws: Problem.conflict("duty.decided")) {
            try await town.database.write { db in
                try handovers.decide(handover.id, items[0].id, takes: true, note: "", by: taker, at: end, in: db)
            }
        }
        let done = try await town.database.write { db in
            try handovers.decide(handover.id, nil, takes: true, note: "", by: taker, at: end, in: db)
        }
        #expect(done.doneAt == end)
        let kept = try await town.database.read { db in
            try HandoverStore.kept(by: giver.id, since: Desk.noon, in: db)
        }
        #expect(kept.map(\.text) == ["玩具厂 烟感"])
        #expect(kept.map(\.note) == ["先处理完"])
        // The audit chain names what was signed.
        let details = try await town.database.read { db in
            try db.values(String.self, "SELECT detail FROM audit WHERE action = 'shift.hand-over'")
        }
        #expect(details.count == 1)
        #expect(details.first?.contains(handover.digest) == true)
    }

    @Test("Whoever stands the next watch by then takes it over", arguments: Engine.allCases)
    func swapped(_ engine: Engine) async throws {
        let (town, handovers, id) = try await open(engine)
        let (giver, planned, other) = (caller(1), caller(2), caller(3))
        let end = Desk.noon + 8 * hour
        let handover = try await town.database.write { db in
            _ = try ShiftMoves(audit: handovers.audit).checkIn(id, by: giver, at: Desk.noon, in: db)
            let handover = try handovers.give(id, by: giver, at: end, in: db)
            try db.execute("UPDATE shift SET staff = \(other.id) WHERE id = \(handover.nextShift)")
            return handover
        }
        await #expect(throws: Problem.conflict("duty.not-taker")) {
            try await town.database.write { db in
                try handovers.decide(handover.id, nil, takes: true, note: "", by: planned, at: end, in: db)
            }
        }
        let done = try await town.database.write { db in
            try handovers.decide(handover.id, nil, takes: true, note: "", by: other, at: end, in: db)
        }
        #expect(done.doneAt == end)
    }

    @Test("A watch is handed over once, however often it is asked", arguments: Engine.allCases)
    func once(_ engine: Engine) async throws {
        let (town, handovers, id) = try await open(engine)
        let end = Desk.noon + 8 * hour
        let giver = caller(1)
        let ids = try await town.database.write { db in
            _ = try ShiftMoves(audit: handovers.audit).checkIn(id, by: giver, at: Desk.noon, in: db)
            return try (0..<3).map { _ in try handovers.give(id, by: giver, at: end, in: db).id }
        }
        #expect(Set(ids).count == 1)
    }
}
