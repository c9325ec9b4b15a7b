import Kernel
import Logging
import SIP
import ServiceLifecycle

/// A trunk or PBX, and how it is spoken to.
public struct SIPTrunk: Sendable {
    /// Where it listens: a numeric address.
    public var hop: SIPHop
    /// The domain of its addresses.
    public var domain: String
    /// The log-in, where it asks for one; also the number that calls show unless ``shown`` says another.
    public var user: String
    /// The password.
    public var password: String
    /// The number that calls show.
    public var shown: String
    /// Seconds for which it rings.
    public var ringSeconds: Int64
    /// The address on which sound and answers are heard.
    public var listenHost: String
    /// Whether it takes calls of those alone that are registered with it.
    public var registers: Bool

    /// A trunk.
    public init(
        hop: SIPHop, domain: String, user: String, password: String, shown: String = "", ringSeconds: Int64 = 40,
        listenHost: String = "0.0.0.0", registers: Bool = false
    ) {
        self.registers = registers
        self.hop = hop
        self.domain = domain
        self.user = user
        self.password = password
        self.shown = shown.isEmpty ? user : shown
        self.ringSeconds = ringSeconds
        self.listenHost = listenHost
    }

    func invite(_ number: String, callID: String, host: String, port: Int, media: Int) -> SIPMessage {
        // Nothing but digits of a number goes into an address.
        let digits = number.filter { $0.isASCII && ($0.isNumber || $0 == "+") }
        let uri = "sip:\(digits)@\(domain)"
        var message = SIPMessage(.request(.invite, uri: uri))
        message.headers.add("From", "<sip:\(shown)@\(domain)>;tag=\(SIPEndpoint.tag())")
        message.headers.add("To", "<\(uri)>")
        message.headers.add("Call-ID", callID)
        message.headers.add("CSeq", CSeq(1, .invite).text)
        message.headers.add("Max-Forwards", "70")
        message.headers.add(
            "Contact", "<sip:\(shown)@\(host):\(port)\(hop.transport == .tcp ? ";transport=tcp" : "")>")
        message.headers.add("Content-Type", "application/sdp")
        message.body = Array(CallSDP.offer(host: host, port: media).utf8)
        return message
    }

    /// The request again with the answer to a challenge, or `nil` where there is no log-in or nothing to answer.
    func proved(_ request: SIPMessage, challenge response: SIPMessage) -> SIPMessage? {
        let isProxy = response.status == 407
        guard !password.isEmpty, let uri = request.uri, let method = request.method, let cseq = request.cseq,
            let challenge = response.headers[isProxy ? "Proxy-Authenticate" : "WWW-Authenticate"]
                .flatMap(DigestChallenge.init)
        else { return nil }
        var again = request
        again.headers["CSeq"] = CSeq(cseq.number + 1, method).text
        again.headers[isProxy ? "Proxy-Authorization" : "Authorization"] =
            challenge.answer(user: user, password: password, method: method, uri: uri, cnonce: SIPEndpoint.tag())
            .header
        return again
    }
}

