import Film
import Kernel
import Storage

/// The video of a lesson, made anew here.
struct LessonVideo: Sendable, RowDecodable {
    /// How far it is.
    enum State: String, Sendable, CaseIterable, SQLConvertible {
        /// It lies there and nobody has begun.
        case waiting
        /// It is being encoded, or was when its centre stopped; it is begun again then.
        case making
        /// It can be seen.
        case ready
        /// It was not accepted; `why` says why.
        case refused
    }

    var id: ID<LessonVideo>
    var lesson: LessonID
    /// What it shows, for who does not see it.
    var words: String
    var state: State
    /// Why it was refused, a code; else empty.
    var why: String
    /// Pixels; 0 until it is ready.
    var width: Int64
    /// Pixels.
    var height: Int64
    var durationMs: Int64
    /// Bytes of the film.
    var bytes: Int64
    /// WebVTT as it is made here; empty for none.
    var captions: String
    var broughtAt: Instant

    /// Bytes that are taken; the whole of it is read before it is kept.
    static let limit = 64 << 20
    static let columns = "id, lesson, words, state, why, width, height, duration_ms, bytes, captions, brought_at"

    init(row: inout Row) throws {
        id = ID(rawValue: try row.next())
        lesson = try row.next()
        words = try row.next()
        state = try row.next()
        why = try row.next()
        width = try row.next()
        height = try row.next()
        durationMs = try row.next()
        bytes = try row.next()
        captions = try row.next()
        broughtAt = try row.next()
    }

    init(lesson: LessonID, words: String, at now: Instant) {
        id = .next()
        self.lesson = lesson
        self.words = words
        (state, why, captions, broughtAt) = (.waiting, "", "", now)
        (width, height, durationMs, bytes) = (0, 0, 0, 0)
    }

    /// Whether the lesson cannot be passed yet because nobody has seen the video.
    var isPending: Bool { state == .waiting || state == .making }

    /// Bytes as people on a poor connection want to know them.
    var megabytes: String {
        let tenths = max(1, (bytes * 10 + 500_000) / 1_000_000)
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// `2:05`
    var duration: String {
        let seconds = (durationMs + 500) / 1_000
        return "\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)"
    }
}
