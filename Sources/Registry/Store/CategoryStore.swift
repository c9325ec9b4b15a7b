import Foundation
import Kernel
import Storage
import Synchronization

/// The categories as they are now, in memory: every list and every check asks for them.
public final class CategoryBook: Sendable {
    static let topic = "registry.categories"

    private struct State {
        var byKey: [String: Category] = [:]
        var ordered: [Category] = []
        var versions: [String: Int64] = [:]
    }

    private let state = Mutex(State())

    /// A book that knows nothing yet.
    public init() {}

    /// All categories in their order.
    public var all: [Category] { state.withLock { $0.ordered } }

    /// A category by its name.
    public subscript(_ key: String) -> Category? { state.withLock { $0.byKey[key] } }

    /// A category's version.
    func version(of key: String) -> Int64 { state.withLock { $0.versions[key] ?? 0 } }

    /// Changes with every change of any category; caches of what the policy decided are keyed by it.
    public var fingerprint: Int64 { state.withLock { state in state.versions.values.reduce(0, +) } }

    func replace(_ rows: [CategoryStore.Row]) {
        var new = State()
        for row in rows {
            new.byKey[row.category.key] = row.category
            new.versions[row.category.key] = row.version
        }
        new.ordered = new.byKey.values.sorted { ($0.order, $0.key) < ($1.order, $1.key) }
        state.withLock { $0 = new }
    }
}

/// The declarations' table: every version stays.
enum CategoryStore {
    struct Row: RowDecodable {
        var category: Category
        var version: Int64
        var at: Instant
        var by: String
        var reason: String

        init(row: inout Storage.Row) throws {
            category = try StoredJSON.decode(Category.self, try row.next())
            version = try row.next()
            at = try row.next()
            by = try row.next()
            reason = try row.next()
        }
    }

    static func current(in db: any Reading) throws -> [Row] {
        try db.all(
            Row.self,
            """
            SELECT declaration, version, at, by_name, reason FROM registry_category WHERE is_current = 1
            ORDER BY category LIMIT 200
            """)
    }

    /// The declaration of a category that holds now.
    static func current(of key: String, in db: any Reading) throws -> Category? {
        try db.first(
            Row.self,
            """
            SELECT declaration, version, at, by_name, reason FROM registry_category
            WHERE category = \(key) AND is_current = 1
            """)?.category
    }

    static func versions(of key: String, in db: any Reading) throws -> [Row] {
        try db.all(
            Row.self,
            """
            SELECT declaration, version, at, by_name, reason FROM registry_category WHERE category = \(key)
            ORDER BY version DESC LIMIT 100
            """)
    }

    /// The newest versions of categories that were removed.
    static func removed(in db: any Reading) throws -> [Row] {
        try db.all(
            Row.self,
            """
            SELECT declaration, version, at, by_name, reason FROM registry_category c
            WHERE version = (SELECT MAX(version) FROM registry_category d WHERE d.category = c.category)
            AND is_current = 0 ORDER BY category LIMIT 200
            """)
    }

    /// Keeps one more version, which holds from now on.
    @discardableResult
    static func save(
        _ category: Category, by name: String, reason: String, at now: Instant, in db: any Writing
    ) throws -> Int64 {
        let last =
            try db.value(
                Int64?.self, "SELECT MAX(version) FROM registry_category WHERE category = \(category.key)") ?? nil
        let version = (last ?? 0) + 1
        try db.execute("UPDATE registry_category SET is_current = 0 WHERE category = \(category.key)")
        try db.execute(
            """
            INSERT INTO registry_category (category, version, declaration, at, by_name, reason, is_current)
            VALUES (\(category.key), \(version), \(try StoredJSON.text(category)), \(now), \(name), \(reason), 1)
            """)
        db.wake(CategoryBook.topic)
        return version
    }

    /// The 22 categories that come with the program.
    static func shipped() throws -> [Category] {
        let folder = Bundle.module.bundleURL.appendingPathComponent("Resources/categories")
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }
            .map { try JSONDecoder().decode(Category.self, from: Data(contentsOf: $0)) }
            .sorted { $0.order < $1.order }
    }

    /// Adds what the town does not have yet; what somebody changed stays.
    static func addMissing(_ shipped: [Category], at now: Instant, in db: any Writing) throws {
        let known = Set(try db.values(String.self, "SELECT DISTINCT category FROM registry_category"))
        for category in shipped where !known.contains(category.key) {
            try save(category, by: "zhili", reason: "shipped", at: now, in: db)
        }
    }
}
