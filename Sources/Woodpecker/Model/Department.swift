import Kernel
import Storage

/// Marks identifiers of departments.
public enum DepartmentMark {}
/// Names a department.
public typealias DepartmentID = ID<DepartmentMark>

/// Those who put right what is reported.
public struct Department: Sendable, RowDecodable {
    /// Its number.
    public var id: DepartmentID
    /// The name that people read.
    public var name: String
    /// The phone for citizens.
    public var phone: String
    /// The categories that are routed to it.
    public var categories: [String]
    /// The areas in which they are; empty is the whole town.
    public var areas: [AreaID]
    /// Whether anything may be routed to it.
    public var isActive: Bool

    static let columns = "id, name, phone, categories, areas, active"

    /// A department.
    public init(
        id: DepartmentID = .next(), name: String, phone: String, categories: [String], areas: [AreaID] = [],
        isActive: Bool = true
    ) {
        self.id = id
        self.name = name
        self.phone = phone
        self.categories = categories
        self.areas = areas
        self.isActive = isActive
    }

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = try row.next()
        name = try row.next()
        phone = try row.next()
        categories = try row.next(String.self).split(separator: ",").map(String.init)
        areas = try row.next(String.self).split(separator: ",").compactMap { AreaID(String($0)) }
        isActive = try row.next()
    }
}
