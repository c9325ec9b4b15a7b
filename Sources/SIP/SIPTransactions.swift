import Kernel

/// Names a transaction that we began.
public struct SIPClientKey: Sendable, Hashable {
    /// The branch that we chose.
    public let branch: String
    /// CANCEL shares the branch of what it cancels.
    public let method: SIPMethod
}

/// Names a transaction that the far end began (RFC 3261, 17.2.3).
public struct SIPServerKey: Sendable, Hashable {
    let branch: String
    let sentBy: String
    let method: SIPMethod
}

/// What the transactions want done, or tell.
public enum SIPEffect: Sendable {
    /// Put these bytes on the wire.
    case transmit([UInt8], SIPHop)
    /// A new request: answer it by ``SIPTransactions/respond(_:to:at:)``.
    case request(SIPMessage, SIPServerKey, SIPHop)
    /// The far end has confirmed our 2xx to its INVITE; a transaction of its own.
    case acknowledged(SIPMessage, SIPHop)
    /// The far end takes back its INVITE; the CANCEL itself is answered. Answer the INVITE with 487.
    case cancelled(SIPServerKey)
    /// Our 2xx was sent for 32 s and never confirmed: end the dialog.
    case unacknowledged(SIPServerKey)
    /// A response to a request of ours.
    case response(SIPMessage, SIPClientKey, SIPHop)
    /// No final response came in time (timers B and F).
    case timedOut(SIPClientKey)
}

/// RFC 3261's four transaction machines with RFC 6026's correction, for one element; pure: messages and the time go in,
/// effects come out.
///
/// Beyond the letter it sends a 2xx to an INVITE again until its ACK comes (13.3.1.4), and our ACK again when a 2xx
/// comes again (13.2.2.4), so that who uses it need not.
public struct SIPTransactions: Sendable {
    /// The timers' base (RFC 3261, 17.1.1.1), in milliseconds.
    public struct Timing: Sendable {
        /// A round trip.
        public var t1: Int64 = 500
        /// The longest pause between repetitions.
        public var t2: Int64 = 4_000
        /// How long a message may live in the network.
        public var t4: Int64 = 5_000
        /// How long an INVITE may ring once it rings; CANCEL is ours to send before.
        public var ring: Int64 = 180_000

        /// The standard's.
        public init() {}
    }

    private enum Phase { case trying, proceeding, completed, accepted, confirmed }

    private struct Client {
        var request: SIPMessage
        var bytes: [UInt8]
        var hop: SIPHop
        var phase = Phase.trying
        var interval: Int64
        var repeatAt: Int64?
        var endAt: Int64
        var ack: [UInt8]?
        var ackHop: SIPHop?
        var wantsCancel = false
    }

    private struct Server {
        var request: SIPMessage
        var hop: SIPHop
        var phase = Phase.trying
        var last: [UInt8] = []
        var interval: Int64
        var repeatAt: Int64?
        var endAt: Int64
    }

    private enum Key: Hashable {
        case client(SIPClientKey)
        case server(SIPServerKey)
    }

    /// How many transactions may be open at once; more are answered with 503 and forgotten.
    public static let limit = 100_000

    private let timing: Timing
    private var clients: [SIPClientKey: Client] = [:]
    private var servers: [SIPServerKey: Server] = [:]
    /// INVITEs that we accepted, by what their ACK has in common with them.
    private var accepted: [String: SIPServerKey] = [:]
    private var due = DueQueue<Key>()

    /// None open.
    public init(_ timing: Timing = Timing()) { self.timing = timing }

    /// Open transactions.
    public var count: Int { clients.count + servers.count }

    // MARK: Requests of ours

