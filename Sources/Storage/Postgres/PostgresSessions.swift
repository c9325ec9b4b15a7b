import Kernel

/// Reads in one snapshot, for the time of one closure.
final class PostgresReading: Reading {
    let engine = Engine.postgresql
    private let connection: PostgresConnection

    init(connection: PostgresConnection) { self.connection = connection }

    func query(_ sql: SQL, each: (inout Row) throws -> Bool) throws { try connection.query(sql, each: each) }
    func scan(_ sql: SQL, each: (inout Row) throws -> Bool) throws { try connection.scan(sql, each: each) }
}

/// The writer's connection; only the committer's thread uses it.
///
/// Writers of all nodes take turns by a lock that lasts until the commit is visible. The transaction then reads what is
/// committed (READ COMMITTED): as nobody else writes, that is serialisable, and event numbers are seen in their order.
final class PostgresWriteConnection: WriteConnection {
    /// "zhili" in ASCII: the advisory lock that makes writers take turns.
    static let writerLock: Int64 = 0x7a_6869_6c69
    static let channel = "zhili"
    private static let payloadLimit = 7_000

    let engine = Engine.postgresql
    var outbound = Outbound()
    var failure: (any Error)?
    private let connection: PostgresConnection
    private let node: String

    init(connection: PostgresConnection, node: String) {
        self.connection = connection
        self.node = node
    }

    func query(_ sql: SQL, each: (inout Row) throws -> Bool) throws {
        try noting { try connection.query(sql, each: each) }
    }

    func scan(_ sql: SQL, each: (inout Row) throws -> Bool) throws {
        try noting { try connection.scan(sql, each: each) }
    }

    func execute(_ sql: SQL) throws -> Int { try noting { try connection.run(sql).changes } }

    func begin() throws {
        try connection.begin(
            "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock(\(Self.writerLock))")
    }

    func commit() throws {
        let done = try connection.control("COMMIT")
        // A transaction in which a statement had failed is rolled back without an error.
        guard done == "COMMIT" else { throw StorageError.failed("the transaction was rolled back") }
    }

    func rollback() { _ = try? connection.control("ROLLBACK") }
    func savepoint() throws { try connection.control("SAVEPOINT job") }
    func releaseSavepoint() throws { try connection.control("RELEASE job") }
    func rollbackToSavepoint() throws { try connection.control("ROLLBACK TO job; RELEASE job") }

    /// Tells the other nodes; the server delivers it after the commit.
    func announce(_ outbound: Outbound) throws {
        try storeCounter()
        guard !outbound.events.isEmpty || !outbound.topics.isEmpty else { return }
        let notice = Notice(node: node, hasEvents: !outbound.events.isEmpty, topics: Set(outbound.topics))
        _ = try connection.run("SELECT pg_notify(\(Self.channel), \(notice.text(limit: Self.payloadLimit)))")
    }

    private func noting<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch {
            failure = failure ?? error
            throw error
        }
    }
}

/// What one node tells the others at a commit.
struct Notice: Equatable {
    var node: String
    var hasEvents: Bool
    /// `nil` for all: there were too many to name.
    var topics: Set<String>?

    init(node: String, hasEvents: Bool, topics: Set<String>?) {
        self.node = node
        self.hasEvents = hasEvents
        self.topics = topics
    }

    init?(_ text: String) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count >= 2 else { return nil }
        node = lines.removeFirst()
        hasEvents = lines.removeFirst() == "events"
        topics = lines == ["*"] ? nil : Set(lines)
    }

    /// At most `limit` bytes, as a notification takes only so many.
    func text(limit: Int) -> String {
        let head = [node, hasEvents ? "events" : ""]
        let all = (head + (topics.map { $0.sorted() } ?? ["*"])).joined(separator: "\n")
        return all.utf8.count <= limit ? all : (head + ["*"]).joined(separator: "\n")
    }
}

extension PostgresConnection {
    fileprivate func query(_ sql: SQL, each: (inout Row) throws -> Bool) throws {
        let result = try run(sql)
        for index in 0..<result.rows {
            var row = try result.row(index)
            guard try each(&row) else { return }
        }
    }

    /// By a cursor, a thousand rows at a time.
    fileprivate func scan(_ sql: SQL, each: (inout Row) throws -> Bool) throws {
        let cursor = newCursorName()
        _ = try runOnce(
            "DECLARE \(cursor) NO SCROLL CURSOR FOR " + PostgresText.translate(sql.text), sql.arguments)
        defer { _ = try? control("CLOSE \(cursor)") }
        while true {
            let result = try runOnce("FETCH 1000 FROM \(cursor)")
            guard result.rows > 0 else { return }
            for index in 0..<result.rows {
                var row = try result.row(index)
                guard try each(&row) else { return }
            }
        }
    }
}
