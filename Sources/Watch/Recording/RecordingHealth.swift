import Kernel
import Synchronization

/// Which cameras' recordings the disk does not take: for the screens and the metrics.
final class RecordingHealth: Sendable {
    /// Why a recording broke off.
    struct Fault: Sendable, Equatable {
        /// Whether there is no room; else the disk is broken or too slow.
        var isFull: Bool
        /// When it was last noticed.
        var at: Instant
    }

    private let faults = Mutex<[CameraID: Fault]>([:])
    private let breaks = Metrics.shared.counter(
        "zhili_recording_breaks_total", "Times that a recording broke off because the disk took nothing more")

    init() {
        let help = "Cameras whose recording the disk does not take"
        Metrics.shared.gauge("zhili_recording_faults", help) { [weak self] in Double(self?.count ?? 0) }
    }

    /// A recording broke off.
    func broke(_ camera: CameraID, isFull: Bool, at now: Instant) {
        breaks.add()
        faults.withLock { $0[camera] = Fault(isFull: isFull, at: now) }
    }

    /// A segment is on the disk, or none is wanted any more.
    func mended(_ camera: CameraID) { faults.withLock { $0[camera] = nil } }

    /// What is wrong with a camera's recording, if anything.
    func fault(of camera: CameraID) -> Fault? { faults.withLock { $0[camera] } }

    /// How many cameras are not recorded.
    var count: Int { faults.withLock { $0.count } }
}
