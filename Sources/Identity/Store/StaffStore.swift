import Kernel
import Storage
import Web

enum StaffStore {
    static func find(_ id: StaffID, in db: any Reading) throws -> Staff? {
        try db.first(Staff.self, "SELECT \(raw: Staff.columns) FROM staff WHERE id = \(id.rawValue)")
    }

    static func find(username: String, in db: any Reading) throws -> Staff? {
        try db.first(Staff.self, "SELECT \(raw: Staff.columns) FROM staff WHERE username = \(username)")
    }

    static func isEmpty(in db: any Reading) throws -> Bool {
        try db.value(Int64.self, "SELECT id FROM staff LIMIT 1") == nil
    }

    static func list(_ filter: StaffFilter, limit: Int, in db: any Reading) throws -> [Staff] {
        try db.all(
            Staff.self,
            "SELECT \(raw: Staff.columns) FROM staff WHERE \(filter.sql) ORDER BY id LIMIT \(Int64(limit))")
    }

    static func active(in db: any Reading) throws -> [Staff] {
        try db.all(Staff.self, "SELECT \(raw: Staff.columns) FROM staff WHERE active = 1 ORDER BY id")
    }

    static func insert(_ staff: Staff, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO staff (\(raw: Staff.columns)) VALUES (\(staff.id.rawValue), \(staff.username), \(staff.name),
            \(staff.phone), \(staff.rolesText), \(staff.areasText), \(staff.isActive ? 1 : 0 as Int64),
            \(staff.password), \(staff.mustChange ? 1 : 0 as Int64), \(staff.totp), \(staff.totpStep),
            \(staff.createdAt))
            """)
    }

    static func update(_ staff: Staff, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE staff SET name = \(staff.name), phone = \(staff.phone), roles = \(staff.rolesText),
            areas = \(staff.areasText), active = \(staff.isActive ? 1 : 0 as Int64), password = \(staff.password),
            must_change = \(staff.mustChange ? 1 : 0 as Int64), totp = \(staff.totp), totp_step = \(staff.totpStep)
            WHERE id = \(staff.id.rawValue)
            """)
    }

    static func setting(_ name: String, in db: any Reading) throws -> String? {
        try db.value(String.self, "SELECT value FROM identity_setting WHERE name = \(name)")
    }

    static func set(_ name: String, _ value: String, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO identity_setting (name, value) VALUES (\(name), \(value))
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """)
    }
}
