import Kernel
import Storage
import Web

/// The register of workbooks that left the house, and what of them has been deleted since.
enum ExportStore {
    struct Export: RowDecodable {
        var id: RecordID
        var category: String
        var name: String
        var rows: Int64
        var at: Instant
        /// Records that it may hold and that are deleted by now.
        var recalled: Int64

        init(row: inout Row) throws {
            id = try row.next()
            category = try row.next()
            name = try row.next()
            rows = try row.next()
            at = try row.next()
            recalled = try row.next()
        }
    }

    static func insert(
        _ category: String, rows: Int64, first: RecordID?, last: RecordID?, by caller: Caller, at now: Instant,
        in db: any Writing
    ) throws {
        try db.execute(
            """
            INSERT INTO registry_export (id, category, staff, staff_name, rows, first_record, last_record, at)
            VALUES (\(RecordID.next()), \(category), \(caller.id), \(caller.name), \(rows), \(first), \(last), \(now))
            """)
    }

    /// One page, the newest first.
    static func list(
        _ categories: [String], after: RecordID?, limit: Int, in db: any Reading
    ) throws -> [Export] {
        try db.all(
            Export.self,
            """
            SELECT e.id, e.category, e.staff_name, e.rows, e.at,
              (SELECT COUNT(*) FROM registry_recall r WHERE r.export = e.id)
            FROM registry_export e
            WHERE e.category IN \(list: categories) AND e.id < \(after ?? RecordID(rawValue: .max))
            ORDER BY e.id DESC LIMIT \(limit)
            """)
    }

    /// Notes at every workbook that may hold a record that it is deleted: who has the workbook must know.
    static func recall(_ record: Record, at now: Instant, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO registry_recall (export, record, at)
            SELECT e.id, \(record.id), \(now) FROM registry_export e
            WHERE e.category = \(record.category) AND e.at >= \(record.createdAt)
            AND ((e.first_record <= \(record.id) AND e.last_record >= \(record.id))
              OR (e.last_record <= \(record.id) AND e.first_record >= \(record.id)))
            """)
    }
}
