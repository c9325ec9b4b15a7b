import NIOCore
import NIOPosix
import SMPP
import Synchronization

/// One bound connection: questions go out, answers find who asked, at most ``window`` at once.
actor SMPPLink {
    /// Questions without an answer at once; carriers close connections that have more.
    static let window = 10
    /// Units that are heard and not yet worked on; more closes the connection.
    private static let backlog = 1_000

    /// Takes what the carrier brings; whether it is kept.
    typealias Heard = @Sendable (PDU) async -> Bool

    private let channel: any NIOCore.Channel
    private var sequence: UInt32 = 0
    private var waiting: [UInt32: CheckedContinuation<PDU?, Never>] = [:]
    private var inFlight = 0
    private var queue: [CheckedContinuation<Void, Never>] = []
    private(set) var isOpen = true

    private init(_ channel: any NIOCore.Channel) { self.channel = channel }

    /// Connects; nothing is bound yet.
    static func open(host: String, port: Int, heard: @escaping Heard) async throws -> SMPPLink {
        let (units, ends) = AsyncStream.makeStream(of: PDU.self, bufferingPolicy: .bufferingOldest(backlog))
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(3))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(SMPPHandler(ends))
                }
            }
            .connect(host: host, port: port).get()
        let link = SMPPLink(channel)
        Task {
            for await unit in units { await link.take(unit, heard) }
            await link.lost()
        }
        return link
    }

    /// Asks and waits for the answer.
    /// - Returns: `nil` where none came within `ms`, or the connection broke: what became of it is not known.
    func ask(_ command: PDU.Command, body: [UInt8] = [], within ms: Int64 = 5_000) async -> PDU? {
        guard isOpen else { return nil }
        if inFlight >= Self.window { await withCheckedContinuation { queue.append($0) } } else { inFlight += 1 }
        defer { if queue.isEmpty { inFlight -= 1 } else { queue.removeFirst().resume() } }
        guard isOpen else { return nil }
        sequence = sequence >= 0x7FFF_FFFF ? 1 : sequence + 1
        let number = sequence
        let timer = Task { [weak self] in
            try await Task.sleep(for: .milliseconds(ms))
            await self?.answer(number, nil)
        }
        defer { timer.cancel() }
        return await withCheckedContinuation { continuation in
            waiting[number] = continuation
            write(PDU(command, sequence: number, body: body))
        }
    }

    /// Hangs up, politely where the other side still listens.
    func close() async {
        if isOpen { _ = await ask(.unbind, within: 1_000) }
        try? await channel.close().get()
        lost()
    }

    private func write(_ unit: PDU) { channel.writeAndFlush(ByteBuffer(bytes: unit.bytes), promise: nil) }

    private func take(_ unit: PDU, _ heard: Heard) async {
        switch unit.known {
        case .bindTransceiverResponse, .submitResponse, .enquireLinkResponse, .unbindResponse, .genericNack:
            answer(unit.sequence, unit)
        case .enquireLink: write(PDU(.enquireLinkResponse, sequence: unit.sequence))
        case .unbind:
            write(PDU(.unbindResponse, sequence: unit.sequence))
            channel.close(promise: nil)
        case .deliver:
            // Kept first, acknowledged then: what is not acknowledged comes again.
            let isKept = await heard(unit)
            write(PDU(.deliverResponse, status: isKept ? 0 : 0x08, sequence: unit.sequence, body: [0]))
        default: write(PDU(.genericNack, status: 3, sequence: unit.sequence))
        }
    }

    private func answer(_ number: UInt32, _ unit: PDU?) { waiting.removeValue(forKey: number)?.resume(returning: unit) }

    private func lost() {
        isOpen = false
        for continuation in waiting.values { continuation.resume(returning: nil) }
        waiting = [:]
        for continuation in queue { continuation.resume() }
        queue = []
    }
}

/// Bytes in, units out.
private final class SMPPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var decoder = PDUDecoder()
    private let units: AsyncStream<PDU>.Continuation

    init(_ units: AsyncStream<PDU>.Continuation) { self.units = units }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        decoder.feed(unwrapInboundIn(data).readableBytesView)
        do {
            while let unit = try decoder.next() {
                if case .dropped = units.yield(unit) { context.close(promise: nil) }
            }
        } catch {
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) { units.finish() }
}
