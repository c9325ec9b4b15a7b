import Media
import NIOCore
import NIOPosix

/// Sound on its way to one speaker: G.711 A-law in bare RTP, on the wall clock, silence where there is nothing to say.
final class Voice {
    let id: SourceID
    let wish: VoiceWish
    private(set) var address: MediaAddress?
    private(set) var connection: (any Channel)?
    private let hub: Hub
    private var waiting: [Int16] = []
    private var sequence = UInt16.random(in: 0...UInt16.max)
    private var timestamp = UInt32.random(in: 0...UInt32.max)
    private var timer: RepeatedTask?
    private var isDraining = false
    private var deadline: Scheduled<Void>?
    private var hasStarted = false
    private var target: SocketAddress?
    private var sentMs = 0
    private var toldMs = 0
    /// A minute of sound may wait; more is cut off.
    private static let mostWaiting = 8_000 * 60
    /// So long a speaker may take to connect while what it shall say waits.
    private static let patience = TimeAmount.seconds(12)

    /// When it began to wait for its speaker.
    let openedAt = NIODeadline.now()

    init(_ id: SourceID, _ wish: VoiceWish, hub: Hub) {
        self.id = id
        self.wish = wish
        self.hub = hub
    }

    func connect(to address: MediaAddress) {
        self.address = address
        switch wish.transport {
        case .udp: target = try? SocketAddress(ipAddress: address.host, port: address.port)
        case .tcpActive: MediaIntake.connect(hub: hub, to: address, source: id)
        case .tcpPassive: break
        }
    }

    func connected(_ channel: any Channel) {
        connection = channel
        begin()
    }

    func start() {
        hasStarted = true
        begin()
    }

    private func begin() {
        guard hasStarted, timer == nil, connection != nil || target != nil else { return }
        let bound = NIOLoopBound(self, eventLoop: hub.loop)
        let step = TimeAmount.milliseconds(Int64(min(180, max(20, wish.packetMs))))
        timer = hub.loop.scheduleRepeatedTask(initialDelay: .zero, delay: step) { _ in bound.value.send() }
    }

    func say(_ samples: [Int16]) {
        waiting += samples.prefix(max(0, Self.mostWaiting - waiting.count))
    }

    private func send() {
        let count = min(180, max(20, wish.packetMs)) * 8
        if isDraining, waiting.isEmpty {
            _ = close(drained: false)
            hub.voiceEnded(id)
            return
        }
        var payload = ByteBuffer()
        for sample in waiting.prefix(count) { payload.writeInteger(G711.aLaw(sample)) }
        if payload.readableBytes < count {
            payload.writeRepeatingByte(G711.silence, count: count - payload.readableBytes)
        }
        waiting.removeFirst(min(count, waiting.count))
        let packet = RTPPacket(
            payloadType: 8, marker: sentMs == 0, sequence: sequence, timestamp: timestamp, ssrc: wish.ssrc,
            payload: payload)
        sequence &+= 1
        timestamp &+= UInt32(count)
        var bytes = ByteBuffer()
        if let connection {
            // A speaker that takes nothing is not waited for.
            guard connection.isWritable else { return }
            bytes.writeInteger(UInt16(12 + count))
            packet.write(to: &bytes)
            connection.writeAndFlush(bytes, promise: nil)
        } else if let target, let datagrams = hub.datagrams {
            packet.write(to: &bytes)
            datagrams.writeAndFlush(AddressedEnvelope(remoteAddress: target, data: bytes), promise: nil)
        } else {
            return
        }
        sentMs += count / 8
        if sentMs - toldMs >= 1_000 {
            toldMs = sentMs
            hub.event(.spoken(id, ms: sentMs, isOver: false))
        }
    }

    /// Ends the voice, or lets it finish first: a speaker that has not connected yet is waited for a while.
    /// - Returns: whether it is over.
    func close(drained: Bool) -> Bool {
        if drained, !waiting.isEmpty {
            isDraining = true
            if timer == nil, deadline == nil {
                let bound = NIOLoopBound(self, eventLoop: hub.loop)
                deadline = hub.loop.scheduleTask(in: Self.patience) { bound.value.giveUp() }
            }
            return false
        }
        deadline?.cancel()
        deadline = nil
        timer?.cancel()
        timer = nil
        connection?.close(promise: nil)
        connection = nil
        hub.event(.spoken(id, ms: sentMs, isOver: true))
        return true
    }

    /// What was to be said has nobody to hear it.
    private func giveUp() {
        deadline = nil
        guard timer == nil else { return }
        _ = close(drained: false)
        hub.voiceEnded(id)
    }
}