    /// Sends a request whose uppermost Via carries a new branch. An ACK to a 2xx goes through ``acknowledge(_:with:)``.
    public mutating func send(_ request: SIPMessage, to hop: SIPHop, at now: Instant) -> (SIPClientKey, [SIPEffect]) {
        let key = SIPClientKey(
            branch: request.via?.branch ?? "", method: request.method ?? SIPMethod(rawValue: ""))
        let bytes = request.bytes
        var client = Client(
            request: request, bytes: bytes, hop: hop, interval: timing.t1, endAt: now.ms + 64 * timing.t1)
        if hop.transport == .udp { client.repeatAt = now.ms + timing.t1 }
        clients[key] = client
        schedule(.client(key), client.repeatAt, client.endAt)
        return (key, [.transmit(bytes, hop)])
    }

    /// Confirms a 2xx to our INVITE, and again whenever it comes again.
    public mutating func acknowledge(_ key: SIPClientKey, with ack: SIPMessage, to hop: SIPHop) -> [SIPEffect] {
        let bytes = ack.bytes
        clients[key]?.ack = bytes
        clients[key]?.ackHop = hop
        return [.transmit(bytes, hop)]
    }

    /// Takes back an INVITE that has no final answer yet: at once when it rings, else as soon as it does (9.1).
    public mutating func cancel(_ key: SIPClientKey, at now: Instant) -> [SIPEffect] {
        guard var client = clients[key], key.method == .invite else { return [] }
        switch client.phase {
        case .trying:
            client.wantsCancel = true
            clients[key] = client
            return []
        case .proceeding: return sendCancel(key, client, at: now)
        default: return []
        }
    }

    private mutating func sendCancel(_ key: SIPClientKey, _ client: Client, at now: Instant) -> [SIPEffect] {
        guard case .request(_, let uri) = client.request.start else { return [] }
        var cancel = SIPMessage(.request(.cancel, uri: uri))
        if let via = client.request.headers["Via"] { cancel.headers.add("Via", via) }
        for name in ["From", "To", "Call-ID"] {
            if let value = client.request.headers[name] { cancel.headers.add(name, value) }
        }
        cancel.headers.add("CSeq", CSeq(client.request.cseq?.number ?? 0, .cancel).text)
        for value in client.request.headers.all("Route") { cancel.headers.add("Route", value) }
        cancel.headers.add("Max-Forwards", "70")
        // No final answer within 32 s of a CANCEL is none at all (9.1).
        clients[key]?.wantsCancel = false
        clients[key]?.endAt = now.ms + 64 * timing.t1
        schedule(.client(key), nil, now.ms + 64 * timing.t1)
        return send(cancel, to: client.hop, at: now).1
    }

    // MARK: Answers of ours

    /// Answers a request; a final answer after a final one is dropped.
    public mutating func respond(_ response: SIPMessage, to key: SIPServerKey, at now: Instant) -> [SIPEffect] {
        guard var server = servers[key], server.phase == .trying || server.phase == .proceeding,
            let status = response.status
        else { return [] }
        server.last = response.bytes
        let isUDP = server.hop.transport == .udp
        if status < 200 {
            server.phase = .proceeding
        } else if key.method == .invite {
            server.phase = status < 300 ? .accepted : .completed
            if status < 300 { accepted[Self.call(server.request)] = key }
            server.interval = timing.t1
            // A 2xx is sent again over TCP too (13.3.1.4).
            server.repeatAt = isUDP || status < 300 ? now.ms + timing.t1 : nil
            server.endAt = now.ms + 64 * timing.t1
        } else {
            server.phase = .completed
            server.endAt = isUDP ? now.ms + 64 * timing.t1 : now.ms
        }
        servers[key] = server
        schedule(.server(key), server.repeatAt, server.endAt)
        return [.transmit(server.last, server.hop)]
    }

    // MARK: What comes in

    /// Takes a message that came from `hop`. A request's Via must carry `received` and `rport` already.
    public mutating func receive(_ message: SIPMessage, from hop: SIPHop, at now: Instant) -> [SIPEffect] {
        message.status == nil ? request(message, hop, now) : response(message, hop, now)
    }

