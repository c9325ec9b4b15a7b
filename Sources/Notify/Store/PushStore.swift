import Crypt
import Kernel
import Storage
import WebPush

/// A browser that somebody has allowed to be notified.
struct PushDevice: Sendable, RowDecodable {
    var id: ID<PushDevice>
    var staff: StaffID
    /// Where the push service takes messages for it; who knows it may send there, so it is told to nobody.
    var endpoint: String
    var point: String
    var secret: String
    var createdAt: Instant

    static let columns = "id, staff, endpoint, point, secret, created_at"

    init(row: inout Row) throws {
        id = try row.next()
        staff = try row.next()
        endpoint = try row.next()
        point = try row.next()
        secret = try row.next()
        createdAt = try row.next()
    }
}

/// Browsers that may be notified, and the key by which push services know the centre.
enum PushStore {
    /// Browsers of one person; the oldest goes where there would be more.
    static let most = 10

    static func devices(of staff: StaffID, in db: any Reading) throws -> [PushDevice] {
        try db.all(
            PushDevice.self,
            """
            SELECT \(raw: PushDevice.columns) FROM push_device WHERE staff = \(staff) ORDER BY created_at DESC, id DESC
            LIMIT \(Int64(most))
            """)
    }

    /// Keeps a browser for whoever uses it now: a shared phone notifies its last user alone.
    static func save(
        _ endpoint: String, point: String, secret: String, of staff: StaffID, at now: Instant, in db: any Writing
    ) throws -> ID<PushDevice> {
        let id = ID<PushDevice>.next()
        try db.execute("DELETE FROM push_device WHERE endpoint = \(endpoint)")
        try db.execute(
            """
            INSERT INTO push_device (\(raw: PushDevice.columns))
            VALUES (\(id), \(staff), \(endpoint), \(point), \(secret), \(now))
            """)
        for old in try db.values(
            ID<PushDevice>.self,
            """
            SELECT id FROM push_device WHERE staff = \(staff) ORDER BY created_at DESC, id DESC
            LIMIT 100 OFFSET \(Int64(most))
            """)
        { try remove(old, in: db) }
        return id
    }

    static func remove(_ id: ID<PushDevice>, in db: any Writing) throws {
        try db.execute("DELETE FROM push_device WHERE id = \(id)")
    }

    /// Forgets a browser of one person; whether there was one.
    static func remove(_ id: ID<PushDevice>, of staff: StaffID, in db: any Writing) throws -> Bool {
        try db.execute("DELETE FROM push_device WHERE id = \(id) AND staff = \(staff)") > 0
    }

    /// The key by which push services know the centre, made at the first need. A new one would end every subscription.
    static func key(in db: any Writing) throws -> CurveKey {
        if let kept = try db.value(String.self, "SELECT private_key FROM push_key WHERE id = 1"),
            let bytes = Secret.bytes(hex: kept)
        {
            return try CurveKey(privateKey: bytes)
        }
        let key = try CurveKey()
        try db.execute("INSERT INTO push_key (id, private_key) VALUES (1, \(Secret.hex(key.privateKey)))")
        return key
    }
}
