import Crypt
import Foundation
import HTTPTypes
import Kernel
import Media
import Storage
import Synchronization
import Web

extension Permission {
    /// Watches recordings, which is put on record.
    static let recordingWatch = Permission("recording.watch", [.officer, .leader])
    /// Takes a piece of a recording out of the house.
    static let recordingExport = Permission("recording.export", [.officer, .leader])
    /// Says what is recorded and for how long.
    static let recordingRule = Permission("recording.rule", [.leader, .admin])
}

/// Recordings: rules, replay, clips.
struct RecordingRoutes {
    let desk: any WatchDesk
    let folder: URL
    let health: RecordingHealth
    private let grants = ReplayGrants()

    init(desk: any WatchDesk, folder: URL, health: RecordingHealth) {
        self.desk = desk
        self.folder = folder
        self.health = health
    }

    func add(to routes: inout Routes) {
        routes.get("/cameras/{id}/replay", .needs(.recordingWatch), "A camera's recordings on a timeline") { call in
            let camera = try await find(call)
            let rule = try await call.database.read { db in try RecordingStore.rule(of: camera.id, in: db) }
            let caller = try call.signedIn()
            return try call.page(
                "replay", title: call.word("watch.replay.title", ["name": camera.title]),
                [
                    "id": camera.id.description, "name": camera.title, "viewer": caller.name,
                    "fault": health.fault(of: camera.id).map { fault in
                        call.word(
                            fault.isFull ? "watch.recording.full" : "watch.recording.broken",
                            ["time": String(fault.at.text.suffix(8))])
                    } ?? "",
                    "canRule": caller.may(.recordingRule), "keepDays": "\(rule.keepDays)",
                    "modes": RecordingMode.allCases.map { mode -> [String: Any] in
                        [
                            "value": mode.rawValue, "label": call.word("watch.mode.\(mode.rawValue)"),
                            "selected": mode == rule.mode,
                        ]
                    },
                    "speeds": ["0.5", "1", "2", "4", "8"].map {
                        ["speed": $0, "selected": $0 == "1"] as [String: Any]
                    },
                ])
        }
        routes.get("/api/v1/cameras/{id}/recording", .needs(.recordingWatch), "What is recorded of a camera") { call in
            let camera = try await find(call)
            return try .json(
                RuleView(
                    try await call.database.read { try RecordingStore.rule(of: camera.id, in: $0) },
                    health.fault(of: camera.id)))
        }
        routes.put(
            "/api/v1/cameras/{id}/recording", .needs(.recordingRule), "Says what is recorded of a camera",
            shapes: Shapes(
                takes: .object(
                    ["mode": .oneOf(RecordingMode.allCases.map(\.rawValue)), "keepDays": .integer], required: ["mode"]))
        ) { call in try await rule(call) }
        routes.post(
            "/api/v1/cameras/{id}/replay", .needs(.recordingWatch),
            "Opens a time of a recording for an hour, on record; gives its segments and the camera's alarms",
            shapes: Shapes(takes: .object(["from": .time, "to": .time, "reason": .text], required: ["from", "to"]))
        ) { call in try await replay(call) }
        routes.get(
            "/api/v1/recordings/{id}", .needs(.recordingWatch), "A segment's MP4, once its time was opened"
        ) { call in try await segment(call) }
        routes.post(
            "/api/v1/cameras/{id}/clips", .needs(.recordingExport),
            "Cuts a clip of at most ten minutes, on record, with its SHA-256; one of a case is kept while that is open",
            shapes: Shapes(
                takes: .object(
                    ["from": .time, "to": .time, "reason": .text, "caseId": .id], required: ["from", "to", "reason"]))
        ) { call in try await clip(call) }
        routes.get("/api/v1/clips/{id}/file", .needs(.recordingExport), "A clip's MP4, on record") { call in
            try await file(call)
        }
    }

    private struct RuleView: Encodable {
        var mode: String
        var keepDays: Int
        /// Why the disk does not take it: `full` or `broken`; and when that was last noticed.
        var fault: String?
        var faultAt: String?

        init(_ rule: RecordingRule, _ found: RecordingHealth.Fault?) {
            mode = rule.mode.rawValue
            keepDays = rule.keepDays
            fault = found.map { $0.isFull ? "full" : "broken" }
            faultAt = found?.at.rfc3339
        }
    }

