import NIOCore
import NIOPosix
import SMPP
import Synchronization

/// The far end of an SMPP carrier: it binds, takes parts, puts texts together again and gives receipts.
public final class FakeSMSC: Sendable {
    /// How it behaves.
    public enum Mode: String, Sendable, CaseIterable {
        /// It takes everything and delivers it.
        case delivers
        /// It takes everything, and the phone is never reached.
        case loses
        /// It throttles (0x58).
        case throttles
        /// It says that the number is none (0x0B).
        case refuses
        /// It does not let anybody bind (0x0D).
        case closed
        /// It takes and never answers.
        case hangs
        /// It closes the connection at the first submit.
        case hangsUp
    }

    private struct State {
        var mode = Mode.delivers
        var texts: [String] = []
        var parts: [UInt8: [UInt8: [UInt8]]] = [:]
        var submits = 0
    }

    private let state = Mutex(State())
    private let password: String
    private let channel = Mutex<(any Channel)?>(nil)

    private init(password: String) { self.password = password }

    /// Starts one; port 0 lets the system choose.
    public static func start(password: String, host: String = "127.0.0.1", port: Int = 0) async throws -> FakeSMSC {
        let fake = FakeSMSC(password: password)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(SMSCHandler(fake))
                }
            }
            .bind(host: host, port: port).get()
        fake.channel.withLock { $0 = channel }
        return fake
    }

    /// Where it listens.
    public var port: Int { channel.withLock { $0?.localAddress?.port } ?? 0 }
    /// How it behaves from now on.
    public func set(_ mode: Mode) { state.withLock { $0.mode = mode } }
    /// The texts that came whole, in order.
    public var texts: [String] { state.withLock { $0.texts } }
    /// How many parts came.
    public var submits: Int { state.withLock { $0.submits } }
    /// Ends it.
    public func stop() async {
        let channel = channel.withLock { $0 }
        try? await channel?.close().get()
    }

    /// What it says to a unit; the second is sent a moment later.
    fileprivate func answer(_ unit: PDU) -> (now: PDU?, later: PDU?, hangsUp: Bool) {
        state.withLock { state in
            switch unit.known {
            case .bindTransceiver:
                let isKnown = (try? BindRequest(unit.body))?.password == password && state.mode != .closed
                return (
                    PDU(
                        .bindTransceiverResponse, status: isKnown ? 0 : 0x0D, sequence: unit.sequence,
                        body: isKnown ? Array("smsc".utf8) + [0] : []), nil, false
                )
            case .enquireLink:
                return (PDU(.enquireLinkResponse, sequence: unit.sequence), nil, false)
            case .unbind: return (PDU(.unbindResponse, sequence: unit.sequence), nil, false)
            case .submit: return submit(unit, &state)
            case .deliverResponse: return (nil, nil, false)
            default: return (PDU(.genericNack, status: 3, sequence: unit.sequence), nil, false)
            }
        }
    }

    private func submit(_ unit: PDU, _ state: inout State) -> (now: PDU?, later: PDU?, hangsUp: Bool) {
        func refused(_ status: UInt32) -> (now: PDU?, later: PDU?, hangsUp: Bool) {
            (PDU(.submitResponse, status: status, sequence: unit.sequence), nil, false)
        }
        switch state.mode {
        case .throttles: return refused(0x58)
        case .refuses: return refused(0x0B)
        case .hangs: return (nil, nil, false)
        case .hangsUp: return (nil, nil, true)
        case .delivers, .loses, .closed: break
        }
        guard let short = try? ShortMessage(unit.body), short.coding == 8 else { return refused(0x45) }
        state.submits += 1
        let id = "smsc-\(state.submits)"
        if short.esmClass & 0x40 != 0, short.text.count > 6, short.text.starts(with: [5, 0, 3]) {
            let (reference, count, number) = (short.text[3], short.text[4], short.text[5])
            state.parts[reference, default: [:]][number] = Array(short.text.dropFirst(6))
            if let parts = state.parts[reference], parts.count == Int(count) {
                state.texts.append(Self.text(parts.sorted { $0.key < $1.key }.flatMap(\.value)))
                state.parts[reference] = nil
            }
        } else {
            state.texts.append(Self.text(short.text))
        }
        let receipt = ShortMessage(
            source: short.destination, destination: short.source, esmClass: 4, coding: 0, registered: 0,
            text: DeliveryReceipt.text(
                id: id, state: state.mode == .loses ? "UNDELIV" : "DELIVRD", error: state.mode == .loses ? "001" : "000"
            ))
        return (
            PDU(.submitResponse, sequence: unit.sequence, body: Array(id.utf8) + [0]),
            short.registered == 1 ? PDU(.deliver, sequence: unit.sequence &+ 1_000_000, body: receipt.body) : nil, false
        )
    }

    private static func text(_ bytes: [UInt8]) -> String {
        var units: [UInt16] = []
        var index = 0
        while index + 1 < bytes.count {
            units.append(UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1]))
            index += 2
        }
        return String(decoding: units, as: UTF16.self)
    }
}

private final class SMSCHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var decoder = PDUDecoder()
    private let smsc: FakeSMSC

    init(_ smsc: FakeSMSC) { self.smsc = smsc }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        decoder.feed(unwrapInboundIn(data).readableBytesView)
        while let unit = (try? decoder.next()) ?? nil {
            let answer = smsc.answer(unit)
            if answer.hangsUp {
                context.close(promise: nil)
                return
            }
            for reply in [answer.now, answer.later].compactMap(\.self) {
                context.writeAndFlush(NIOAny(ByteBuffer(bytes: reply.bytes)), promise: nil)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
