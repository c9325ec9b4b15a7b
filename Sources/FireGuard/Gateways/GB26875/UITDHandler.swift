import GB26875
import Kernel
import NIOCore

/// One connection of a user information transmission device: frames in, confirmations out after the commit.
///
/// Its state lives on the connection's event loop. Frames wait in order; one task stores all that wait in one
/// transaction, so that a burst costs one commit and a device's signals keep their order. While too many wait nothing
/// more is read, and TCP slows the device down.
final class UITDHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never
    typealias OutboundIn = [UInt8]
    typealias OutboundOut = ByteBuffer

    /// What the centre sends of its own accord, with what becomes of it.
    struct Order: Sendable {
        var data: [UInt8]
        var confirmed: @Sendable (Bool) -> Void
    }

    private struct Waiting: Sendable {
        var frame: Frame
        var content: FrameTranslation.Content
    }

    private let server: UITDServer
    private let peer: String
    private var reader = FrameDecoder()
    private var device: String?
    private var sourceBytes: [UInt8] = []
    private var centreBytes: [UInt8] = []
    private var waiting: [Waiting] = []
    private var isStoring = false
    private var heldRead = false
    private var garbage = 0
    private var denied = 0
    private var isOpen = false
    private var nextSerial: UInt16 = 0
    private var orders: [UInt16: Order] = [:]
    private var clockSetAt: Instant?

    init(server: UITDServer, peer: String) {
        self.server = server
        self.peer = peer
    }

    func channelActive(context: ChannelHandlerContext) {
        guard server.registry.open(context.channel, address: peer, server.bounds, at: .now) else {
            UITDCounters.refused.add()
            context.close(promise: nil)
            return
        }
        isOpen = true
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if isOpen { server.registry.close(context.channel, address: peer, device: device) }
        isOpen = false
        for order in orders.values { order.confirmed(false) }
        orders = [:]
        context.fireChannelInactive()
    }

    func read(context: ChannelHandlerContext) {
        if waiting.count >= server.bounds.framesInFlight { heldRead = true } else { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard isOpen else { return }
        let now = Instant.now
        let before = reader.skipped
        reader.append(unwrapInboundIn(data).readableBytesView)
        while let found = reader.next() {
            switch found {
            case .frame(let frame): take(frame, context: context, at: now)
            case .badSum(let frame):
                UITDCounters.badSums.add()
                deny(frame, context: context, at: now)
            }
        }
        garbage += reader.skipped - before
        if reader.skipped > before { UITDCounters.garbage.add(reader.skipped - before) }
        if garbage > server.bounds.garbageBytes || denied > server.bounds.deniedFrames {
            UITDCounters.closedForGarbage.add()
            context.close(promise: nil)
        }
        context.flush()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Sends an order to the device; called on the event loop.
    func send(_ order: Order, context: ChannelHandlerContext, at now: Instant) {
        // A device that never answers must not gather orders.
        guard isOpen, orders.count < 16 else {
            order.confirmed(false)
            return
        }
        let serial = nextSerial
        nextSerial &+= 1
        orders[serial] = order
        write(
            Frame(
                serial: serial, time: FrameTime.bytes(now), source: centreBytes, destination: sourceBytes,
                command: Frame.Command.control, data: order.data), context: context)
        context.flush()
        context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(10)) { [weak self] in
            self?.orders.removeValue(forKey: serial)?.confirmed(false)
        }
    }

    // MARK: Frames

    private func take(_ frame: Frame, context: ChannelHandlerContext, at now: Instant) {
        garbage = 0
        let address = FrameTranslation.address(frame.source)
        let isNew = device != address
        if isNew {
            device = address
            sourceBytes = frame.source
            centreBytes = frame.destination
        }
        server.registry.heard(context.channel, device: address, isNew: isNew, at: now)
        server.heardGateway(address, at: now)
        UITDCounters.frames.add()
        switch frame.command {
        case Frame.Command.send where frame.data.isEmpty, Frame.Command.answer where frame.data.isEmpty:
            // A heartbeat: a sign of life and nothing to store.
            denied = 0
            write(frame.reply(Frame.Command.confirm, at: now), context: context)
            setClockIfWrong(frame, context: context, at: now)
        case Frame.Command.send, Frame.Command.answer:
            let content = FrameTranslation.read(frame, peer: peer, receivedAt: now)
            guard !content.isMalformed else {
                UITDCounters.malformed.add()
                deny(frame, context: context, at: now)
                return
            }
            denied = 0
            waiting.append(Waiting(frame: frame, content: content))
            storeNext(context: context)
            setClockIfWrong(frame, context: context, at: now)
        case Frame.Command.confirm:
            orders.removeValue(forKey: frame.serial)?.confirmed(true)
        case Frame.Command.deny:
            orders.removeValue(forKey: frame.serial)?.confirmed(false)
        case Frame.Command.request where isClockQuestion(frame.data):
            write(
                frame.reply(Frame.Command.answer, data: [90, 1] + FrameTime.bytes(now), at: now), context: context)
        default:
            deny(frame, context: context, at: now)
        }
    }

    private func isClockQuestion(_ data: [UInt8]) -> Bool {
        guard let type = data.first else { return false }
        return type == 90 || type == 88 || type == 28 || type == 68
    }

    /// Stores all that waits in one transaction, then confirms it.
    private func storeNext(context: ChannelHandlerContext) {
        guard !isStoring, !waiting.isEmpty else { return }
        isStoring = true
        let batch = waiting
        let server = server
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        Task {
            let stored = await server.store(batch.map(\.content))
            loop.execute {
                let (handler, context) = bound.value
                handler.finish(batch.map(\.frame), stored, context: context)
            }
        }
    }

    private func finish(_ frames: [Frame], _ stored: [Bool], context: ChannelHandlerContext) {
        isStoring = false
        waiting.removeFirst(min(frames.count, waiting.count))
        guard isOpen else { return }
        let now = Instant.now
        for (frame, isStored) in zip(frames, stored) where isStored {
            write(frame.reply(Frame.Command.confirm, at: now), context: context)
        }
        // What could not be stored stays unanswered: the device sends it again.
        context.flush()
        storeNext(context: context)
        if heldRead, waiting.count < server.bounds.framesInFlight {
            heldRead = false
            context.read()
        }
    }

    private func deny(_ frame: Frame, context: ChannelHandlerContext, at now: Instant) {
        denied += 1
        UITDCounters.denied.add()
        write(frame.reply(Frame.Command.deny, at: now), context: context)
    }

    private func setClockIfWrong(_ frame: Frame, context: ChannelHandlerContext, at now: Instant) {
        let tolerance = server.bounds.clockToleranceSeconds * 1_000
        guard tolerance > 0, clockSetAt.map({ now - $0 > 3_600_000 }) ?? true else { return }
        if let time = FrameTime.moment(frame.time[...]), abs(now - time) <= tolerance { return }
        clockSetAt = now
        UITDCounters.clocksSet.add()
        send(Order(data: [90, 1] + FrameTime.bytes(now)) { _ in }, context: context, at: now)
    }

    private func write(_ frame: Frame, context: ChannelHandlerContext) {
        let bytes = frame.bytes
        var buffer = context.channel.allocator.buffer(capacity: bytes.count)
        buffer.writeBytes(bytes)
        context.write(wrapOutboundOut(buffer), promise: nil)
    }
}

enum UITDCounters {
    static let frames = Metrics.shared.counter("zhili_gb26875_frames_total", "Good frames")
    static let badSums = Metrics.shared.counter("zhili_gb26875_bad_sums_total", "Frames whose checksum does not hold")
    static let malformed = Metrics.shared.counter("zhili_gb26875_malformed_total", "Frames whose data cannot be read")
    static let denied = Metrics.shared.counter("zhili_gb26875_denied_total", "Frames answered with a denial")
    static let garbage = Metrics.shared.counter("zhili_gb26875_garbage_bytes_total", "Bytes that belong to no frame")
    static let refused = Metrics.shared.counter("zhili_gb26875_refused_total", "Connections beyond the bounds")
    static let closedForGarbage = Metrics.shared.counter(
        "zhili_gb26875_closed_for_garbage_total", "Connections closed for what they sent")
    static let clocksSet = Metrics.shared.counter("zhili_gb26875_clocks_set_total", "Devices whose clock was set")
}
