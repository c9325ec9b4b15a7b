import Crypt
import Foundation
import Kernel
import Storage
import Testing
import Web

@testable import Woodpecker

@Suite("What is said in confidence")
struct AnonymityTests {
    @Test("is opened by its receipt and by no other secret, and both wrong answers are one", arguments: Engine.allCases)
    func receipt(_ engine: Engine) async throws {
        let nest = try await Nest(engine)
        let (receipt, taken) = try await nest.report()
        #expect(try await nest.room.intake.open(receipt)?.report == taken.report)
        let other = try Receipt()
        #expect(try await nest.room.intake.open(other) == nil)
        // The same locator with another secret.
        var mixed: Receipt?
        while mixed == nil {
            let digits = (0..<15).map { _ in String(Int.random(in: 0...9)) }.joined()
            let body = receipt.locator + digits
            mixed = try? Receipt(body + String(Damm.digit(body)))
        }
        if let mixed { #expect(try await nest.room.intake.open(mixed) == nil) }
    }

    @Test("lies on disk as ciphertext alone, to the hour, without name and phone", arguments: Engine.allCases)
    func atRest(_ engine: Engine) async throws {
        let nest = try await Nest(engine)
        let moment = CivilTime.instant(2026, 11, 24, 10, 37, 12)
        let (receipt, taken) = try await nest.report("CANARY-WORDS", at: moment)
        let rows = try await nest.database.read { db in
            var text = ""
            for table in ["report", "report_seal", "report_case", "case_record", "case_entry", "event", "report_photo"]
            {
                try db.query(SQL(raw: "SELECT * FROM \(table)")) { row in
                    for value in row.values {
                        switch value {
                        case .blob(let bytes): text += String(decoding: bytes, as: UTF8.self)
                        case .integer(let number): text += " \(number)"
                        default: text += "\(value)"
                        }
                    }
                    return true
                }
            }
            return text
        }
        for secret in ["CANARY-WORDS", "贺某", "19900001111", receipt.secret, String(moment.ms)] {
            #expect(!rows.contains(secret), "\(secret)")
        }
        let report = try await nest.database.read { db in try ReportStore.find(taken.report, in: db) }
        #expect(report?.receivedAt == CivilTime.instant(2026, 11, 24, 10))
        for id in [taken.report.rawValue, taken.caseID.rawValue] {
            let hour = CivilTime.instant(2026, 11, 24, 10).ms - 1_704_067_200_000
            #expect((hour << 22..<(hour + 3_600_000) << 22).contains(id))
        }
    }

    @Test(
        "A department reads what it was given, nothing before, and nothing after it gave it back",
        arguments: Engine.allCases)
    func handOver(_ engine: Engine) async throws {
        let nest = try await Nest(engine)
        let (_, taken) = try await nest.report("水管爆了")
        #expect(try await nest.words(taken.caseID, as: "officer") == "水管爆了")
        await #expect(throws: Problem.notFound) { try await nest.words(taken.caseID, as: "clerk") }
        try await nest.act(.handOver, taken.caseID, as: "officer", [("department", nest.water.id.description)])
        #expect(try await nest.words(taken.caseID, as: "clerk") == "水管爆了")
        await #expect(throws: Problem.notFound) { try await nest.words(taken.caseID, as: "clerk2") }
        try await nest.act(.giveBack, taken.caseID, as: "clerk", [("text", "不归我们管")])
        await #expect(throws: Problem.notFound) { try await nest.words(taken.caseID, as: "clerk") }
        let holders = try await nest.database.read { db in try ReportStore.holders(taken.report, in: db) }
        #expect(holders == [.desk, .reporter])
    }

    @Test("A department never gets what is about itself, and the desk never what is about the desk")
    func conflict() async throws {
        let nest = try await Nest()
        let (_, taken) = try await nest.report(category: "conduct", about: .department(nest.service.id))
        await #expect(throws: Problem.conflict("woodpecker.own-case")) {
            try await nest.act(.handOver, taken.caseID, as: "officer", [("department", nest.service.id.description)])
        }
        let (_, second) = try await nest.report("值班员推诿", category: "conduct", about: .desk)
        await #expect(throws: Problem.notFound) { try await nest.words(second.caseID, as: "officer") }
        #expect(try await nest.words(second.caseID, as: "leader") == "值班员推诿")
    }