    private func find(_ call: Call) async throws -> Camera {
        let id: CameraID = try call.id()
        let caller = try call.signedIn()
        return try await call.database.read { db in
            guard let camera = try CameraStore.find(id, in: db), caller.sees(camera) else { throw Problem.notFound }
            return camera
        }
    }

    private struct RuleBody: Codable {
        var mode: RecordingMode
        var keepDays: Int?
    }

    private func rule(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let body: RuleBody = try call.json()
        let camera = try await find(call)
        var check = FieldCheck()
        let days = body.keepDays ?? 30
        check.expect((1...180).contains(days), "keepDays", "out-of-range")
        try check.finish()
        let rule = RecordingRule(camera: camera.id, mode: body.mode, keepDays: days)
        try await call.database.write { [desk] db in
            try RecordingStore.save(rule, at: .now, in: db)
            try desk.audit(
                "recording.rule", subject: "cameras/\(camera.id)", by: caller.watcher, purpose: rule.mode.rawValue,
                at: .now, in: db)
        }
        return try .json(RuleView(rule, health.fault(of: camera.id)))
    }

    private struct Span: Codable {
        var from: String
        var to: String
        var reason: String?
        var caseId: String?

        /// The time, checked against `longest` milliseconds.
        func times(longest: Int64, _ check: inout FieldCheck) -> (Instant, Instant) {
            let (start, end) = (Instant(from), Instant(to))
            check.expect(start != nil, "from", "invalid")
            check.expect(end != nil, "to", "invalid")
            guard let start, let end else { return (.now, .now) }
            check.expect(end > start && end - start <= longest, "to", "out-of-range")
            return (start, end)
        }
    }

    private struct SegmentView: Encodable {
        var id: String
        var from: String
        var to: String
        var codec: String
        var url: String
    }
    private struct Replay: Encodable {
        var items: [SegmentView]
        var alarms: [String]
    }

    private func replay(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let body: Span = try call.json()
        let camera = try await find(call)
        var check = FieldCheck()
        let (from, to) = body.times(longest: CivilTime.dayMs, &check)
        let reason = check.text(body.reason ?? "", "reason", 0...200)
        try check.finish()
        let (segments, alarms) = try await call.database.write { [desk] db in
            try desk.audit(
                "recording.watch", subject: "cameras/\(camera.id)", by: caller.watcher,
                purpose: "\(from.rfc3339)/\(to.rfc3339) \(reason)", at: .now, in: db)
            return (
                try RecordingStore.segments(of: camera.id, from: from, to: to, limit: 9_000, in: db),
                try RecordingStore.alarms(of: camera.id, from: from, to: to, in: db)
            )
        }
        grants.allow(caller.id, camera.id, from..<to, at: .now)
        let items = segments.map {
            SegmentView(
                id: $0.id.description, from: $0.start.rfc3339, to: $0.end.rfc3339, codec: $0.codec,
                url: "/api/v1/recordings/\($0.id)")
        }
        return try .json(Replay(items: items, alarms: alarms.map(\.rfc3339)))
    }

    private func segment(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let id: Segment.Number = try call.id()
        guard let segment = try await call.database.read({ db in try RecordingStore.find(id, in: db) }),
            grants.allows(caller.id, segment.camera, segment.start..<segment.end, at: .now)
        else { throw Problem.notFound }
        let bytes = try await read(
            folder.appendingPathComponent(segment.camera.description).appendingPathComponent(segment.file))
        return .bytes(bytes, type: "video/mp4").with("Cache-Control", "private, max-age=3600")
    }

    private func read(_ file: URL) async throws -> [UInt8] {
        let found: [UInt8]? = await withCheckedContinuation { done in
            DispatchQueue.global().async {
                done.resume(returning: FileManager.default.contents(atPath: file.path).map(Array.init))
            }
        }
        guard let found else { throw Problem.notFound }
        return found
    }

    private struct ClipView: Codable, Sendable {
        var id: String
        var sha256: String
        var bytes: Int64
        var url: String
    }

