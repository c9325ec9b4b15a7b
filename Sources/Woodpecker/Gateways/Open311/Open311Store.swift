import Crypt
import Kernel
import Storage

/// Keys of programs that may report, and updates of other systems.
enum Open311Store {
    struct Update: Sendable, RowDecodable {
        var id: Int64
        var caseID: CaseID
        var theirs: String
        var status: String
        var at: Instant
        init(row: inout Row) throws {
            id = try row.next()
            caseID = try row.next()
            theirs = try row.next()
            status = try row.next()
            at = try row.next()
        }
    }

    static func addKey(_ key: String, name: String, at now: Instant, in db: any Writing) throws {
        try db.execute("INSERT INTO open311_key (key_hash, name, made_at) VALUES (\(hash(key)), \(name), \(now))")
    }

    static func holds(_ key: String, in db: any Reading) throws -> Bool {
        try db.value(Int64.self, "SELECT made_at FROM open311_key WHERE key_hash = \(hash(key))") != nil
    }

    static func names(in db: any Reading) throws -> [String] {
        try db.values(String.self, "SELECT name FROM open311_key ORDER BY made_at LIMIT 200")
    }

    /// Keeps an update; the same one once more is the same.
    static func add(_ id: Int64, _ caseID: CaseID, theirs: String, status: String, at now: Instant, in db: any Writing)
        throws -> Int64
    {
        try db.execute(
            """
            INSERT INTO open311_update (id, case_id, theirs, status, at) VALUES (\(id), \(caseID), \(theirs),
            \(status), \(now)) ON CONFLICT (case_id, theirs) DO NOTHING
            """)
        return try db.value(
            Int64.self, "SELECT id FROM open311_update WHERE case_id = \(caseID) AND theirs = \(theirs)") ?? id
    }

    /// Seals the words of an update to somebody who handles its case.
    static func seal(_ update: Int64, _ words: String, to holder: Holder, in db: any Writing) throws {
        guard let receiver = try KeyStore.publicKey(holder, in: db) else { return }
        let sealed = try SealedBox.seal(
            Padding.add(Array(words.utf8), step: 512), to: receiver, context: "open311 \(update)")
        try db.execute(
            """
            INSERT INTO open311_text (update_id, holder, sealed) VALUES (\(update), \(holder), \(sealed))
            ON CONFLICT (update_id, holder) DO NOTHING
            """)
    }

    /// Updates of a case, oldest first.
    static func updates(of id: CaseID, in db: any Reading) throws -> [Update] {
        try db.all(
            Update.self,
            "SELECT id, case_id, theirs, status, at FROM open311_update WHERE case_id = \(id) ORDER BY at, id LIMIT 200"
        )
    }

    static func sealed(_ update: Int64, for holder: Holder, in db: any Reading) throws -> [UInt8]? {
        try db.value([UInt8].self, "SELECT sealed FROM open311_text WHERE update_id = \(update) AND holder = \(holder)")
    }

    static func drop(_ holder: Holder, of id: CaseID, in db: any Writing) throws {
        try db.execute(
            """
            DELETE FROM open311_text WHERE holder = \(holder)
            AND update_id IN (SELECT id FROM open311_update WHERE case_id = \(id))
            """)
    }

    /// Destroys what updates of a case said.
    static func erase(_ id: CaseID, in db: any Writing) throws {
        try db.execute(
            "DELETE FROM open311_text WHERE update_id IN (SELECT id FROM open311_update WHERE case_id = \(id))")
    }

    static func updates(from: Instant, to: Instant, in db: any Reading) throws -> [Update] {
        try db.all(
            Update.self,
            """
            SELECT id, case_id, theirs, status, at FROM open311_update WHERE at BETWEEN \(from) AND \(to)
            ORDER BY at, id LIMIT 1000
            """)
    }

    private static func hash(_ key: String) -> String { Secret.hex(Digest.sha256(Array(key.utf8))) }
}
