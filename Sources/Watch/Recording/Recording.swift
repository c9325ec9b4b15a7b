import Kernel
import Storage

/// A piece of a recording in the index.
struct Segment: Sendable, RowDecodable {
    typealias Number = ID<Segment>
    var id: Number
    var camera: CameraID
    var start: Instant
    var end: Instant
    var file: String
    var bytes: Int64
    var codec: String

    init(row: inout Row) throws {
        id = try row.next()
        camera = try row.next()
        start = try row.next()
        end = try row.next()
        file = try row.next()
        bytes = try row.next()
        codec = try row.next()
    }

    static let columns = "id, camera, start_at, end_at, file, bytes, codec"
}

/// What a camera's pictures are kept for.
enum RecordingMode: String, Sendable, Codable, CaseIterable, SQLConvertible {
    /// Nothing.
    case off
    /// Everything, for so many days.
    case continuous
    /// From a minute before an alarm of the camera until three minutes after it.
    case event
}

/// How one camera is recorded.
struct RecordingRule: Sendable, RowDecodable {
    var camera: CameraID
    var mode: RecordingMode
    /// 1…180.
    var keepDays: Int

    init(camera: CameraID, mode: RecordingMode, keepDays: Int) {
        self.camera = camera
        self.mode = mode
        self.keepDays = keepDays
    }

    init(row: inout Row) throws {
        camera = try row.next()
        mode = try row.next()
        keepDays = try row.next()
    }
}

/// A piece of a recording that was taken out of the house, or is kept for a case.
struct Clip: Sendable, RowDecodable {
    typealias Number = ID<Clip>
    var id: Number
    var camera: CameraID
    var from: Instant
    var to: Instant
    var caseID: CaseID?
    var sha256: String
    var bytes: Int64
    var reason: String
    var madeBy: String
    var madeAt: Instant

    static let columns = "id, camera, from_at, to_at, case_id, sha256, bytes, reason, made_by, made_at"

    init(
        id: Number, camera: CameraID, from: Instant, to: Instant, caseID: CaseID?, sha256: String, bytes: Int64,
        reason: String, madeBy: String, madeAt: Instant
    ) {
        self.id = id
        self.camera = camera
        self.from = from
        self.to = to
        self.caseID = caseID
        self.sha256 = sha256
        self.bytes = bytes
        self.reason = reason
        self.madeBy = madeBy
        self.madeAt = madeAt
    }

    init(row: inout Row) throws {
        id = try row.next()
        camera = try row.next()
        from = try row.next()
        to = try row.next()
        caseID = try row.next()
        sha256 = try row.next()
        bytes = try row.next()
        reason = try row.next()
        madeBy = try row.next()
        madeAt = try row.next()
    }
}
