import Kernel
import Storage

extension WoodpeckerRoom {
    /// The departments in use and who works there, for what departments do together.
    public static func offices(
        in db: any Reading
    ) throws -> [(id: DepartmentID, name: String, members: Set<StaffID>)] {
        var members: [DepartmentID: Set<StaffID>] = [:]
        try db.query("SELECT department, staff FROM department_member LIMIT 10000") { row in
            members[try row.next(), default: []].insert(try row.next())
            return true
        }
        return try DepartmentStore.all(in: db).filter(\.isActive).map { ($0.id, $0.name, members[$0.id] ?? []) }
    }
}
