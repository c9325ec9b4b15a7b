import NIOCore
import NIOPosix
import Synchronization

/// RTP of one call (RFC 3550, RFC 3551 payload type 8, RFC 4733).
struct RTPStream: Sendable {
    /// Samples, and bytes of A-law, of a packet: 20 ms.
    static let frame = 160
    /// Payload type of telephone events, as our offer names it.
    static let events: UInt8 = 101

    private let source = UInt32.random(in: 1...UInt32.max)
    private var sequence = UInt16.random(in: 0...UInt16.max)
    private var timestamp = UInt32.random(in: 0...UInt32.max)
    private var isFirst = true

    /// The next packet.
    mutating func packet(_ payload: some Collection<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = [0x80, (isFirst ? 0x80 : 0) | 8]
        bytes += [UInt8(sequence >> 8), UInt8(sequence & 255)]
        for word in [timestamp, source] { bytes += (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
        bytes += payload
        isFirst = false
        sequence &+= 1
        timestamp &+= UInt32(Self.frame)
        return bytes
    }
}

/// Finds key presses among packets: all packets of one press have its start as their timestamp, and a press counts
/// once, even where only its end arrives.
struct KeyListener: Sendable {
    private var seen: Set<UInt64> = []
    private static let keys = Array("0123456789*#")

    /// The key of a new press.
    mutating func key(in packet: [UInt8]) -> String? {
        guard packet.count >= 16, packet[0] >> 6 == 2, packet[1] & 0x7F == RTPStream.events else { return nil }
        let extra = Int(packet[0] & 0x0F) * 4
        guard packet.count >= 16 + extra else { return nil }
        let event = Int(packet[12 + extra])
        guard event < Self.keys.count, seen.count < 1_000 else { return nil }
        let press = packet[4..<12].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return seen.insert(press).inserted ? String(Self.keys[event]) : nil
    }
}

/// A UDP socket for the sound of one call; who may be heard is for the call to say.
final class RTPPort: Sendable {
    private let channel: any NIOCore.Channel
    let port: Int

    private init(_ channel: any NIOCore.Channel) {
        self.channel = channel
        port = channel.localAddress?.port ?? 0
    }

    static func open(
        host: String, heard: @escaping @Sendable ([UInt8], SocketAddress) -> Void
    ) async throws -> RTPPort {
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RTPHandler(heard))
                }
            }
            .bind(host: host, port: 0).get()
        return RTPPort(channel)
    }

    func send(_ packet: [UInt8], to place: SocketAddress) {
        channel.writeAndFlush(
            AddressedEnvelope(remoteAddress: place, data: ByteBuffer(bytes: packet)), promise: nil)
    }

    func close() { channel.close(promise: nil) }
}

private final class RTPHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let heard: @Sendable ([UInt8], SocketAddress) -> Void

    init(_ heard: @escaping @Sendable ([UInt8], SocketAddress) -> Void) { self.heard = heard }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard envelope.data.readableBytes <= 1_500 else { return }
        heard(Array(envelope.data.readableBytesView), envelope.remoteAddress)
    }
}

/// The little of SDP (RFC 4566, RFC 3264) that a call needs.
enum CallSDP {
    /// Our offer: A-law and telephone events.
    static func offer(host: String, port: Int) -> String {
        """
        v=0\r
        o=zhili 1 1 IN IP4 \(host)\r
        s=-\r
        c=IN IP4 \(host)\r
        t=0 0\r
        m=audio \(port) RTP/AVP 8 \(RTPStream.events)\r
        a=rtpmap:8 PCMA/8000\r
        a=rtpmap:\(RTPStream.events) telephone-event/8000\r
        a=fmtp:\(RTPStream.events) 0-16\r
        a=ptime:20\r
        a=sendrecv\r

        """
    }

    /// Where the far end hears, where it takes A-law.
    static func place(_ body: [UInt8]) -> (host: String, port: Int)? {
        var host: String?
        var port: Int?
        for line in String(decoding: body.prefix(8_192), as: UTF8.self).split(whereSeparator: \.isNewline) {
            if line.hasPrefix("c=IN IP4 ") || line.hasPrefix("c=IN IP6 ") {
                host = line.dropFirst(9).split(separator: "/").first.map(String.init)
            } else if line.hasPrefix("m=audio ") {
                let parts = line.dropFirst(8).split(separator: " ")
                guard parts.count > 2, parts[2...].contains("8") else { return nil }
                port = Int(parts[0])
            }
        }
        guard let host, let port, (1...65_535).contains(port) else { return nil }
        return (host, port)
    }
}
