import Foundation
import Kernel
import Storage
import StorageTesting
import Testing

@testable import Registry

@Suite("What is deleted is gone")
struct ErasureTests {
    private static let person = [
        "name": "贾金丝雀", "sex": "1", "birthDate": "1975-11-23", "idNumber": "410000197511230018",
        "phone": "19907654321", "household": "CANARY77", "living": "here", "address": "东村一社金丝雀巷77号", "note": "金丝雀备注",
    ]
    private static let traces = [
        "贾金丝雀", "410000197511230018", "19907654321", "CANARY77", "金丝雀巷77号", "金丝雀备注", "jia jin si que",
    ]

    /// The traces that any file of the folder holds.
    private func found(_ folder: URL, _ traces: [String]) throws -> Set<String> {
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var found: Set<String> = []
        for case let file as URL in files {
            guard let bytes = try? Data(contentsOf: file) else { continue }
            for trace in traces where bytes.range(of: Data(trace.utf8)) != nil { found.insert(trace) }
        }
        return found
    }

    @Test("After the night no byte of a deleted person is in the database, its log, or the imported files")
    func bytes() async throws {
        let town = try await Town()
        let desk = town.desk
        // Neighbours before and behind, so that the person's rows lie in the middle of pages and indexes.
        func neighbours(_ range: Range<Int>) async throws {
            for number in range {
                var values = Town.zhang
                values["idNumber"] = nil
                values["name"] = "邻居"
                values["household"] = "H\(number)"
                values["address"] = "东村一社\(number)号"
                values["phone"] = "199\(10_000_000 + number)"
                try await town.add("resident", values)
            }
        }
        try await neighbours(0..<150)
        let id = try await town.add("resident", Self.person)
        try await neighbours(150..<300)
        let category = try town.category("resident")
        let hand = town.hand()
        let importer = town.room.importer
        // A table with the same person, a history, a pair, an opened record.
        let table = Array("姓名,出生日期,户编号,地址\n贾金丝雀,1975-11-23,CANARY77,东村一社金丝雀巷77号\n".utf8)
        _ = try await town.room.importTable(table, name: "t.csv", category: "resident", isDry: false) { $0 }
        let record = try #require(try await town.record(id))
        try await town.database.write { db in
            var values = record.values
            values["note"] = "金丝雀备注二"
            try desk.writer.update(record, to: values, facts: record.facts, category, by: hand, in: db)
            try GrantStore.insert(
                record, for: StaffIDs.one, purpose: "核对贾金丝雀", caseNumber: "", at: hand.at, in: db)
        }
        let before = try found(town.folder, Self.traces)
        #expect(before == Set(Self.traces), "the test must be able to see what it looks for")
        try await town.database.write { db in
            for record in try db.all(
                Record.self,
                "SELECT \(raw: Record.columns) FROM registry_record r WHERE r.data LIKE '%CANARY77%'")
            {
                try desk.writer.delete(record, reason: "deleted", at: hand.at, in: db)
            }
        }
        let erasure = Erasure(desk: desk, imports: importer.folder)
        let later = max(Instant.now, hand.at) + 60_000
        #expect(try await erasure.run(at: later))
        #expect(try found(town.folder, Self.traces) == [])
        #expect(try await erasure.run(at: later) == false, "there is nothing left to do")
        #expect(try await town.find("邻居").records.count == 50)
        await town.database.close()
    }

    @Test("A server writes the tables anew and answers as before")
    func server() async throws {
        let town = try await Town(.postgresql)
        let (desk, now) = (town.desk, town.now)
        let id = try await town.add("resident", Self.person)
        try await town.add("resident", Town.zhang)
        let record = try #require(try await town.record(id))
        try await town.database.write { db in
            try desk.writer.delete(record, reason: "deleted", at: now, in: db)
        }
        #expect(try await Erasure(desk: desk, imports: town.room.importer.folder).run(at: now + 1))
        #expect(try await town.find("张建国").records.count == 1)
        #expect(try await town.find("贾金丝雀").records.isEmpty)
    }
}

private enum StaffIDs { static let one = StaffID(rawValue: 7) }
