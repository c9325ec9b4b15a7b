import GB28181
import Kernel
import Synchronization

/// Which moment of a recording is played, and how fast.
public final class ReplayPace: Sendable {
    private struct State {
        var position: Double
        var speed: Double
        var isPaused = false
        var isOver = false
    }

    private let span: Range<Instant>
    private let ended: @Sendable () -> Void
    private let state: Mutex<State>

    /// From the beginning of `span` on; `ended` is called once, at its end.
    public init(_ span: Range<Instant>, speed: Double, ended: @escaping @Sendable () -> Void) {
        self.span = span
        self.ended = ended
        state = Mutex(State(position: Double(span.lowerBound.ms), speed: speed))
    }

    /// Takes an order; playing backwards is none that it knows.
    public func obey(_ order: PlaybackControl) {
        state.withLock { state in
            switch order {
            case .pause: state.isPaused = true
            case .resume: state.isPaused = false
            case .seek(let seconds):
                state.position = Double(span.lowerBound.ms) + Double(seconds) * 1_000
                state.isPaused = false
            case .speed(let speed): if speed > 0 { state.speed = min(16, speed) }
            case .stop: state.isOver = true
            }
        }
    }

    /// The next picture's moment and how long it stands, in seconds; `nil` while nothing is to be shown.
    func next(perSecond: Int) -> (ms: Int64, wait: Double)? {
        let (result, isEnd) = state.withLock { state -> ((Int64, Double)?, Bool) in
            guard !state.isPaused, !state.isOver else { return (nil, false) }
            if state.position >= Double(span.upperBound.ms) {
                state.isOver = true
                return (nil, true)
            }
            let now = Int64(state.position)
            state.position += 1_000 / Double(perSecond)
            return ((now, 1 / (Double(perSecond) * state.speed)), false)
        }
        if isEnd { ended() }
        return result
    }
}
