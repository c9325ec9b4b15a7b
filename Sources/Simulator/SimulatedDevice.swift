import GB26875
import Kernel
import NIOCore

/// One user information transmission device: sends reports, waits for their confirmation, sends them again when there
/// is none, and confirms what the centre orders. Lives on its connection's event loop.
final class SimulatedDevice: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private struct Pending {
        var bytes: [UInt8]
        var firstSent: NIODeadline
        var tries: Int
    }

    /// A device waits for its confirmation and tries three times.
    private static let tries = 3
    private static let patience = TimeAmount.seconds(3)

    private let address: [UInt8]
    private let tally: Tally
    private var decoder = FrameDecoder()
    private var serial: UInt16
    private var pending: [UInt16: Pending] = [:]
    private var context: ChannelHandlerContext?

    init(address: UInt64, tally: Tally) {
        self.address = (0..<6).map { UInt8(truncatingIfNeeded: address >> ($0 * 8)) }
        self.tally = tally
        serial = UInt16.random(in: 0...UInt16.max)
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        tally.connected()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        tally.lost(pending.count)
        pending = [:]
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Reports on a component, or gives a sign of life.
    func send(_ report: FireScenario.Report) {
        tally.sent()
        guard let context else {
            tally.lost(1)
            return
        }
        let frame = Frame(
            serial: serial, time: FrameTime.bytes(.now), source: address,
            destination: [UInt8](repeating: 0, count: 6), command: Frame.Command.send,
            data: report.detector == 0 ? [] : Self.component(report))
        pending[serial] = Pending(bytes: frame.bytes, firstSent: .now(), tries: 1)
        write(frame.bytes, context)
        wait(for: serial, context)
        serial &+= 1
    }

    /// Type 2, state of a component: its address, its state word (bit 0: in normal service, bit 1: fire), 31 bytes of
    /// text, the time.
    private static func component(_ report: FireScenario.Report) -> [UInt8] {
        var data: [UInt8] = [2, 1, 1, 1, 40]
        data += [UInt8(truncatingIfNeeded: report.detector), UInt8(truncatingIfNeeded: report.detector >> 8), 0, 0]
        data += [report.isFire ? 3 : 1, 0]
        data += [UInt8](repeating: 0, count: 31)
        return data + FrameTime.bytes(.now)
    }

    private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
    }

    private func wait(for serial: UInt16, _ context: ChannelHandlerContext) {
        let own = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.patience) { own.value.again(serial) }
    }

    private func again(_ serial: UInt16) {
        guard var waiting = pending[serial], let context else { return }
        guard waiting.tries < Self.tries else {
            pending[serial] = nil
            tally.lost(1)
            return
        }
        waiting.tries += 1
        pending[serial] = waiting
        tally.repeated()
        write(waiting.bytes, context)
        wait(for: serial, context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        decoder.append(unwrapInboundIn(data).readableBytesView)
        while let found = decoder.next() {
            guard case .frame(let frame) = found else { continue }
            switch frame.command {
            case Frame.Command.confirm, Frame.Command.deny:
                guard let waiting = pending.removeValue(forKey: frame.serial) else { continue }
                let ms = Double((NIODeadline.now() - waiting.firstSent).nanoseconds) / 1_000_000
                tally.answered(isConfirmed: frame.command == Frame.Command.confirm, ms: ms)
            case Frame.Command.control, Frame.Command.request:
                write(frame.reply(Frame.Command.confirm, at: .now).bytes, context)
            default: break
            }
        }
    }
}
