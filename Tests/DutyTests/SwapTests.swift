import Foundation
import Identity
import Kernel
import Storage
import StorageTesting
import Testing
import Web

@testable import Duty

@Suite("Exchanging watches")
struct SwapTests {
    private let day = CivilTime.dayMs

    private func caller(_ id: Int64) -> Caller {
        Caller(
            id: StaffID(rawValue: id), username: "p\(id)", name: "示例\(id)", roles: [.officer], areas: nil,
            mustChangePassword: false, csrf: "", viaToken: true)
    }

    @Test("Nothing changes until the other one agrees; then both watches change hands", arguments: Engine.allCases)
    func exchange(_ engine: Engine) async throws {
        let town = try await Desk(engine)
        try await town.save(town.roster([1, 2], ["全天 08:00-08:00"]))
        let swaps = Swaps(moves: ShiftMoves(audit: try Audit(folder: town.storage.folder)))
        let (one, two) = (caller(1), caller(2))
        let (mine, theirs) = try await town.database.read { [day] db in
            (
                try #require(try ShiftStore.running(at: Desk.noon + day, in: db).first),
                try #require(try ShiftStore.running(at: Desk.noon + 2 * day, in: db).first)
            )
        }
        #expect(mine.staff == one.id)
        #expect(theirs.staff == two.id)
        await #expect(throws: Problem.conflict("duty.not-yours")) {
            try await town.database.write { db in
                try swaps.ask(mine.id, of: one.id, for: nil, reason: "有事", by: two, at: Desk.noon, in: db)
            }
        }
        let swap = try await town.database.write { db in
            try swaps.ask(mine.id, of: nil, for: theirs.id, reason: "有事", by: one, at: Desk.noon, in: db)
        }
        #expect(try await town.onDuty(at: Desk.noon + day).people.map(\.phone) == ["1"])
        await #expect(throws: Problem.conflict("duty.not-yours")) {
            try await town.database.write { db in
                try swaps.decide(swap.id, agrees: true, by: one, at: Desk.noon, in: db)
            }
        }
        _ = try await town.database.write { db in
            try swaps.decide(swap.id, agrees: true, by: two, at: Desk.noon, in: db)
        }
        #expect(try await town.onDuty(at: Desk.noon + day).people.map(\.phone) == ["2"])
        #expect(try await town.onDuty(at: Desk.noon + 2 * day).people.map(\.phone) == ["1"])
    }

    @Test("An agreement to what has changed meanwhile does not hold", arguments: Engine.allCases)
    func stale(_ engine: Engine) async throws {
        let town = try await Desk(engine)
        try await town.save(town.roster([1, 2], ["全天 08:00-08:00"]))
        let audit = try Audit(folder: town.storage.folder)
        let swaps = Swaps(moves: ShiftMoves(audit: audit))
        let (one, two) = (caller(1), caller(2))
        let swap = try await town.database.write { [day] db in
            let mine = try #require(try ShiftStore.running(at: Desk.noon + day, in: db).first)
            let swap = try swaps.ask(mine.id, of: two.id, for: nil, reason: "有事", by: one, at: Desk.noon, in: db)
            _ = try ShiftMoves(audit: audit).substitute(
                mine.id, by: StaffID(rawValue: 3), reason: "病假", caller: one, at: Desk.noon, in: db)
            return swap
        }
        await #expect(throws: Problem.conflict("duty.swap-stale")) {
            try await town.database.write { db in
                try swaps.decide(swap.id, agrees: true, by: two, at: Desk.noon, in: db)
            }
        }
        let state = try await town.database.write { db in
            try swaps.decide(swap.id, agrees: false, by: two, at: Desk.noon, in: db).state
        }
        #expect(state == .refused)
    }

    @Test("A calendar has lines of at most 75 octets, cuts no character, and escapes what separates")
    func calendar() {
        let text = ICalendar.text(
            [
                .init(
                    id: "a", from: CivilTime.instant(2026, 11, 25, 8), until: CivilTime.instant(2026, 11, 25, 20),
                    title: String(repeating: "白班，值班台;", count: 12), changedAt: Desk.noon)
            ], name: "值班")
        #expect(text.contains("DTSTART:20261125T000000Z\r\n"))
        #expect(text.contains("DTEND:20261125T120000Z\r\n"))
        let lines = text.components(separatedBy: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 75 })
        #expect(text.replacing("\r\n ", with: "").contains("SUMMARY:白班，值班台\\;白班"))
    }
}