    @Test("An administrator opens nothing, and a password that an administrator sets opens nothing either")
    func administrators() async throws {
        let nest = try await Nest()
        let (_, taken) = try await nest.report()
        await #expect(throws: Problem.notFound) { try await nest.words(taken.caseID, as: "admin") }
        let officer = try nest.person("officer2")
        #expect(try await nest.words(taken.caseID, as: "officer2") != nil)
        try await nest.keys.opened(officer.id, password: "set by the administrator")
        #expect(try await nest.words(taken.caseID, as: "officer2") == nil)
    }

    @Test("A changed password keeps the key, and after a restart the right password opens it again")
    func passwords() async throws {
        let nest = try await Nest()
        let (_, taken) = try await nest.report("还在")
        let officer = try nest.person("officer")
        try await nest.keys.changed(officer.id, password: "another-password")
        let ring = KeyRing(database: nest.database, hard: HardKey(memoryKiB: 64, passes: 1))
        let handling = Handling(
            cases: nest.cases, areas: nest.room.areas, keys: ring, audit: nest.room.audit, word: { key, _ in key })
        let before = try await nest.database.read { db in try handling.key(of: taken.report, for: officer, in: db) }
        #expect(before == nil)
        try await ring.opened(officer.id, password: "another-password")
        let after = try await nest.database.read { db in try handling.key(of: taken.report, for: officer, in: db) }
        #expect(after != nil)
    }

    @Test("A confidential reporter's name is the desk's and not the department's; an anonymous one's is nobody's")
    func confidential() async throws {
        let nest = try await Nest()
        let (_, taken) = try await nest.report(level: .confidential)
        try await nest.act(.handOver, taken.caseID, as: "officer", [("department", nest.water.id.description)])
        let (officer, clerk) = (try nest.person("officer"), try nest.person("clerk"))
        let room = nest.room
        let names = try await nest.database.read { db in
            (
                try room.handling.confided(of: taken.report, for: officer, in: db)?.name,
                try room.handling.confided(of: taken.report, for: clerk, in: db)?.name
            )
        }
        #expect(names.0 == "贺某" && names.1 == nil)
        let (_, second) = try await nest.report(level: .anonymous)
        let none = try await nest.database.read { db in
            try room.handling.confided(of: second.report, for: officer, in: db)
        }
        #expect(none == nil)
    }

    @Test("When its time is over nothing opens it and nothing of it is left", arguments: Engine.allCases)
    func retention(_ engine: Engine) async throws {
        let nest = try await Nest(engine)
        let (receipt, taken) = try await nest.report(photos: [[1, 2, 3]])
        try await nest.act(.handOver, taken.caseID, as: "officer", [("department", nest.water.id.description)])
        try await nest.act(.finish, taken.caseID, as: "clerk", [("text", "修好了"), ("outcome", "fixed")])
        let eraser = Eraser(database: nest.database, keepDays: 90, logger: nest.room.logger)
        #expect(try await eraser.erase(at: .now) == 0)
        #expect(try await eraser.erase(at: .now + 91 * CivilTime.dayMs) == 1)
        #expect(try await nest.status(receipt) == nil)
        let left = try await nest.database.read { db in
            try ["report_seal", "report_photo", "report_message"].map { table in
                try db.value(Int64.self, SQL(raw: "SELECT COUNT(*) FROM \(table)")) ?? -1
            } + [Int64(try ReportStore.content(taken.report, in: db)?.count ?? -1)]
        }
        #expect(left == [0, 0, 0, 0])
    }
}
