import GB28181
import Kernel

/// Sends the generated picture to whoever calls; all live calls of a town share one picture, so that many cost little.
/// A replay has one of its own, whose clock shows the time that is played.
public final class FeedSender: PictureSender {
    private let feed: PictureFeed
    private let isHEVC: Bool
    private let mischief: Set<StreamMischief>

    /// A sender with a picture of its own, or `nil` where libavcodec cannot code it.
    public init?(isHEVC: Bool = false, mischief: Set<StreamMischief> = []) {
        guard let feed = PictureFeed(isHEVC: isHEVC) else { return nil }
        self.feed = feed
        self.isHEVC = isHEVC
        self.mischief = mischief
    }

    /// Begins to send as the centre's description asks.
    public func send(
        camera: String, to offer: SessionDescription, ssrc: UInt32, ended: @escaping @Sendable () -> Void
    ) async throws -> CameraSending {
        let way: CameraStream.Way =
            switch offer.transport {
            case .udp: .udp(host: offer.host, port: offer.port)
            case .tcpPassive: .tcpActive(host: offer.host, port: offer.port)
            case .tcpActive: .tcpPassive(port: 0)
            }
        guard offer.name != SessionDescription.Purpose.play.rawValue, offer.end > offer.start else {
            let stream = try await CameraStream.start(way, ssrc: ssrc, feed: feed, mischief: mischief)
            return CameraSending(port: stream.port, stop: { stream.stop() })
        }
        let span = Instant(ms: offer.start * 1_000)..<Instant(ms: offer.end * 1_000)
        let speed = Double(min(16, max(1, offer.number("downloadspeed") ?? 1)))
        let pace = ReplayPace(span, speed: speed, ended: ended)
        guard let own = PictureFeed(isHEVC: isHEVC, pace: pace) else { throw CameraSendingError.noCoder }
        let stream: CameraStream
        do {
            stream = try await CameraStream.start(way, ssrc: ssrc, feed: own, mischief: mischief)
        } catch {
            own.stop()
            throw error
        }
        return CameraSending(
            port: stream.port,
            stop: {
                own.stop()
                stream.stop()
            }, steer: { pace.obey($0) })
    }

    /// Ends the picture.
    public func stop() { feed.stop() }
}

/// Why nothing is sent.
enum CameraSendingError: Error {
    /// libx264 or libx265 is missing.
    case noCoder
}