    private func clip(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let body: Span = try call.json()
        let camera = try await find(call)
        var check = FieldCheck()
        let (from, to) = body.times(longest: 600_000, &check)
        let reason = check.text(body.reason, "reason", 2...200)
        let caseID = body.caseId.flatMap { $0.isEmpty ? nil : CaseID($0) }
        check.expect(body.caseId ?? "" == "" || caseID != nil, "caseId", "invalid")
        try check.finish()
        let segments = try await call.database.read { db in
            try RecordingStore.segments(of: camera.id, from: from, to: to, limit: 100, in: db)
        }
        var writer = ClipWriter()
        for segment in segments {
            let bytes = try await read(
                folder.appendingPathComponent(camera.id.description).appendingPathComponent(segment.file))
            guard writer.bytes.count + bytes.count < 512 << 20 else { throw Problem(413, "too-large") }
            guard writer.append(bytes, start: (segment.start - from) * 90, from: 0, to: (to - from) * 90) else {
                throw Problem.conflict("watch.mixed-formats")
            }
        }
        guard !writer.bytes.isEmpty else { throw Problem.conflict("watch.nothing-recorded") }
        let made = writer.bytes
        let clip = Clip(
            id: .next(), camera: camera.id, from: from, to: to, caseID: caseID,
            sha256: Secret.hex(Digest.sha256(made)), bytes: Int64(made.count), reason: reason, madeBy: caller.name,
            madeAt: .now)
        let file = folder.appendingPathComponent("clips").appendingPathComponent("\(clip.id).mp4")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(made).write(to: file, options: .atomic)
        let view = try await call.once { [desk] db in
            try RecordingStore.add(clip, in: db)
            try desk.audit(
                "recording.export", subject: "clips/\(clip.id)", by: caller.watcher,
                purpose: "\(reason) sha256=\(clip.sha256) \(from.rfc3339)/\(to.rfc3339) cameras/\(camera.id)",
                at: clip.madeAt, in: db)
            return ClipView(
                id: clip.id.description, sha256: clip.sha256, bytes: clip.bytes, url: "/api/v1/clips/\(clip.id)/file")
        }
        // A repeat is answered with the first clip; the one that was cut for it is not kept.
        if view.id != clip.id.description { try? FileManager.default.removeItem(at: file) }
        return try .json(view, status: 201)
    }

    private func file(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let id: Clip.Number = try call.id()
        let (clip, camera) = try await call.database.read { db in
            guard let clip = try RecordingStore.clip(id, in: db),
                let camera = try CameraStore.find(clip.camera, in: db),
                caller.sees(camera)
            else { throw Problem.notFound }
            return (clip, camera)
        }
        let bytes = try await read(folder.appendingPathComponent("clips").appendingPathComponent("\(clip.id).mp4"))
        guard Secret.hex(Digest.sha256(bytes)) == clip.sha256 else { throw Problem.conflict("watch.clip-altered") }
        try await call.database.write { [desk] db in
            try desk.audit(
                "recording.download", subject: "clips/\(clip.id)", by: caller.watcher, purpose: clip.reason, at: .now,
                in: db)
        }
        return .bytes(bytes, type: "video/mp4", name: "\(camera.title) \(clip.from.text).mp4")
            .with("X-Content-SHA256", clip.sha256)
    }
}

/// Which times of which recordings somebody has opened, on record, within the last hour.
private final class ReplayGrants: Sendable {
    private struct Grant {
        var staff: StaffID
        var camera: CameraID
        var time: Range<Instant>
        var until: Instant
    }
    private let grants = Mutex<[Grant]>([])
    private static let most = 2_000

    func allow(_ staff: StaffID, _ camera: CameraID, _ time: Range<Instant>, at now: Instant) {
        grants.withLock { grants in
            grants.removeAll { $0.until < now }
            if grants.count >= Self.most { grants.removeFirst() }
            grants.append(Grant(staff: staff, camera: camera, time: time, until: now + 3_600_000))
        }
    }

    func allows(_ staff: StaffID, _ camera: CameraID, _ time: Range<Instant>, at now: Instant) -> Bool {
        grants.withLock { grants in
            grants.contains {
                $0.staff == staff && $0.camera == camera && $0.until > now && $0.time.overlaps(time)
            }
        }
    }
}
