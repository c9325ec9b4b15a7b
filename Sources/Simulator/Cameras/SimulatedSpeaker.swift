import NIOCore
import NIOPosix

/// A simulated loudspeaker: takes RTP with G.711 A-law and tells how much of it was sound, and how loud.
final class SimulatedSpeaker: Sendable {
    /// Milliseconds in a packet, those of them that were no silence, and the loudest sample.
    typealias Heard = @Sendable (_ ms: Int, _ soundMs: Int, _ peak: Int) -> Void

    /// The port it takes sound on; 0 where it connects.
    let port: Int
    private let channel: any Channel

    private init(_ channel: any Channel, port: Int) {
        self.channel = channel
        self.port = port
    }

    /// Waits for datagrams.
    static func datagrams(_ heard: @escaping Heard) async throws -> SimulatedSpeaker {
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramEar(heard))
                }
            }
            .bind(host: "0.0.0.0", port: 0).get()
        return SimulatedSpeaker(channel, port: channel.localAddress?.port ?? 0)
    }

    /// Waits for a connection.
    static func listening(_ heard: @escaping Heard) async throws -> SimulatedSpeaker {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(StreamEar(heard))
                }
            }
            .bind(host: "0.0.0.0", port: 0).get()
        return SimulatedSpeaker(channel, port: channel.localAddress?.port ?? 0)
    }

    /// Connects to the centre.
    static func connecting(to host: String, port: Int, _ heard: @escaping Heard) async throws -> SimulatedSpeaker {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(StreamEar(heard))
                }
            }
            .connect(host: host, port: port).get()
        return SimulatedSpeaker(channel, port: 0)
    }

    func stop() { channel.close(promise: nil) }

    fileprivate static func hear(_ packet: ByteBuffer, _ heard: Heard) {
        let bytes = packet.readableBytesView
        // Version 2, payload type 8: what was agreed upon.
        guard bytes.count > 12, bytes[bytes.startIndex] >> 6 == 2, bytes[bytes.startIndex + 1] & 127 == 8 else {
            return
        }
        let payload = bytes.dropFirst(12)
        let sound = payload.count { $0 != 0xD5 && $0 != 0x55 }
        heard(payload.count / 8, sound / 8, payload.lazy.map(loudness).max() ?? 0)
    }

    /// The size of an A-law sample (ITU-T G.711), 0…32,256.
    private static func loudness(_ byte: UInt8) -> Int {
        let bits = Int(byte ^ 0x55)
        let step = (bits & 15) * 16 + 8
        let segment = bits >> 4 & 7
        return segment == 0 ? step : (step + 0x100) << (segment - 1)
    }
}

private final class DatagramEar: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    private let heard: SimulatedSpeaker.Heard
    init(_ heard: @escaping SimulatedSpeaker.Heard) { self.heard = heard }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        SimulatedSpeaker.hear(unwrapInboundIn(data).data, heard)
    }
}

private final class StreamEar: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let heard: SimulatedSpeaker.Heard
    private var rest = ByteBuffer()
    init(_ heard: @escaping SimulatedSpeaker.Heard) { self.heard = heard }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        rest.writeImmutableBuffer(unwrapInboundIn(data))
        while let packet = rest.readLengthPrefixedSlice(as: UInt16.self) { SimulatedSpeaker.hear(packet, heard) }
        rest.discardReadBytes()
        if rest.readableBytes > 1 << 16 { context.close(promise: nil) }
    }
}
