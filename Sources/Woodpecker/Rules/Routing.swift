import Kernel

/// Which department a category in an area belongs to.
enum Routing {
    /// The department that is meant, the one with the narrower area first; never one that the report is about.
    static func department(
        for category: String, area: AreaID?, about: String, among departments: [Department],
        covers: ([AreaID], AreaID) -> Bool
    ) -> Department? {
        departments.filter { department in
            guard department.isActive, department.categories.contains(category), mayHandle(department.id, about: about)
            else { return false }
            guard !department.areas.isEmpty else { return true }
            return area.map { covers(department.areas, $0) } ?? false
        }.max { ($0.areas.isEmpty ? 0 : 1, $1.id) < ($1.areas.isEmpty ? 0 : 1, $0.id) }
    }

    /// Whether a department may have a report at all: none handles what is said about itself.
    static func mayHandle(_ department: DepartmentID, about: String) -> Bool {
        about != Holder.department(department).name
    }
}
