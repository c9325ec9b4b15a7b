import Kernel
import Storage

/// The records' tables: one row a record with its values, one with its tokens, one a change of a field.
enum RecordStore {
    static func find(_ id: RecordID, in db: any Reading) throws -> Record? {
        try db.first(Record.self, "SELECT \(raw: Record.columns) FROM registry_record r WHERE r.id = \(id)")
    }

    static func find(_ ids: [RecordID], in db: any Reading) throws -> [RecordID: Record] {
        guard !ids.isEmpty else { return [:] }
        let found = try db.all(
            Record.self, "SELECT \(raw: Record.columns) FROM registry_record r WHERE r.id IN \(list: ids)")
        return Dictionary(found.map { ($0.id, $0) }) { first, _ in first }
    }

    /// The values, as stored, of records by what tells them from all others.
    static func values(keys: [String], in db: any Reading) throws -> [String: String] {
        guard !keys.isEmpty else { return [:] }
        var result: [String: String] = [:]
        try db.query("SELECT row_key, data FROM registry_record WHERE row_key IN \(list: keys)") { row in
            result[try row.next()] = try row.next(String.self)
            return true
        }
        return result
    }

    /// Records by what tells them from all others.
    static func find(keys: [String], in db: any Reading) throws -> [String: Record] {
        guard !keys.isEmpty else { return [:] }
        var result: [String: Record] = [:]
        try db.query(
            "SELECT \(raw: Record.columns), r.row_key FROM registry_record r WHERE r.row_key IN \(list: keys)"
        ) { row in
            let record = try Record(row: &row)
            result[try row.next()] = record
            return true
        }
        return result
    }

    /// How many records each category has.
    static func counts(in db: any Reading) throws -> [String: Int64] {
        var counts: [String: Int64] = [:]
        try db.query("SELECT category, COUNT(*) FROM registry_record GROUP BY category") { row in
            counts[try row.next()] = try row.next(Int64.self)
            return true
        }
        return counts
    }

    /// Changes with every change of any record.
    static func dataVersion(in db: any Reading) throws -> Int64 {
        try db.value(Int64.self, "SELECT value FROM registry_state WHERE name = 'data'") ?? 0
    }

    static func history(of id: RecordID, limit: Int, in db: any Reading) throws -> [FieldChange] {
        try db.all(
            FieldChange.self,
            """
            SELECT id, version, at, actor_name, source, field, old_value, new_value FROM registry_change
            WHERE record = \(id) ORDER BY id DESC LIMIT \(limit)
            """)
    }

    /// The record's values as they were at a version.
    static func values(_ record: Record, at version: Int64, in db: any Reading) throws -> FieldValues {
        var values = record.values
        try db.query(
            """
            SELECT field, old_value FROM registry_change WHERE record = \(record.id) AND version > \(version)
            ORDER BY id DESC
            """
        ) { row in
            let field = try row.next(String.self)
            values[field] = try row.next(String.self)
            return true
        }
        return values
    }
}

/// One change of one field.
struct FieldChange: RowDecodable {
    var id: Int64
    var version: Int64
    var at: Instant
    var by: String
    var source: Source
    var field: String
    var old: String
    var new: String

    init(row: inout Row) throws {
        id = try row.next()
        version = try row.next()
        at = try row.next()
        by = try row.next()
        source = try row.next()
        field = try row.next()
        old = try row.next()
        new = try row.next()
    }
}

extension Source: SQLConvertible {}
