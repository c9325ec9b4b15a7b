import Crypt
import Foundation
import Kernel
import Storage
import Web

/// One thing that somebody did or looked at.
public struct AuditEntry: Sendable {
    /// When.
    public var at: Instant
    /// Who, where it was a person.
    public var actor: StaffID?
    /// The name at that time.
    public var actorName: String
    /// Such as `site.change`.
    public var action: String
    /// Such as `sites/01…`.
    public var subject: String
    /// Why, where personal data was shown.
    public var purpose: String
    /// What, as JSON without personal data.
    public var detail: String

    /// An entry.
    public init(
        at: Instant, actor: StaffID?, actorName: String, action: String, subject: String, purpose: String = "",
        detail: String = "{}"
    ) {
        self.at = at
        self.actor = actor
        self.actorName = actorName
        self.action = action
        self.subject = subject
        self.purpose = purpose
        self.detail = detail
    }
}

/// Why the log's key cannot be used.
public struct AuditError: Error, CustomStringConvertible {
    /// In words.
    public var description: String
}

/// The hash-chained log of who did and saw what.
///
/// Each entry's hash is a keyed one (HMAC-SHA-256) over its content and the hash before it, the key lies in the data
/// folder, not in the database, and the newest hash is also written to a file beside it: who can write to the
/// database alone can change nothing unseen, not even by cutting off the end.
public struct Audit: Sendable {
    /// Where the newest number and hash are kept outside the database.
    public let anchor: URL
    /// Where the key lies.
    public let keyFile: URL
    private let key: [UInt8]

    /// Reads the key in `folder`, or makes one that only this user may read; a `key` named elsewhere must be there.
    /// - Throws: ``AuditError`` when the key cannot be read or written.
    public init(folder: URL, key named: URL? = nil) throws {
        let file = named ?? folder.appendingPathComponent("audit.key")
        keyFile = file
        anchor = folder.appendingPathComponent("audit.anchor")
        if let known = FileManager.default.contents(atPath: file.path) {
            // A damaged key is no reason to begin with a new one: the chain would seem broken.
            guard known.count == 32 else { throw AuditError(description: "\(file.path) is not a key of 32 bytes") }
            key = Array(known)
        } else if named != nil {
            throw StorageError.unavailable(
                "there is no audit key at \(file.path); copy audit.key of another node there")
        } else {
            key = try Secret.bytes(32)
            guard
                FileManager.default.createFile(
                    atPath: file.path, contents: Data(key), attributes: [.posixPermissions: 0o600])
            else { throw AuditError(description: "cannot write \(file.path)") }
        }
    }

    /// Appends, in the transaction of the change itself.
    public func record(_ entry: AuditEntry, in db: any Writing) throws {
        let head = try Head.read(in: db)
        let seq = head.seq + 1
        let hash = hash(entry, seq: seq, previous: head.hash)
        try db.execute(
            """
            INSERT INTO audit (seq, at, actor, actor_name, action, subject, purpose, detail, hash)
            VALUES (\(seq), \(entry.at), \(entry.actor?.rawValue), \(entry.actorName), \(entry.action),
            \(entry.subject), \(entry.purpose), \(entry.detail), \(hash))
            """)
        try db.execute(
            """
            INSERT INTO audit_head (id, seq, hash) VALUES (1, \(seq), \(hash))
            ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash
            """)
        db.wake("audit")
    }

    func hash(_ entry: AuditEntry, seq: Int64, previous: String) -> String {
        let fields = [
            previous, String(seq), String(entry.at.ms), entry.actor?.description ?? "", entry.actorName, entry.action,
            entry.subject, entry.purpose, entry.detail,
        ]
        var bytes: [UInt8] = []
        for field in fields {
            // The length before each field: no two entries have the same bytes.
            bytes += Array("\(field.utf8.count):".utf8) + Array(field.utf8)
        }
        return Secret.hex(Digest.hmacSHA256(key: key, bytes))
    }

    /// What was done with or seen of one thing, newest first, for who is asked by the person concerned.
    public static func entries(about subject: String, limit: Int, in db: any Reading) throws -> [AuditEntry] {
        try db.all(
            AuditRow.self,
            "SELECT \(raw: AuditRow.columns) FROM audit WHERE subject = \(subject) ORDER BY seq DESC LIMIT \(limit)"
        ).map(\.entry)
    }

    struct Head: RowDecodable {
        var seq: Int64
        var hash: String
        init(seq: Int64, hash: String) {
            self.seq = seq
            self.hash = hash
        }
        init(row: inout Row) throws {
            seq = try row.next()
            hash = try row.next()
        }
        static func read(in db: any Reading) throws -> Head {
            try db.first(Head.self, "SELECT seq, hash FROM audit_head WHERE id = 1") ?? Head(seq: 0, hash: "")
        }
    }
}

/// One row of the log.
public struct AuditRow: Sendable, RowDecodable {
    /// Its place in the chain, from 1.
    public var seq: Int64
    /// What was recorded.
    public var entry: AuditEntry
    /// Its keyed hash.
    public var hash: String

    static let columns = "seq, at, actor, actor_name, action, subject, purpose, detail, hash"

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        seq = try row.next()
        entry = AuditEntry(
            at: try row.next(), actor: try row.next(Int64?.self).map(StaffID.init(rawValue:)),
            actorName: try row.next(), action: try row.next(), subject: try row.next(), purpose: try row.next(),
            detail: try row.next())
        hash = try row.next()
    }
}
