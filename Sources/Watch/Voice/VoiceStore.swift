import Kernel
import Storage
import Web

/// Names one thing that was said.
typealias VoiceID = ID<VoiceRecord>

/// What was said to whom, by whom, and why: the proof.
struct VoiceRecord: Sendable, RowDecodable {
    /// How it is said.
    enum Kind: String, Sendable, Codable, CaseIterable, SQLConvertible {
        /// Into the microphone. What is said is not kept.
        case talk
        /// A text, spoken by the machine.
        case text
        /// A recording that is kept.
        case recording
    }

    var id: VoiceID
    var at: Instant
    var person: String
    var kind: Kind
    var text: String
    var reason: String
    var caseID: CaseID?
    var isUrgent: Bool
    var endedAt: Instant?

    static let columns = "id, at, person, kind, text, reason, case_id, urgent, ended_at"

    init(
        id: VoiceID, at: Instant, person: String, kind: Kind, text: String, reason: String, caseID: CaseID?,
        isUrgent: Bool
    ) {
        self.id = id
        self.at = at
        self.person = person
        self.kind = kind
        self.text = text
        self.reason = reason
        self.caseID = caseID
        self.isUrgent = isUrgent
    }

    init(row: inout Row) throws {
        id = try row.next()
        at = try row.next()
        person = try row.next()
        kind = try row.next()
        text = try row.next()
        reason = try row.next()
        caseID = try row.next()
        isUrgent = try row.next()
        endedAt = try row.next()
    }
}

/// One speaker of a voice.
struct VoiceSpeaker: Sendable, RowDecodable {
    var camera: CameraID
    var name: String
    var state: VoiceState

    init(camera: CameraID, name: String, state: VoiceState) {
        self.camera = camera
        self.name = name
        self.state = state
    }

    init(row: inout Row) throws {
        camera = try row.next()
        name = try row.next()
        state = VoiceState()
        state.stage = try row.next()
        state.failure = try row.next()
        state.agreedAt = try row.next()
        state.connectedAt = try row.next()
        state.spokenMs = try row.next()
    }
}

enum VoiceStore {
    /// - Parameter home: the node that speaks, by ``Home``.
    static func insert(
        _ record: VoiceRecord, _ speakers: [(CameraID, name: String)], from home: String, in db: any Writing
    ) throws {
        try db.execute(
            """
            INSERT INTO watch_voice (\(raw: VoiceRecord.columns), home) VALUES (\(record.id), \(record.at),
            \(record.person), \(record.kind), \(record.text), \(record.reason), \(record.caseID), \(record.isUrgent),
            \(record.endedAt), \(home))
            """)
        for (camera, name) in speakers {
            try db.execute(
                """
                INSERT INTO watch_voice_speaker (voice, camera, name, stage, spoken_ms)
                VALUES (\(record.id), \(camera), \(name), \(VoiceStage.asked), 0)
                """)
        }
    }

    static func set(_ state: VoiceState, of camera: CameraID, _ id: VoiceID, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE watch_voice_speaker SET stage = \(state.stage), failure = \(state.failure),
            agreed_at = \(state.agreedAt), connected_at = \(state.connectedAt), spoken_ms = \(state.spokenMs)
            WHERE voice = \(id) AND camera = \(camera)
            """)
    }

    static func end(_ id: VoiceID, at now: Instant, in db: any Writing) throws {
        try db.execute("UPDATE watch_voice SET ended_at = \(now) WHERE id = \(id) AND ended_at IS NULL")
    }

    /// What a run of the node before this one left open is over: nobody speaks any more.
    static func endForgotten(of home: String, at now: Instant, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE watch_voice_speaker SET stage = \(VoiceStage.failed), failure = \(VoiceFailure.media)
            WHERE stage IN ('asked', 'agreed', 'connected')
            AND voice IN (SELECT id FROM watch_voice WHERE ended_at IS NULL AND home IN (\(home), ''))
            """)
        try db.execute("UPDATE watch_voice SET ended_at = \(now) WHERE ended_at IS NULL AND home IN (\(home), '')")
    }

    static func find(_ id: VoiceID, in db: any Reading) throws -> VoiceRecord? {
        try db.first(VoiceRecord.self, "SELECT \(raw: VoiceRecord.columns) FROM watch_voice WHERE id = \(id)")
    }

    /// Newest first.
    static func list(before: VoiceID?, limit: Int, in db: any Reading) throws -> [VoiceRecord] {
        let condition: SQL = before.map { "WHERE id < \($0)" } ?? ""
        return try db.all(
            VoiceRecord.self,
            "SELECT \(raw: VoiceRecord.columns) FROM watch_voice \(condition) ORDER BY id DESC LIMIT \(limit)")
    }

    static func speakers(of ids: [VoiceID], in db: any Reading) throws -> [VoiceID: [VoiceSpeaker]] {
        var result: [VoiceID: [VoiceSpeaker]] = [:]
        try db.query(
            """
            SELECT voice, camera, name, stage, failure, agreed_at, connected_at, spoken_ms FROM watch_voice_speaker
            WHERE voice IN \(list: ids) ORDER BY voice, name, camera
            """
        ) { row in
            let voice: VoiceID = try row.next()
            result[voice, default: []].append(try VoiceSpeaker(row: &row))
            return true
        }
        return result
    }
}
