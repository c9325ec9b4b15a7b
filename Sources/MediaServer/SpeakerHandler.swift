import Media
import NIOCore
import NIOWebSocket

/// One browser's microphone: 16-bit samples, low byte first, 8,000 a second, to one or several voices.
final class SpeakerHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame
    private let hub: Hub
    private let pass: MediaPass

    init(hub: Hub, pass: MediaPass) {
        self.hub = hub
        self.pass = pass
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        var bytes = frame.data
        if let key = frame.maskKey { bytes.webSocketUnmask(key) }
        switch frame.opcode {
        case .connectionClose: context.close(promise: nil)
        case .ping:
            context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .pong, data: bytes)), promise: nil)
        case .binary:
            var samples: [Int16] = []
            while let sample: Int16 = bytes.readInteger(endianness: .little) { samples.append(sample) }
            for id in pass.voices { hub.voices[id]?.say(samples) }
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