    private mutating func request(_ message: SIPMessage, _ hop: SIPHop, _ now: Instant) -> [SIPEffect] {
        guard let method = message.method, let via = message.via else { return [] }
        let sentBy = "\(via.host.lowercased()):\(via.port ?? 5_060)"
        // Before RFC 3261 a branch named nothing: then Call-ID and CSeq do.
        let branch =
            via.branch.hasPrefix("z9hG4bK")
            ? via.branch : "\(message.callID)|\(message.cseq?.number ?? 0)|\(message.from?.tag ?? "")"
        let key = SIPServerKey(branch: branch, sentBy: sentBy, method: method == .ack ? .invite : method)
        if method == .ack { return ack(message, key, hop, now) }
        if let known = servers[key] {
            return known.last.isEmpty || known.phase == .accepted ? [] : [.transmit(known.last, known.hop)]
        }
        if method == .cancel {
            let target = SIPServerKey(branch: branch, sentBy: sentBy, method: .invite)
            let known = servers[target]
            open(key, message, hop, now)
            var effects = respond(message.response(known == nil ? 481 : 200, tag: "c"), to: key, at: now)
            if let known, known.phase == .trying || known.phase == .proceeding { effects.append(.cancelled(target)) }
            return effects
        }
        guard servers.count < Self.limit else {
            return [.transmit(message.response(503, tag: "b").bytes, SIPRouting.answerHop(message, from: hop))]
        }
        open(key, message, hop, now)
        return [.request(message, key, hop)]
    }

    private mutating func open(_ key: SIPServerKey, _ message: SIPMessage, _ hop: SIPHop, _ now: Instant) {
        // Who never answers holds a transaction for three minutes at most.
        let server = Server(
            request: message, hop: SIPRouting.answerHop(message, from: hop), interval: timing.t1,
            endAt: now.ms + timing.ring + 64 * timing.t1)
        servers[key] = server
        schedule(.server(key), nil, server.endAt)
    }

    private mutating func ack(
        _ message: SIPMessage, _ key: SIPServerKey, _ hop: SIPHop, _ now: Instant
    ) -> [SIPEffect] {
        // To a refusal it is part of the INVITE's transaction.
        if var server = servers[key], server.phase == .completed || server.phase == .confirmed {
            server.phase = .confirmed
            server.repeatAt = nil
            server.endAt = server.hop.transport == .udp ? now.ms + timing.t4 : now.ms
            servers[key] = server
            schedule(.server(key), nil, server.endAt)
            return []
        }
        // To a 2xx it has a branch of its own, and belongs to the INVITE with its number.
        if let key = accepted[Self.call(message)] {
            guard servers[key]?.repeatAt != nil else { return [] }
            servers[key]?.repeatAt = nil
        }
        return [.acknowledged(message, hop)]
    }

    private static func call(_ message: SIPMessage) -> String {
        "\(message.callID)|\(message.cseq?.number ?? 0)|\(message.from?.tag ?? "")"
    }

    private mutating func response(_ message: SIPMessage, _ hop: SIPHop, _ now: Instant) -> [SIPEffect] {
        guard let status = message.status, let branch = message.via?.branch, let method = message.cseq?.method
        else { return [] }
        let key = SIPClientKey(branch: branch, method: method)
        guard var client = clients[key] else { return [] }
        let isInvite = method == .invite
        switch client.phase {
        case .trying, .proceeding:
            if status < 200 {
                client.phase = .proceeding
                if isInvite {
                    client.repeatAt = nil
                    client.endAt = now.ms + timing.ring
                } else {
                    client.interval = timing.t2
                }
                let wantsCancel = client.wantsCancel
                clients[key] = client
                schedule(.client(key), client.repeatAt, client.endAt)
                var effects: [SIPEffect] = [.response(message, key, hop)]
                if wantsCancel { effects += sendCancel(key, client, at: now) }
                return effects
            }
            client.repeatAt = nil
            var effects: [SIPEffect] = []
            if isInvite, status >= 300 {
                client.phase = .completed
                let ack = Self.ack(toRefusal: message, of: client.request).bytes
                client.ack = ack
                client.endAt = now.ms + (client.hop.transport == .udp ? 32_000 : 0)
                effects.append(.transmit(ack, client.hop))
            } else if isInvite {
                client.phase = .accepted
                client.endAt = now.ms + 64 * timing.t1
            } else {
                client.phase = .completed
                client.endAt = now.ms + (client.hop.transport == .udp ? timing.t4 : 0)
            }
            clients[key] = client
            schedule(.client(key), nil, client.endAt)
            effects.append(.response(message, key, hop))
            return effects
        case .completed:
            guard isInvite, status >= 300, let ack = client.ack else { return [] }
            return [.transmit(ack, client.hop)]
        case .accepted:
            guard (200...299).contains(status), let ack = client.ack else { return [] }
            return [.transmit(ack, client.ackHop ?? client.hop)]
        case .confirmed: return []
        }
    }

