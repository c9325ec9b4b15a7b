import NIOCore
import NIOPosix
import Synchronization

/// A camera that is pulled by its address: an RTSP server (RFC 2326) with digest (RFC 2617) and one generated picture,
/// over its own connection or by UDP.
public final class SimulatedRTSPCamera: Sendable {
    /// What it does.
    public struct Plan: Sendable {
        /// The port; 0 lets the system choose.
        public var port = 0
        /// The path behind which its stream is.
        public var path = "/live/main"
        /// Who may open it; nobody is asked where it is empty.
        public var username = ""
        /// The user's password.
        public var password = ""
        /// Sound in AAC (RFC 3640) beside the picture, over its own connection alone.
        public var tone: AACTone?
        /// What it does wrong.
        public var mischief: Mischief?

        /// Everything in order.
        public init() {}
    }

    /// What such cameras do wrong.
    public enum Mischief: String, Sendable, CaseIterable {
        /// Takes connections and answers nothing.
        case deaf
        /// Agrees to play and sends nothing.
        case silent
        /// Describes sound alone.
        case noVideo = "no-video"
        /// Names a coding that no browser shows.
        case otherCodec = "other-codec"
    }

    /// What it was asked, for whoever tests.
    public struct Heard: Sendable {
        /// Methods by their order; the first thousand.
        public var methods: [String] = []
        /// Requests whose digest was right.
        public var proved = 0
    }

    final class Notes: Sendable {
        let heard = Mutex(Heard())
    }

    /// The port it listens on.
    public let port: Int
    private let channel: any Channel
    private let notes: Notes

    /// What it was asked so far.
    public var heard: Heard { notes.heard.withLock { $0 } }

    private init(_ channel: any Channel, _ notes: Notes) {
        self.channel = channel
        self.notes = notes
        port = channel.localAddress?.port ?? 0
    }

    /// Starts to listen.
    /// - Throws: when the port is taken.
    public static func start(_ plan: Plan, feed: PictureFeed, host: String = "127.0.0.1") async throws
        -> SimulatedRTSPCamera
    {
        let notes = Notes()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RTSPSession(plan, feed, notes))
                }
            }
            .bind(host: host, port: plan.port).get()
        return SimulatedRTSPCamera(channel, notes)
    }

    /// Listens no longer.
    public func stop() async { try? await channel.close().get() }
}