/// Calls through SIP trunks or a PBX: the message is spoken twice, and a key is awaited. Where the first trunk is down,
/// does not ring or does not take us, the next one is asked.
public actor SIPCarrier: Carrier, Service {
    /// Calls at once, where nothing else is said, and at most.
    public static let (usual, most) = (30, 1_000)

    /// Takes how a call ended: the message, how far it came, the key.
    public typealias Results = @Sendable (MessageID, MessageState, String?) async throws -> Void

    private let trunks: [SIPTrunk]
    private let atOnce: Int
    private var registrations: [TrunkRegistration] = []
    private let speech: @Sendable (String) async -> [UInt8]?
    private let hint: String
    private let results: Results
    private let logger: Logger
    private var endpoint: SIPEndpoint?
    private var calls: [String: PhoneCall] = [:]

    /// A carrier; nothing listens yet.
    /// - Parameters:
    ///   - trunk: the one that is asked first.
    ///   - others: those that are asked in its stead, in this order.
    ///   - atOnce: calls at once that the trunk allows, 1…``most``.
    ///   - hint: what is said after the message, such as which keys mean what.
    ///   - speech: words as A-law.
    public init(
        _ trunk: SIPTrunk, others: [SIPTrunk] = [], atOnce: Int = usual, hint: String, logger: Logger,
        speech: @escaping @Sendable (String) async -> [UInt8]?,
        results: @escaping Results
    ) {
        trunks = [trunk] + others
        self.atOnce = min(max(1, atOnce), Self.most)
        self.hint = hint
        self.logger = logger
        self.speech = speech
        self.results = results
    }

    /// Listens until told to stop.
    public func run() async throws {
        try await start()
        try? await gracefulShutdown()
        await stop()
    }

    /// Listens.
    public func start() async throws {
        var configuration = SIPEndpoint.Configuration()
        configuration.host = trunks[0].listenHost
        configuration.port = 0
        let endpoint = SIPEndpoint(configuration) { [weak self] event in
            guard case .request(let incoming) = event else { return }
            guard let self else { return incoming.respond(503) }
            Task { await self.take(incoming) }
        }
        _ = try await endpoint.start()
        self.endpoint = endpoint
        registrations = trunks.map { TrunkRegistration($0, endpoint, logger: logger) }
        for registration in registrations { await registration.start() }
    }

    /// Hangs up nothing, hears nothing more.
    public func stop() async {
        for registration in registrations { await registration.stop() }
        registrations = []
        await endpoint?.stop()
        endpoint = nil
    }

    /// Rings the person; returns when it rings. What came of it is told to `results`.
    public func send(_ message: Message) async -> Delivery {
        guard let endpoint else { return .again("not-started", mayHaveGoneOut: false) }
        guard calls.count < atOnce else { return .again("too many calls", mayHaveGoneOut: false) }
        guard let once = await speech(message.text + "。" + hint) else {
            return .again("no-speech", mayHaveGoneOut: false)
        }
        let pause = [UInt8](repeating: ALaw.silence, count: 8_000)
        let sound = pause + once + pause + once
        var last = Delivery.again("no trunk", mayHaveGoneOut: false)
        let ways = await ways()
        for (index, trunk) in ways.enumerated() {
            let isLast = index == ways.count - 1
            last = await place(
                message, over: trunk, endpoint, sound,
                trunkMs: isLast && index == 0 ? PhoneCall.trunkMs.alone : PhoneCall.trunkMs.first)
            // A trunk that wants a log-in we do not have is as good as none; busy and declined are the person's.
            switch last {
            case .again(_, mayHaveGoneOut: false), .refused("401"), .refused("403"), .refused("407"): continue
            default: return last
            }
        }
        return last
    }

    /// Whether a trunk lives; `nil` before any was asked.
    public func pulse() async -> Bool? {
        let now = Instant.now
        for registration in registrations {
            if await registration.isKnownAlive(at: now) { return true }
        }
        return false
    }

    /// The trunks that live, as configured; all of them where none seems to.
    private func ways() async -> [SIPTrunk] {
        let now = Instant.now
        var alive: [SIPTrunk] = []
        for registration in registrations {
            if await registration.isAlive(at: now) { alive.append(registration.trunk) }
        }
        return alive.isEmpty ? trunks : alive
    }

    private func place(
        _ message: Message, over trunk: SIPTrunk, _ endpoint: SIPEndpoint, _ sound: [UInt8], trunkMs: Int64
    ) async -> Delivery {
        let (results, logger) = (results, logger)
        let call = PhoneCall(
            trunk, endpoint, number: message.to.phone, sound: sound, trunkMs: trunkMs
        ) { [weak self] id, ending in
            do {
                switch ending {
                case .answered(let key): try await results(message.id, .answered, key)
                case .failed: try await results(message.id, .failed, nil)
                case nil: break
                }
            } catch {
                logger.error(
                    "how a call ended could not be kept", metadata: ["message": "\(message.id)", "error": "\(error)"])
            }
            await self?.forget(id)
        }
        calls[call.id] = call
        return await call.place()
    }

    private func forget(_ id: String) { calls[id] = nil }

    private func take(_ incoming: SIPIncoming) {
        switch incoming.request.method {
        case .bye?:
            guard let call = calls[incoming.request.callID] else { return incoming.respond(481) }
            incoming.respond(200)
            call.hungUp()
        case .options?: incoming.respond(200)
        case .info?: incoming.respond(200)
        default: incoming.respond(405)
        }
    }
}
