import NIOCore
import NIOPosix

/// Datagrams in; the port keeps working whatever comes.
final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    private let endpoint: SIPEndpoint

    init(endpoint: SIPEndpoint) { self.endpoint = endpoint }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let host = envelope.remoteAddress.ipAddress, let port = envelope.remoteAddress.port else { return }
        let hop = SIPHop(.udp, host, port)
        let bytes = Array(envelope.data.readableBytesView)
        // Empty lines and a few zeros keep a way through a NAT open; they ask for nothing.
        guard bytes.contains(where: { $0 != 13 && $0 != 10 && $0 != 0 }) else { return }
        do {
            endpoint.received(try SIPParser.datagram(bytes, limits: endpoint.limits), from: hop)
        } catch SIPError.truncated {
            // The header is whole: the sender can be told that a fragment is missing.
            if let head = try? SIPParser.datagram(Self.withoutBody(bytes), limits: endpoint.limits), head.method != nil
            {
                endpoint.refuse(head, from: hop, status: 400)
            }
            endpoint.garbage(.truncated, from: hop)
        } catch {
            endpoint.garbage(error, from: hop)
        }
    }

    private static func withoutBody(_ bytes: [UInt8]) -> [UInt8] {
        guard let end = SIPParser.endOfHead(bytes, from: 0, scannedTo: 0),
            var head = try? SIPParser.head(bytes[..<end], limits: SIPLimits())
        else { return [] }
        head.headers["Content-Length"] = nil
        return head.bytes
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

/// A TCP connection.
final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let endpoint: SIPEndpoint
    private var parser: SIPStreamParser
    private var hop: SIPHop?
    private var lastHeard = NIODeadline.now()

    init(endpoint: SIPEndpoint) {
        self.endpoint = endpoint
        parser = SIPStreamParser(limits: endpoint.limits)
    }

    func channelActive(context: ChannelHandlerContext) {
        guard let address = context.channel.remoteAddress, let host = address.ipAddress, let port = address.port else {
            context.close(promise: nil)
            return
        }
        let hop = SIPHop(.tcp, host, port)
        guard endpoint.opened(context.channel, hop) else {
            context.close(promise: nil)
            return
        }
        self.hop = hop
        watch(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let hop { endpoint.closed(context.channel, hop) }
        hop = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let hop else { return }
        lastHeard = .now()
        parser.append(unwrapInboundIn(data).readableBytesView)
        do {
            while let item = try parser.next() {
                switch item {
                case .message(let message): endpoint.received(message, from: hop)
                case .ping:
                    context.writeAndFlush(
                        wrapOutboundOut(context.channel.allocator.buffer(bytes: [13, 10])), promise: nil)
                }
            }
        } catch {
            endpoint.garbage(error, from: hop)
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func watch(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(deadline: lastHeard + endpoint.idle) {
            let (handler, context) = bound.value
            guard handler.hop != nil else { return }
            if .now() - handler.lastHeard >= handler.endpoint.idle {
                context.close(promise: nil)
            } else {
                handler.watch(context)
            }
        }
    }
}

extension SIPEndpoint {
    /// Answers without a transaction.
    func refuse(_ request: SIPMessage, from hop: SIPHop, status: Int) {
        let stamped = SIPRouting.stamp(request, from: hop)
        send(stamped.response(status, tag: Self.tag()).bytes, to: SIPRouting.answerHop(stamped, from: hop))
    }
}
