import Kernel
import Storage

/// Public keys, and private ones as they may lie on a disk.
enum KeyStore {
    struct Person: Sendable, RowDecodable {
        var staff: StaffID
        var publicKey: [UInt8]
        var salt: [UInt8]
        var wrapped: [UInt8]

        init(staff: StaffID, publicKey: [UInt8], salt: [UInt8], wrapped: [UInt8]) {
            self.staff = staff
            self.publicKey = publicKey
            self.salt = salt
            self.wrapped = wrapped
        }

        init(row: inout Row) throws {
            staff = try row.next()
            publicKey = try row.next()
            salt = try row.next()
            wrapped = try row.next()
        }
    }

    static func person(_ staff: StaffID, in db: any Reading) throws -> Person? {
        try db.first(Person.self, "SELECT staff, public_key, salt, wrapped FROM seal_person WHERE staff = \(staff)")
    }

    static func save(_ person: Person, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO seal_person (staff, public_key, salt, wrapped) VALUES (\(person.staff), \(person.publicKey),
            \(person.salt), \(person.wrapped)) ON CONFLICT (staff) DO UPDATE SET public_key = excluded.public_key,
            salt = excluded.salt, wrapped = excluded.wrapped
            """)
    }

    static func publicKey(_ holder: Holder, in db: any Reading) throws -> [UInt8]? {
        try db.value([UInt8].self, "SELECT public_key FROM seal_holder WHERE holder = \(holder)")
    }

    static func begin(_ holder: Holder, _ publicKey: [UInt8], in db: any Writing) throws {
        try db.execute("INSERT INTO seal_holder (holder, public_key) VALUES (\(holder), \(publicKey))")
    }

    static func share(_ holder: Holder, _ staff: StaffID, in db: any Reading) throws -> [UInt8]? {
        try db.value([UInt8].self, "SELECT sealed FROM seal_share WHERE holder = \(holder) AND staff = \(staff)")
    }

    static func share(_ holder: Holder, _ staff: StaffID, _ sealed: [UInt8], in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO seal_share (holder, staff, sealed) VALUES (\(holder), \(staff), \(sealed))
            ON CONFLICT (holder, staff) DO UPDATE SET sealed = excluded.sealed
            """)
    }

    static func holders(of staff: StaffID, in db: any Reading) throws -> [Holder] {
        try db.values(Holder.self, "SELECT holder FROM seal_share WHERE staff = \(staff) ORDER BY holder")
    }

    static func drop(sharesOf staff: StaffID, in db: any Writing) throws {
        try db.execute("DELETE FROM seal_share WHERE staff = \(staff)")
    }

    static func drop(_ holder: Holder, of staff: StaffID, in db: any Writing) throws {
        try db.execute("DELETE FROM seal_share WHERE holder = \(holder) AND staff = \(staff)")
    }
}
