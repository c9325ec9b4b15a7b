import Foundation
import Kernel
import Media
import NIOCore
import NIOWebSocket

/// One browser that watches: what it is behind with is bounded, and it catches up at a key frame.
final class ViewerHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    /// So many bytes may wait for the browser before pictures are left out.
    static let mostWaiting = 3 << 20
    /// A browser that takes nothing for so long is let go.
    static let patienceMs: Int64 = 20_000

    private let hub: Hub
    private let pass: MediaPass
    private(set) var wantsSound = false
    /// Which start of sound was sent; 0 where none was since sound was asked for.
    private var soundStart = 0
    private var context: ChannelHandlerContext?
    private var source: SourceID?
    private var waiting = 0
    private var isDropping = false
    private var lastTaken: Int64 = 0
    /// Pictures left out because the browser was behind.
    private(set) var dropped = 0

    init(hub: Hub, pass: MediaPass) {
        self.hub = hub
        self.pass = pass
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        lastTaken = hub.now
        tell(["kind": "viewer", "name": pass.viewer.name, "note": pass.viewer.note])
        guard let id = pass.source, let found = hub.sources[id] else {
            tell(["kind": "ended"])
            close()
            return
        }
        source = id
        found.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if let source { hub.sources[source]?.remove(self, at: hub.now) }
        hub.viewerLeft(dropped: dropped)
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .connectionClose: context.close(promise: nil)
        case .ping:
            var data = frame.data
            if let key = frame.maskKey { data.webSocketUnmask(key) }
            write(WebSocketFrame(fin: true, opcode: .pong, data: data), counts: 0)
        case .text:
            var data = frame.data
            if let key = frame.maskKey { data.webSocketUnmask(key) }
            hear(String(buffer: data))
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func hear(_ word: String) {
        switch word {
        case "sound":
            wantsSound = true
            soundStart = 0
        case "mute": wantsSound = false
        case "h264": if let source { hub.transcode(source, for: self) }
        case "shown":
            if let source { hub.sources[source]?.reach(.decode, at: hub.now) }
        default: break
        }
    }

    // MARK: From the source

    func show(_ stage: MediaStage) { tell(["kind": "stage", "stage": stage.rawValue]) }

    func begin(_ format: PictureFormat, _ start: ByteBuffer) {
        tell([
            "kind": "format", "codec": format.name, "width": String(format.width), "height": String(format.height),
        ])
        isDropping = false
        binary(start)
    }

    func send(_ message: ByteBuffer, isKey: Bool) {
        if isDropping {
            guard isKey, waiting < Self.mostWaiting / 4 else {
                dropped += 1
                if hub.now - lastTaken > Self.patienceMs { close() }
                return
            }
            isDropping = false
        } else if waiting + message.readableBytes > Self.mostWaiting, !isKey || waiting > 0 {
            isDropping = true
            dropped += 1
            return
        }
        binary(message)
    }

    func sound(_ message: ByteBuffer) {
        if waiting < Self.mostWaiting / 8 { binary(message) }
    }

    /// A part of a track, which its start must go before.
    func sound(_ message: ByteBuffer, behind start: ByteBuffer, _ number: Int) {
        guard waiting < Self.mostWaiting / 8 else { return }
        if soundStart != number {
            soundStart = number
            binary(start)
        }
        binary(message)
    }

    func end(at stage: MediaStage, _ failure: MediaFailure?) {
        source = nil
        if let failure {
            tell(["kind": "failed", "stage": stage.rawValue, "failure": failure.rawValue])
        } else {
            tell(["kind": "ended"])
        }
        close()
    }

    private func binary(_ message: ByteBuffer) {
        write(WebSocketFrame(fin: true, opcode: .binary, data: message), counts: message.readableBytes)
    }

    private func tell(_ values: [String: String]) {
        guard let text = try? JSONEncoder().encode(values) else { return }
        write(WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: text)), counts: text.count)
    }

    private func write(_ frame: WebSocketFrame, counts bytes: Int) {
        guard let context else { return }
        waiting += bytes
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { _ in
            self.waiting -= bytes
            self.lastTaken = self.hub.now
        }
        context.writeAndFlush(wrapOutboundOut(frame), promise: promise)
    }

    private func close() {
        guard let context else { return }
        var data = context.channel.allocator.buffer(capacity: 2)
        data.write(webSocketErrorCode: .normalClosure)
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, data: data)
        context.writeAndFlush(wrapOutboundOut(frame)).assumeIsolated().whenComplete { _ in
            self.context?.close(promise: nil)
        }
    }
}
