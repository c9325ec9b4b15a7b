import Kernel
import NIOCore
import NIOPosix
import SIP
import Synchronization

/// The far end of telephone calls: it asks for a log-in, rings, and does what somebody with a telephone might do.
public final class FakePBX: Sendable {
    /// What happens to a call.
    public enum Mode: String, Sendable, CaseIterable {
        /// Somebody takes it, listens, and presses 1.
        case pressesOne
        /// Somebody takes it, listens, and presses 2; the first packets of the press are lost.
        case pressesTwo
        /// A machine takes it, presses nothing and hangs up.
        case voicemail
        /// Busy (486).
        case busy
        /// It rings and nobody comes (480 after a while).
        case noAnswer
        /// The network speaks before anybody answers (183), even with tones, and then gives up.
        case earlyMedia
        /// Declined (603).
        case declines
        /// The trunk is down (503).
        case down
        /// Nothing is heard of it.
        case silent
    }

    private struct State {
        var mode = Mode.pressesOne
        var numbers: [String] = []
        var packets = 0
        var sounds: Set<UInt8> = []
        var byes = 0
        var cancels = 0
        var contact: String?
        var registrations: [Int] = []
        var registeredUntil: Instant?
        var grant = 300
        var least = 0
        var needsRegistration = false
        var alive = 0
    }

    private let state = Mutex(State())
    private let password: String
    private let nonces: NonceAuthority
    private let endpoint = Mutex<SIPEndpoint?>(nil)
    private let tag = SIPEndpoint.tag()

    private init(password: String) throws {
        self.password = password
        nonces = try NonceAuthority()
    }

    /// Starts one on loopback.
    public static func start(password: String) async throws -> FakePBX {
        let pbx = try FakePBX(password: password)
        var configuration = SIPEndpoint.Configuration()
        configuration.host = "127.0.0.1"
        configuration.port = 0
        let endpoint = SIPEndpoint(configuration) { event in
            switch event {
            case .request(let incoming): pbx.take(incoming)
            case .cancelled: pbx.state.withLock { $0.cancels += 1 }
            default: break
            }
        }
        _ = try await endpoint.start()
        pbx.endpoint.withLock { $0 = endpoint }
        return pbx
    }

    /// Where it listens.
    public var port: Int { endpoint.withLock { $0?.port } ?? 0 }
    /// What happens to calls from now on.
    public func set(_ mode: Mode) { state.withLock { $0.mode = mode } }
    /// The numbers that were called, those after a right log-in alone.
    public var numbers: [String] { state.withLock { $0.numbers } }
    /// Packets of sound that came.
    public var packets: Int { state.withLock { $0.packets } }
    /// Whether there was more in them than silence.
    public var heardWords: Bool { state.withLock { $0.sounds.count > 8 } }
    /// How often the caller hung up.
    public var byes: Int { state.withLock { $0.byes } }
    /// How often a call was taken back.
    public var cancels: Int { state.withLock { $0.cancels } }
    /// Takes calls of those alone that are registered, and keeps a registration for so many seconds.
    public func demandRegistration(grant: Int, least: Int = 0) {
        state.withLock {
            $0.needsRegistration = true
            $0.grant = grant
            $0.least = least
        }
    }
    /// The seconds that right registrations asked for, in order; 0 is one that ends.
    public var registrations: [Int] { state.withLock { $0.registrations } }
    /// How often it was asked whether it lives.
    public var alive: Int { state.withLock { $0.alive } }
    /// Ends it.
    public func stop() async {
        let endpoint = endpoint.withLock { $0 }
        await endpoint?.stop()
    }

    private func take(_ incoming: SIPIncoming) {
        let request = incoming.request
        switch request.method {
        case .bye?:
            state.withLock { $0.byes += 1 }
            incoming.respond(200)
        case .options?:
            let mode = state.withLock { state in
                state.alive += 1
                return state.mode
            }
            if mode == .silent { return }
            incoming.respond(mode == .down ? 503 : 200)
        case .register?: register(incoming)
        case .invite?:
            let mode = state.withLock { $0.mode }
            if mode == .silent { return }
            if mode == .down { return incoming.respond(503) }
            guard isProved(incoming, .invite) else { return }
            let isLet = state.withLock { state in
                !state.needsRegistration || state.registeredUntil.map { Instant.now < $0 } ?? false
            }
            guard isLet else { return incoming.respond(403) }
            state.withLock { $0.numbers.append(SIPAddress(request.headers["To"] ?? "")?.uri.user ?? "") }
            Task { try await self.ring(incoming, mode) }
        default: incoming.respond(200)
        }
    }

    /// Whether the request carries a right log-in; asks for one where it does not.
    private func isProved(_ incoming: SIPIncoming, _ method: SIPMethod) -> Bool {
        let request = incoming.request
        if let given = request.headers["Authorization"].flatMap(DigestCredentials.init),
            given.isRight(
                ha1: given.algorithm.ha1(user: given.username, realm: "pbx", password: password), method: method)
        {
            return true
        }
        var challenge = request.response(401, tag: SIPEndpoint.tag())
        challenge.headers.add(
            "WWW-Authenticate", DigestChallenge(realm: "pbx", nonce: nonces.make(at: .now)).header)
        incoming.respond(challenge)
        return false
    }

