import Kernel
import Media
import Storage

/// Which cameras are being recorded through which sources.
actor RunningRecordings {
    private struct Running {
        var source: SourceID
        /// When it began, or gave its last segment.
        var sign: ContinuousClock.Instant
    }
    /// A call that is under way; what ended meanwhile is told by it.
    struct Attempt: Sendable { fileprivate var round: Int }

    private var running: [CameraID: Running] = [:]
    /// A source's last segment comes after its end.
    private var names: [SourceID: CameraID] = [:]
    private var round = 0
    private var endedSince: Set<SourceID> = []
    /// A recording that gives no segment for so long is none: what told of its end was missed.
    private static let patience: Duration = .seconds(120)

    var all: [CameraID: SourceID] { running.mapValues(\.source) }

    func camera(of source: SourceID) -> CameraID? { names[source] }

    func has(_ camera: CameraID) -> Bool {
        guard let known = running[camera] else { return false }
        return .now - known.sign < Self.patience
    }

    /// Before a camera is called.
    func attempt() -> Attempt {
        endedSince = []
        return Attempt(round: round)
    }

    /// After it was called.
    /// - Returns: `false` when the call ended before this.
    func began(_ camera: CameraID, _ source: SourceID, _ attempt: Attempt) -> Bool {
        guard attempt.round == round, !endedSince.contains(source) else { return false }
        running[camera] = Running(source: source, sign: .now)
        names[source] = camera
        return true
    }

    func gave(_ camera: CameraID) { running[camera]?.sign = .now }
    func stopping(_ camera: CameraID) { running[camera] = nil }

    func ended(_ source: SourceID) {
        endedSince.insert(source)
        if let camera = names[source], running[camera]?.source == source { running[camera] = nil }
    }

    func endedAll() {
        round += 1
        running = [:]
    }
}
