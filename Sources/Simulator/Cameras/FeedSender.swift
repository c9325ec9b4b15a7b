import GB28181

/// Sends the generated picture to whoever calls; all cameras of a town share one picture, so that many cost little.
public final class FeedSender: PictureSender {
    private let feed: PictureFeed

    /// A sender with a picture of its own, or `nil` where libavcodec cannot code it.
    public init?(isHEVC: Bool = false) {
        guard let feed = PictureFeed(isHEVC: isHEVC) else { return nil }
        self.feed = feed
    }

    /// Begins to send as the centre's description asks.
    public func send(camera: String, to offer: SessionDescription, ssrc: UInt32) async throws -> (
        port: Int, stop: @Sendable () -> Void
    ) {
        let way: CameraStream.Way =
            switch offer.transport {
            case .udp: .udp(host: offer.host, port: offer.port)
            case .tcpPassive: .tcpActive(host: offer.host, port: offer.port)
            case .tcpActive: .tcpPassive(port: 0)
            }
        let stream = try await CameraStream.start(way, ssrc: ssrc, feed: feed)
        return (stream.port, { stream.stop() })
    }

    /// Ends the picture.
    public func stop() { feed.stop() }
}
