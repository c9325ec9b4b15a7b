import Kernel
import Storage

/// A line that somebody added to the log of a watch.
struct Remark: Sendable, RowDecodable {
    var id: ID<Remark>
    var shift: ShiftID
    var staff: StaffID
    var at: Instant
    var text: String

    init(shift: ShiftID, staff: StaffID, at: Instant, text: String) {
        id = .next()
        self.shift = shift
        self.staff = staff
        self.at = at
        self.text = text
    }

    init(row: inout Row) throws {
        id = try row.next()
        shift = try row.next()
        staff = try row.next()
        at = try row.next()
        text = try row.next()
    }
}

enum RemarkStore {
    static func insert(_ remark: Remark, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO duty_remark (id, shift, staff, at, text)
            VALUES (\(remark.id), \(remark.shift), \(remark.staff), \(remark.at), \(remark.text))
            """)
    }

    static func of(_ shift: ShiftID, in db: any Reading) throws -> [Remark] {
        try db.all(
            Remark.self,
            "SELECT id, shift, staff, at, text FROM duty_remark WHERE shift = \(shift) ORDER BY id LIMIT 500")
    }
}
