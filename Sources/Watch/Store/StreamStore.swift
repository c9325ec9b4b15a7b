import Crypt
import Foundation
import GB28181
import Kernel
import SIP
import Storage

/// The tables of cameras that are pulled by their address. Addresses and passwords lie there sealed with a key of the
/// data folder, each bound to its camera.
struct StreamStore: Sendable {
    private let key: [UInt8]

    /// - Parameter folder: where `cameras.key` lies or is made; without one the key lasts as long as the process.
    init(folder: URL?) throws {
        guard let folder else {
            key = try Secret.bytes(Cipher.keyLength)
            return
        }
        let file = folder.appendingPathComponent("cameras.key")
        if let known = FileManager.default.contents(atPath: file.path), known.count == Cipher.keyLength {
            key = Array(known)
            return
        }
        key = try Secret.bytes(Cipher.keyLength)
        guard
            FileManager.default.createFile(
                atPath: file.path, contents: Data(key), attributes: [.posixPermissions: 0o600])
        else { throw StorageError.unavailable("cannot write \(file.path)") }
    }

    private func context(_ camera: CameraID) -> [UInt8] { Array("cameras/\(camera)".utf8) }

    /// A camera's stream; `nil` where it is none that is pulled.
    /// - Throws: a ``Problem`` when it was sealed with another key than this data folder's.
    func find(_ camera: CameraID, in db: any Reading) throws -> NetStream? {
        guard let text = try db.value(String.self, "SELECT sealed FROM watch_stream WHERE camera = \(camera)") else {
            return nil
        }
        return try open(text, camera)
    }

    private func open(_ text: String, _ camera: CameraID) throws -> NetStream {
        guard let sealed = Secret.bytes(hex: text),
            let bytes = Cipher.open(sealed, key: key, context: context(camera)),
            let stream = try? JSONDecoder().decode(NetStream.self, from: Data(bytes))
        else { throw Problem.conflict("watch.stream-sealed") }
        return stream
    }

    /// All of them with their devices; those sealed with another key are left out.
    func all(in db: any Reading) throws -> [(device: WatchDeviceID, stream: NetStream)] {
        var found: [(WatchDeviceID, NetStream)] = []
        try db.query(
            """
            SELECT s.camera, c.device, s.sealed FROM watch_stream s JOIN camera c ON c.id = s.camera
            ORDER BY s.camera LIMIT 5000
            """
        ) { row in
            let (camera, device): (CameraID, WatchDeviceID) = (try row.next(), try row.next())
            if let stream = try? open(try row.next(), camera) { found.append((device, stream)) }
            return true
        }
        return found
    }

    /// Seals a password so that a form may carry it to its next step: for ten minutes, for whom and what `purpose` names.
    func sealed(_ password: String, for purpose: String, at now: Instant) throws -> String {
        let bytes = Array("\(now.ms + 600_000) \(password)".utf8)
        return Secret.hex(try Cipher.seal(bytes, key: key, context: Array("forms/\(purpose)".utf8)))
    }

    /// What ``sealed(_:for:at:)`` made, while it holds.
    func opened(_ text: String, for purpose: String, at now: Instant) -> String? {
        guard text.utf8.count <= 1_024, let sealed = Secret.bytes(hex: text),
            let bytes = Cipher.open(sealed, key: key, context: Array("forms/\(purpose)".utf8))
        else { return nil }
        let parts = String(decoding: bytes, as: UTF8.self).split(
            separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let until = Int64(parts[0]), now.ms < until else { return nil }
        return String(parts[1])
    }

    func save(_ stream: NetStream, of camera: CameraID, at now: Instant, in db: any Writing) throws {
        let bytes = Array(try JSONEncoder().encode(stream))
        let sealed = Secret.hex(try Cipher.seal(bytes, key: key, context: context(camera)))
        try db.execute(
            """
            INSERT INTO watch_stream (camera, host, sealed, changed_at)
            VALUES (\(camera), \(stream.place?.host ?? ""), \(sealed), \(now))
            ON CONFLICT (camera) DO UPDATE SET host = excluded.host, sealed = excluded.sealed,
              changed_at = excluded.changed_at
            """)
    }

    /// Puts a camera with a device of its own into the register; its digits are the next free ones of the platform.
    func add(
        _ stream: NetStream, name: String, place: PlaceKind, point: GeoPoint?, area: AreaID?, canMove: Bool = false,
        platform: GBID, at now: Instant, in db: any Writing
    ) throws -> Camera {
        guard let gbID = try Self.free(platform, in: db) else { throw Problem.conflict("watch.numbers-used-up") }
        let device = WatchDevice(
            id: .next(), gbID: gbID, name: name, area: area, transport: stream.overUDP ? .udp : .tcpActive,
            algorithm: .md5, ha1: "")
        try WatchDeviceStore.save(device, at: now, in: db)
        try db.execute("UPDATE watch_device SET way = 'rtsp', registered_at = \(now) WHERE id = \(device.id)")
        let item = CatalogItem(
            id: gbID, name: name, parent: gbID, isOn: true, point: point, ptzType: canMove ? 1 : 3)
        try CameraStore.upsert(item, of: device, area: area, at: now, in: db)
        guard var camera = try CameraStore.find(gbID.description, of: device.id, in: db) else { throw Problem.notFound }
        camera.place = place
        try CameraStore.save(camera, at: now, in: db)
        try save(stream, of: camera.id, at: now, in: db)
        return camera
    }

    /// The next digits that nothing has: the platform's domain, a camera (132), and a network of our own (7).
    private static func free(_ platform: GBID, in db: any Reading) throws -> GBID? {
        let prefix = platform.domain + "1327"
        let last = try ["watch_device", "camera"].compactMap { table in
            try db.value(
                String?.self,
                "SELECT MAX(gb_id) FROM \(raw: table) WHERE gb_id >= \(prefix + "000000") AND gb_id <= \(prefix + "999999")"
            ) ?? nil
        }.max()
        let serial = last.flatMap { Int($0.suffix(6)) } ?? 0
        guard serial < 999_999 else { return nil }
        let text = String(serial + 1)
        return GBID(prefix + String(repeating: "0", count: 6 - text.count) + text)
    }

    /// Takes a camera out, and its secrets for good. One whose recordings are kept stays as missing, because they and
    /// their cases speak of it.
    static func remove(_ camera: Camera, in db: any Writing) throws {
        try db.execute("DELETE FROM watch_stream WHERE camera = \(camera.id)")
        try db.execute("DELETE FROM watch_recording WHERE camera = \(camera.id)")
        let isKept = try ["watch_segment", "watch_clip"].contains { table in
            try db.value(Int64.self, "SELECT 1 FROM \(raw: table) WHERE camera = \(camera.id) LIMIT 1") != nil
        }
        guard isKept else { return try WatchDeviceStore.delete(camera.device, in: db) }
        try CameraStore.setMissing(camera.gbID, of: camera.device, in: db)
        try db.execute("UPDATE watch_device SET online = 0 WHERE id = \(camera.device)")
    }
}