    /// The ACK to a refusal: the INVITE's own branch (17.1.1.3).
    private static func ack(toRefusal response: SIPMessage, of invite: SIPMessage) -> SIPMessage {
        var ack = SIPMessage(.request(.ack, uri: invite.uri ?? ""))
        if let via = invite.headers["Via"] { ack.headers.add("Via", via) }
        if let from = invite.headers["From"] { ack.headers.add("From", from) }
        if let to = response.headers["To"] { ack.headers.add("To", to) }
        ack.headers.add("Call-ID", invite.callID)
        ack.headers.add("CSeq", CSeq(invite.cseq?.number ?? 0, .ack).text)
        for value in invite.headers.all("Route") { ack.headers.add("Route", value) }
        ack.headers.add("Max-Forwards", "70")
        return ack
    }

    // MARK: Time

    /// When ``expire(at:)`` has something to do next.
    public var nextDue: Instant? { due.first.map(Instant.init(ms:)) }

    /// Repeats and ends what is due.
    public mutating func expire(at now: Instant) -> [SIPEffect] {
        var effects: [SIPEffect] = []
        while let key = due.pop(until: now.ms) {
            switch key {
            case .client(let key): expire(client: key, now, &effects)
            case .server(let key): expire(server: key, now, &effects)
            }
        }
        return effects
    }

    private mutating func expire(client key: SIPClientKey, _ now: Instant, _ effects: inout [SIPEffect]) {
        guard var client = clients[key] else { return }
        if now.ms >= client.endAt {
            clients[key] = nil
            if client.phase == .trying || client.phase == .proceeding { effects.append(.timedOut(key)) }
        } else if let repeatAt = client.repeatAt, now.ms >= repeatAt {
            client.interval = key.method == .invite ? client.interval * 2 : min(client.interval * 2, timing.t2)
            client.repeatAt = now.ms + client.interval
            clients[key] = client
            schedule(.client(key), client.repeatAt, client.endAt)
            effects.append(.transmit(client.bytes, client.hop))
        }
    }

    private mutating func expire(server key: SIPServerKey, _ now: Instant, _ effects: inout [SIPEffect]) {
        guard var server = servers[key] else { return }
        if now.ms >= server.endAt {
            servers[key] = nil
            if server.phase == .accepted { accepted[Self.call(server.request)] = nil }
            if server.phase == .accepted, server.repeatAt != nil { effects.append(.unacknowledged(key)) }
        } else if let repeatAt = server.repeatAt, now.ms >= repeatAt {
            server.interval = min(server.interval * 2, timing.t2)
            server.repeatAt = now.ms + server.interval
            servers[key] = server
            schedule(.server(key), server.repeatAt, server.endAt)
            effects.append(.transmit(server.last, server.hop))
        }
    }

    /// Forgets what waits for a far end that cannot be reached any more.
    /// - Returns: our requests that had no final answer.
    mutating func drop(_ hop: SIPHop) -> [SIPClientKey] {
        let lost = clients.filter {
            $0.value.hop == hop && ($0.value.phase == .trying || $0.value.phase == .proceeding)
        }
        for key in lost.keys { clients[key] = nil }
        return Array(lost.keys)
    }

    private mutating func schedule(_ key: Key, _ repeatAt: Int64?, _ endAt: Int64) {
        due.push(key, at: min(repeatAt ?? endAt, endAt))
    }
}
