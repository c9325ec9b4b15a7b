import CAV
import Dispatch
import Media
import Synchronization

/// libav's way from H.265 to H.264, on a thread of its own. What it cannot keep up with it does not take.
final class Transcoder: Sendable {
    /// An access unit of H.264 in annex B form, and its time at 90 kHz.
    struct Coded: Sendable {
        var unit: [UInt8]
        var time: Int64
    }

    private struct Box: @unchecked Sendable {
        // Used on the queue alone, and freed when nothing can be on it any more.
        let pointer: OpaquePointer
    }

    /// Pixels a line; wider pictures are made smaller.
    private static let mostWidth: Int32 = 1_280
    /// So many pictures may wait: about a second.
    private static let mostWaiting = 25

    private let box: Box
    private let queue = DispatchQueue(label: "zhili.transcode", qos: .utility)
    private let waiting = Atomic<Int>(0)

    /// `nil` where a coding is missing.
    init?() {
        guard let pointer = zl_transcoder_new(Self.mostWidth) else { return nil }
        box = Box(pointer: pointer)
    }

    deinit { zl_transcoder_free(box.pointer) }

    /// Takes an access unit of H.265 in annex B form with its time at 90 kHz; `then` is told on the coder's thread what
    /// became of it, or `nil` when nothing more will come.
    /// - Returns: whether it was taken; what was not is lost to the pictures after it.
    func put(_ unit: [UInt8], time: Int64, then: @escaping @Sendable ([Coded]?) -> Void) -> Bool {
        guard waiting.load(ordering: .relaxed) < Self.mostWaiting else { return false }
        waiting.add(1, ordering: .relaxed)
        queue.async { [self] in
            then(code(unit, time))
            waiting.subtract(1, ordering: .relaxed)
        }
        return true
    }

    private func code(_ unit: [UInt8], _ time: Int64) -> [Coded]? {
        // A picture that cannot be decoded is passed over, as players do; the next key frame mends it.
        guard zl_transcoder_put(box.pointer, unit, unit.count, time) >= 0 else { return [] }
        var result: [Coded] = []
        while true {
            var bytes: UnsafePointer<UInt8>?
            var count = 0
            var time: Int64 = 0
            let found = zl_transcoder_next(box.pointer, &bytes, &count, &time)
            if found < 0 { return nil }
            guard found > 0, let bytes else { return result }
            result.append(Coded(unit: Array(UnsafeBufferPointer(start: bytes, count: count)), time: time))
        }
    }
}
