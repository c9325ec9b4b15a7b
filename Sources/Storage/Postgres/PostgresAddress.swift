import CPQ

/// Where a PostgreSQL database is: `postgres://user:password@host:port/name`, with the parameters that libpq knows.
///
/// It describes itself without the password, and takes it out of what libpq says.
public struct PostgresAddress: Sendable, CustomStringConvertible {
    let url: String
    /// The address without the password, fit for logs.
    public let description: String
    private let password: String?

    /// Reads the address.
    /// - Throws: ``StorageError/unavailable(_:)`` when it is none; the text does not repeat it.
    public init(_ url: String) throws(StorageError) {
        guard url.hasPrefix("postgres://") || url.hasPrefix("postgresql://"), !url.utf8.contains(0),
            let options = PQconninfoParse(url, nil)
        else { throw .unavailable("not a PostgreSQL address; write postgres://user:password@host:port/database") }
        defer { PQconninfoFree(options) }
        var fields: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { fields[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        self.url = url
        password = fields["password"].flatMap { $0.isEmpty ? nil : $0 }
        let user = fields["user"].map { $0 + "@" } ?? ""
        let port = fields["port"].map { ":" + $0 } ?? ""
        description = "postgres://\(user)\(fields["host"] ?? "")\(port)/\(fields["dbname"] ?? "")"
    }

    /// What libpq says, without the password.
    func redacted(_ message: String) -> String {
        let text = message.split(separator: "\n").joined(separator: " ")
        guard let password else { return text }
        return text.replacing(url, with: description).replacing(password, with: "***")
    }
}
