import CPQ
import Kernel

/// The server could not do a transaction because of another one, and the same again may succeed.
struct TransactionConflict: Error {
    var reason: String
}

/// One connection to the server. It blocks, so only a thread of the store's own touches it.
final class PostgresConnection {
    private struct Key: Hashable {
        var text: String
        var types: [Oid]
    }

    private struct Prepared {
        var name: String
        var lastUse: UInt64
    }

    private static let statementLimit = 256
    private let address: PostgresAddress
    private var connection: OpaquePointer?
    private var prepared: [Key: Prepared] = [:]
    private var counter: UInt64 = 0

    /// Connects.
    /// - Throws: ``StorageError/unavailable(_:)`` when the server cannot be reached or does not speak UTF-8.
    init(_ address: PostgresAddress) throws {
        self.address = address
        try connect()
    }

    deinit { if let connection { PQfinish(connection) } }

    /// The socket, to wait on; -1 without a connection.
    var socket: Int32 { connection.map { PQsocket($0) } ?? -1 }
    /// Whether the connection is usable as far as is known.
    var isAlive: Bool { connection.map { PQstatus($0) == CONNECTION_OK } ?? false }

    /// Connects anew.
    func connect() throws {
        if let connection { PQfinish(connection) }
        connection = nil
        prepared.removeAll()
        // A server that vanishes without a word is noticed within half a minute.
        let options = [
            ("dbname", address.url), ("client_encoding", "UTF8"), ("connect_timeout", "5"), ("keepalives", "1"),
            ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "25000"), ("fallback_application_name", "zhili"),
        ]
        let opened = withCStrings(options.map(\.0)) { keywords in
            withCStrings(options.map(\.1)) { values in PQconnectdbParams(keywords, values, 1) }
        }
        guard let opened else { throw StorageError.unavailable("no memory for a connection") }
        connection = opened
        guard PQstatus(opened) == CONNECTION_OK else {
            let message = address.redacted(String(cString: PQerrorMessage(opened)))
            close()
            throw StorageError.unavailable(message)
        }
        PQsetNoticeProcessor(opened, { _, _ in }, nil)
        let encoding = PQparameterStatus(opened, "server_encoding").map { String(cString: $0) } ?? ""
        guard encoding == "UTF8" else {
            close()
            throw StorageError.unavailable("the database's encoding is \(encoding); it must be UTF8")
        }
        // A node that hangs in the middle of a transaction must not hold the others up for good.
        try control(
            """
            SET idle_in_transaction_session_timeout = '60s'; SET lock_timeout = '30s';
            SET client_min_messages = warning; SET synchronous_commit = on; SET bytea_output = hex
            """)
    }

    /// Hangs up.
    func close() {
        if let connection { PQfinish(connection) }
        connection = nil
        prepared.removeAll()
    }

    /// Runs statements without arguments and answers.
    /// - Returns: what the server did last.
    @discardableResult
    func control(_ statements: String) throws -> String {
        let connection = try usable()
        return try check(PQexec(connection, statements)).command
    }

    /// Begins with `statements`; when the connection turns out to be lost, connects anew first. Nothing was done
    /// yet, so nothing is done twice.
    func begin(_ statements: String) throws {
        do {
            try control(statements)
        } catch StorageError.unavailable {
            try connect()
            try control(statements)
        }
    }

    /// Runs a prepared statement.
    func run(_ sql: SQL) throws -> PostgresResult {
        let arguments = try PostgresArguments(sql.arguments)
        let name = try prepare(Key(text: sql.text, types: arguments.types))
        let connection = try usable()
        return try check(
            arguments.withPointers { values, lengths, formats in
                PQexecPrepared(connection, name, Int32(arguments.types.count), values, lengths, formats, 1)
            })
    }

    /// Runs a statement that is not worth keeping.
    func runOnce(_ text: String, _ values: [SQLValue] = []) throws -> PostgresResult {
        let arguments = try PostgresArguments(values)
        let connection = try usable()
        return try check(
            arguments.withPointers { values, lengths, formats in
                PQexecParams(
                    connection, text, Int32(arguments.types.count), arguments.types, values, lengths, formats, 1)
            })
    }

    /// A name that no open cursor has.
    func newCursorName() -> String {
        counter += 1
        return "c\(counter)"
    }

    /// What other connections sent since the last look, without waiting.
    /// - Throws: ``StorageError/unavailable(_:)`` when the connection is lost.
    func notifications() throws -> [String] {
        let connection = try usable()
        guard PQconsumeInput(connection) == 1 else { throw lost() }
        var payloads: [String] = []
        while let notification = PQnotifies(connection) {
            payloads.append(String(cString: notification.pointee.extra))
            PQfreemem(notification)
        }
        return payloads
    }

    private func prepare(_ key: Key) throws -> String {
        counter += 1
        if let known = prepared[key] {
            prepared[key]?.lastUse = counter
            return known.name
        }
        if prepared.count >= Self.statementLimit {
            // Half of them go at once, so that a flood of different texts costs little each.
            for (old, statement) in prepared.sorted(by: { $0.value.lastUse < $1.value.lastUse })
                .prefix(Self.statementLimit / 2)
            {
                try control("DEALLOCATE \(statement.name)")
                prepared[old] = nil
            }
        }
        let name = "s\(counter)"
        let connection = try usable()
        _ = try check(
            PQprepare(connection, name, PostgresText.translate(key.text), Int32(key.types.count), key.types))
        prepared[key] = Prepared(name: name, lastUse: counter)
        return name
    }

    private func usable() throws -> OpaquePointer {
        guard let connection, PQstatus(connection) == CONNECTION_OK else { throw lost() }
        return connection
    }

    private func lost() -> StorageError {
        let message = connection.flatMap { PQerrorMessage($0) }.map { address.redacted(String(cString: $0)) } ?? ""
        return .unavailable(message.isEmpty ? "the connection to the database is lost" : message)
    }

    private func check(_ answer: OpaquePointer?) throws -> PostgresResult {
        guard let answer else { throw lost() }
        let status = PQresultStatus(answer)
        if status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK { return PostgresResult(answer) }
        defer { PQclear(answer) }
        func field(_ code: UInt8) -> String? { PQresultErrorField(answer, Int32(code)).map { String(cString: $0) } }
        guard isAlive, let state = field(UInt8(ascii: "C")) else {
            // An error without a state is not the server's: it is libpq's, about the connection.
            let error = lost()
            close()
            throw error
        }
        let message = field(UInt8(ascii: "M")) ?? "status \(status.rawValue)"
        if state == "26000" || state == "0A000" && message.hasPrefix("cached plan") {
            // Tables were changed under prepared statements: they are prepared anew.
            prepared.removeAll()
            throw TransactionConflict(reason: message)
        }
        throw Self.error(state: state, message: address.redacted(message), constraint: field(UInt8(ascii: "n")))
    }

    /// What an SQLSTATE means to a caller.
    static func error(state: String, message: String, constraint: String?) -> any Error {
        switch state {
        case "40001", "40P01": TransactionConflict(reason: message)
        case "23505", "23P01": StorageError.duplicate(constraint ?? message)
        case "53100": StorageError.full
        // A value too long for its index.
        case "54000": StorageError.constraint(message)
        case "57P01", "57P02", "57P03", "57P05", "53300", "25006", "25P03", "55P03": StorageError.unavailable(message)
        case _ where state.hasPrefix("23"): StorageError.constraint(constraint ?? message)
        case _ where state.hasPrefix("08"): StorageError.unavailable(message)
        default: StorageError.failed("\(state) \(message)")
        }
    }
}

/// The texts as a C array that ends with NULL, for the time of `body`.
private func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
    let lengths = texts.map { $0.utf8.count + 1 }
    let bytes = texts.flatMap { $0.utf8CString }
    return bytes.withUnsafeBufferPointer { buffer in
        var pointers: [UnsafePointer<CChar>?] = []
        var offset = 0
        for length in lengths {
            pointers.append(buffer.baseAddress?.advanced(by: offset))
            offset += length
        }
        pointers.append(nil)
        return pointers.withUnsafeBufferPointer { list in
            // Never empty: it holds at least the closing NULL.
            withUnsafePointer(to: nil as UnsafePointer<CChar>?) { none in body(list.baseAddress ?? none) }
        }
    }
}
