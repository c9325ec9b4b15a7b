import Kernel
import Storage
import Web

/// Who holds a key that opens reports: a part of the centre or a department, never a single person.
public struct Holder: Sendable, Hashable, SQLConvertible {
    /// Such as `dept/01…`.
    public var name: String

    /// Officers and leaders: whatever comes in is read by them first.
    public static let desk = Holder(name: "desk")
    /// Leaders alone: what is said about the centre itself.
    public static let leader = Holder(name: "leader")
    /// A department.
    public static func department(_ id: DepartmentID) -> Holder { Holder(name: "dept/\(id)") }

    /// The department's number, where it is one.
    public var department: DepartmentID? { name.hasPrefix("dept/") ? DepartmentID(String(name.dropFirst(5))) : nil }

    init(name: String) { self.name = name }

    /// Stored as its name.
    public var sqlValue: SQLValue { .text(name) }
    /// Reads its name.
    public init(sqlValue: SQLValue) throws(StorageError) { name = try String(sqlValue: sqlValue) }
}
