import NIOCore
import NIOPosix

/// A simulated camera's stream on its way: the generated picture as a program stream in RTP, with G.711 A-law that beeps
/// once a second.
public final class CameraStream: Sendable {
    /// How it goes.
    public enum Way: Sendable {
        case udp(host: String, port: Int)
        /// The camera connects.
        case tcpActive(host: String, port: Int)
        /// The camera listens on this port, 0 lets the system choose, for one connection.
        case tcpPassive(port: Int)
    }

    /// The port that is sent from or listened on.
    public let port: Int
    private let channel: any Channel
    private let feed: PictureFeed
    private let number: Int

    private init(channel: any Channel, port: Int, feed: PictureFeed, number: Int) {
        self.channel = channel
        self.port = port
        self.feed = feed
        self.number = number
    }

    /// Starts to send.
    /// - Parameter tone: sound in AAC in place of A-law.
    /// - Throws: when the address cannot be reached or the port is taken.
    public static func start(
        _ way: Way, ssrc: UInt32, feed: PictureFeed, mischief: Set<StreamMischief> = [], tone: AACTone? = nil
    ) async throws -> CameraStream {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let packer = StreamPacker(
            ssrc: mischief.contains(.wrongSSRC) ? ssrc &+ 1 : ssrc, perSecond: feed.perSecond, isHEVC: feed.isHEVC,
            mischief: mischief, tone: tone)
        let channel: any Channel
        switch way {
        case .udp(let host, let port):
            let target = try SocketAddress(ipAddress: host, port: port)
            channel = try await DatagramBootstrap(group: loop)
                .channelOption(ChannelOptions.socketOption(.so_sndbuf), value: 2 << 20)
                .bind(host: "0.0.0.0", port: 0).get()
            let sender = PacketSender(channel: channel, target: target, packer: packer)
            return try await begin(sender, loop, feed, port: channel.localAddress?.port ?? 0)
        case .tcpActive(let host, let port):
            channel = try await ClientBootstrap(group: loop)
                .channelOption(ChannelOptions.writeBufferWaterMark, value: room)
                .connect(host: host, port: port).get()
            let sender = PacketSender(channel: channel, target: nil, packer: packer)
            return try await begin(sender, loop, feed, port: channel.localAddress?.port ?? 0)
        case .tcpPassive(let port):
            let (accepted, accept) = AsyncStream<any Channel>.makeStream(bufferingPolicy: .bufferingOldest(1))
            let listener = try await ServerBootstrap(group: loop)
                .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(ChannelOptions.writeBufferWaterMark, value: room)
                .childChannelInitializer { channel in
                    accept.yield(channel)
                    accept.finish()
                    return channel.eventLoop.makeSucceededVoidFuture()
                }
                .bind(host: "0.0.0.0", port: port).get()
            let number = Task {
                for await channel in accepted {
                    let sender = PacketSender(channel: channel, target: nil, packer: packer)
                    _ = try await begin(sender, channel.eventLoop, feed, port: 0)
                    return
                }
            }
            listener.closeFuture.whenComplete { _ in
                number.cancel()
                accept.finish()
            }
            return CameraStream(
                channel: listener, port: listener.localAddress?.port ?? port, feed: feed, number: 0)
        }
    }

    /// A key frame of a large picture is more than a connection holds back by itself.
    private static let room = ChannelOptions.Types.WriteBufferWaterMark(low: 1 << 20, high: 2 << 20)

    private static func begin(_ sender: PacketSender, _ loop: any EventLoop, _ feed: PictureFeed, port: Int)
        async throws
        -> CameraStream
    {
        let channel = sender.channel
        let bound = try await loop.submit { NIOLoopBound(sender, eventLoop: loop) }.get()
        let number = feed.take { frame in loop.execute { bound.value.send(frame) } }
        channel.closeFuture.whenComplete { _ in feed.leave(number) }
        return CameraStream(channel: channel, port: port, feed: feed, number: number)
    }

    /// Whether the way is still open.
    public var isOpen: Bool { channel.isActive }

    /// Ends it.
    public func stop() {
        feed.leave(number)
        channel.close(promise: nil)
    }
}

/// Writes packets to the channel; what the far end does not take in time is left out.
private final class PacketSender: @unchecked Sendable {
    // Used on the channel's event loop alone once it is made.
    let channel: any Channel
    private let target: SocketAddress?
    private var packer: StreamPacker

    init(channel: any Channel, target: SocketAddress?, packer: StreamPacker) {
        self.channel = channel
        self.target = target
        self.packer = packer
    }

    func send(_ frame: PictureFeed.Frame) {
        guard channel.isActive else { return }
        for packet in packer.packets(frame) {
            if let target {
                channel.write(AddressedEnvelope(remoteAddress: target, data: packet), promise: nil)
            } else {
                guard channel.isWritable else { break }
                var framed = ByteBuffer(integer: UInt16(packet.readableBytes))
                framed.writeImmutableBuffer(packet)
                channel.write(framed, promise: nil)
            }
        }
        channel.flush()
    }
}