    private func register(_ incoming: SIPIncoming) {
        let request = incoming.request
        let mode = state.withLock { $0.mode }
        if mode == .silent { return }
        if mode == .down { return incoming.respond(503) }
        guard isProved(incoming, .register) else { return }
        let asked = request.headers["Expires"].flatMap { Int($0) } ?? 3_600
        let (grant, least) = state.withLock { ($0.grant, $0.least) }
        if asked > 0, asked < least {
            var brief = request.response(423, tag: SIPEndpoint.tag())
            brief.headers.add("Min-Expires", String(least))
            return incoming.respond(brief)
        }
        let kept = min(asked, grant)
        state.withLock { state in
            state.registrations.append(asked)
            state.contact = request.headers["Contact"]
            state.registeredUntil = kept > 0 ? .now + Int64(kept) * 1_000 : nil
        }
        var answer = request.response(200, tag: SIPEndpoint.tag())
        answer.headers.add("Contact", (request.headers["Contact"] ?? "") + ";expires=\(kept)")
        incoming.respond(answer)
    }

    private func ring(_ incoming: SIPIncoming, _ mode: Mode) async throws {
        let request = incoming.request
        let place = Self.place(request.body)
        switch mode {
        case .busy: return incoming.respond(486)
        case .declines: return incoming.respond(603)
        case .noAnswer:
            incoming.respond(180, tag: tag)
            try await Task.sleep(for: .milliseconds(300))
            return incoming.respond(480, tag: tag)
        default: break
        }
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Listener(self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        var answer = request.response(mode == .earlyMedia ? 183 : 200, tag: tag)
        answer.headers.add("Contact", "<sip:pbx@127.0.0.1:\(port)>")
        answer.headers.add("Content-Type", "application/sdp")
        answer.body = Array(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio \(channel.localAddress?.port ?? 0) RTP/AVP 8 101\r\n"
                .utf8)
        incoming.respond(180, tag: tag)
        incoming.respond(answer)
        if mode == .pressesOne || mode == .pressesTwo { await listen() }
        try await Task.sleep(for: .milliseconds(300))
        switch mode {
        case .pressesOne: press(1, from: channel, to: place, whole: true)
        case .pressesTwo: press(2, from: channel, to: place, whole: false)
        case .earlyMedia:
            press(1, from: channel, to: place, whole: true)
            try await Task.sleep(for: .milliseconds(200))
            incoming.respond(480, tag: tag)
        case .voicemail:
            if let dialog = SIPDialog(answering: request, with: answer) {
                var dialog = dialog
                let endpoint = endpoint.withLock { $0 }
                _ = try? await endpoint?.request(dialog.request(.bye), to: incoming.hop)
            }
        default: break
        }
        try await Task.sleep(for: .seconds(2))
        try await channel.close().get()
    }

    /// Hears a fifth of a second of the words, or waits for them for 10 s: nobody presses before there is anything to hear.
    private func listen() async {
        for _ in 0..<1_000 where packets < 10 { try? await Task.sleep(for: .milliseconds(10)) }
    }

    /// A press by RFC 4733: packets with the time of its start, its end three times.
    private func press(_ key: UInt8, from channel: any Channel, to place: SocketAddress?, whole: Bool) {
        guard let place else { return }
        let packets: [(end: Bool, duration: UInt16)] = [
            (false, 160), (false, 320), (true, 480), (true, 480), (true, 480),
        ]
        for (index, packet) in packets.enumerated() where whole || packet.end {
            let bytes: [UInt8] =
                [0x80, 101 | (index == 0 ? 0x80 : 0), 0, UInt8(index + 1)] + [0, 0, 0x10, 0] + [1, 2, 3, 4]
                + [key, (packet.end ? 0x80 : 0) | 10, UInt8(packet.duration >> 8), UInt8(packet.duration & 255)]
            channel.writeAndFlush(
                AddressedEnvelope(remoteAddress: place, data: ByteBuffer(bytes: bytes)), promise: nil)
        }
    }

    private static func place(_ body: [UInt8]) -> SocketAddress? {
        let lines = String(decoding: body, as: UTF8.self).split(whereSeparator: \.isNewline)
        guard let host = lines.first(where: { $0.hasPrefix("c=IN IP4 ") })?.dropFirst(9),
            let port = lines.first(where: { $0.hasPrefix("m=audio ") })?.split(separator: " ").dropFirst().first
                .flatMap({ Int($0) })
        else { return nil }
        return try? SocketAddress(ipAddress: String(host), port: port)
    }

    private func heard(_ packet: ByteBufferView) {
        state.withLock { state in
            state.packets += 1
            if state.sounds.count < 64 { state.sounds.formUnion(packet.dropFirst(12)) }
        }
    }

    private final class Listener: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        private let pbx: FakePBX
        init(_ pbx: FakePBX) { self.pbx = pbx }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            pbx.heard(unwrapInboundIn(data).data.readableBytesView)
        }
    }
}
