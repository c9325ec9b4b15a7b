import CAV
import Foundation
import Kernel
import Synchronization

/// Codes one generated picture for any number of simulated cameras, on a thread of its own.
public final class PictureFeed: Sendable {
    /// One coded picture, as annex B bytes.
    public struct Frame: Sendable {
        /// The coded bytes.
        public var bytes: [UInt8]
        /// Whether decoding may begin here.
        public var isKey: Bool
        /// Counts pictures.
        public var number: Int
    }

    private struct State {
        var next = 0
        var takers: [Int: @Sendable (Frame) -> Void] = [:]
        /// The pictures since the last key frame, with which a new taker begins, as a camera begins with a key frame.
        var group: [Frame] = []
        var isOver = false
    }

    /// Pictures a second.
    public let perSecond: Int
    /// Whether it is H.265.
    public let isHEVC: Bool
    private let state = Mutex(State())

    /// Starts coding; `nil` where libx264 (or libx265) is missing. Width and height are even, at least 560 × 160.
    /// - Parameter pace: of a replay: its moments stand in the picture in place of the running clock.
    public init?(
        width: Int = 640, height: Int = 360, perSecond: Int = 25, bitRate: Int = 800_000, isHEVC: Bool = false,
        pace: ReplayPace? = nil
    ) {
        self.perSecond = perSecond
        self.isHEVC = isHEVC
        guard
            let coder = zl_coder_new(Int32(width), Int32(height), Int32(perSecond), Int32(bitRate), isHEVC ? 1 : 0)
        else { return nil }
        let box = Box(coder: coder)
        Thread.detachNewThread { [self] in
            defer { zl_coder_free(box.coder) }
            var due = ContinuousClock.now
            var number = 0
            while !state.withLock({ $0.isOver }) {
                var (ms, stands) = (Instant.now.ms, 1 / Double(perSecond))
                if let pace {
                    guard let next = pace.next(perSecond: perSecond) else {
                        Thread.sleep(forTimeInterval: 0.02)
                        due = .now
                        continue
                    }
                    (ms, stands) = next
                }
                ClockPicture.draw(on: box.coder, width: width, height: height, number: number, ms: ms)
                var bytes: UnsafePointer<UInt8>?
                var count = 0
                var isKey: Int32 = 0
                if zl_coder_code(box.coder, Int64(number), &bytes, &count, &isKey) == 1, let bytes {
                    give(
                        Frame(
                            bytes: Array(UnsafeBufferPointer(start: bytes, count: count)), isKey: isKey == 1,
                            number: number))
                }
                number += 1
                due += .seconds(stands)
                let wait = due - ContinuousClock.now
                let seconds = Double(wait.components.seconds) + Double(wait.components.attoseconds) / 1e18
                if seconds > 0 { Thread.sleep(forTimeInterval: seconds) }
            }
        }
    }

    private struct Box: @unchecked Sendable {
        // Handed to the coding thread once and used there alone.
        let coder: OpaquePointer
    }

    private func give(_ frame: Frame) {
        let takers = state.withLock { state in
            if frame.isKey { state.group.removeAll() }
            state.group.append(frame)
            return Array(state.takers.values)
        }
        for taker in takers { taker(frame) }
    }

    /// Gives every picture from the last key frame on; the handler is called on the coding thread.
    public func take(_ handler: @escaping @Sendable (Frame) -> Void) -> Int {
        state.withLock { state in
            for frame in state.group { handler(frame) }
            state.next += 1
            state.takers[state.next] = handler
            return state.next
        }
    }

    /// Ends what ``take(_:)`` began.
    public func leave(_ number: Int) { state.withLock { $0.takers[number] = nil } }

    /// Ends the coding.
    public func stop() { state.withLock { $0.isOver = true } }
}
