import Kernel
import Storage

enum DepartmentStore {
    static func all(in db: any Reading) throws -> [Department] {
        try db.all(Department.self, "SELECT \(raw: Department.columns) FROM department ORDER BY id LIMIT 500")
    }

    static func find(_ id: DepartmentID, in db: any Reading) throws -> Department? {
        try db.first(Department.self, "SELECT \(raw: Department.columns) FROM department WHERE id = \(id)")
    }

    static func save(_ department: Department, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO department (\(raw: Department.columns)) VALUES (\(department.id), \(department.name),
            \(department.phone), \(department.categories.joined(separator: ",")),
            \(department.areas.map(\.description).joined(separator: ",")), \(department.isActive))
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, phone = excluded.phone,
            categories = excluded.categories, areas = excluded.areas, active = excluded.active
            """)
    }

    static func members(_ id: DepartmentID, in db: any Reading) throws -> [StaffID] {
        try db.values(StaffID.self, "SELECT staff FROM department_member WHERE department = \(id) ORDER BY staff")
    }

    static func departments(of staff: StaffID, in db: any Reading) throws -> [DepartmentID] {
        try db.values(
            DepartmentID.self, "SELECT department FROM department_member WHERE staff = \(staff) ORDER BY department")
    }

    static func setMembers(_ members: [StaffID], of id: DepartmentID, in db: any Writing) throws {
        try db.execute("DELETE FROM department_member WHERE department = \(id)")
        for member in Set(members) {
            try db.execute("INSERT INTO department_member (department, staff) VALUES (\(id), \(member))")
        }
    }
}
