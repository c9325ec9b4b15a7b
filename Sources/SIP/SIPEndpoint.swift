import Crypt
import Kernel
import NIOCore
import NIOPosix
import Synchronization

/// Sockets and transactions of one SIP element: UDP and TCP on one port.
///
/// Messages of one connection, and datagrams, are told in the order in which they came, on an event loop: what is done
/// with them must not block.
public final class SIPEndpoint: Sendable {
    /// How it listens.
    public struct Configuration: Sendable {
        /// The address to listen on.
        public var host = "0.0.0.0"
        /// The port of both transports; 0 lets the system choose.
        public var port = 5_060
        /// The address that others are told, in Via and Contact; `nil` takes the one by which they reached us.
        public var publicHost: String?
        /// TCP connections in all.
        public var connections = 20_000
        /// TCP connections of one address that is not this machine's.
        public var connectionsPerAddress = 64
        /// Bounds on messages.
        public var limits = SIPLimits()
        /// Seconds for which a TCP connection may be silent.
        public var idleSeconds: Int64 = 600
        /// Timers.
        public var timing = SIPTransactions.Timing()

        /// The usual settings.
        public init() {}
    }

    /// What is told of.
    public enum Event: Sendable {
        /// A request; answer it.
        case request(SIPIncoming)
        /// The ACK to a 2xx of ours.
        case acknowledged(SIPMessage)
        /// The far end took back an INVITE: answer it with 487.
        case cancelled(SIPServerKey)
        /// A 2xx of ours was never confirmed.
        case unacknowledged(SIPServerKey)
        /// A TCP connection ended; who is behind it can no longer be reached there.
        case disconnected(SIPHop)
        /// Bytes that were no message, from there.
        case garbage(SIPHop, SIPError)
    }

    private enum Waiter {
        case final(CheckedContinuation<SIPMessage, any Error>)
        case calling(@Sendable (Result<SIPMessage, SIPFailure>) -> Void)
    }

    private struct State {
        var transactions: SIPTransactions
        var waiters: [SIPClientKey: Waiter] = [:]
        var datagrams: (any Channel)?
        var listener: (any Channel)?
        var connections: [SIPHop: any Channel] = [:]
        var connecting: [SIPHop: [[UInt8]]] = [:]
        var perAddress: [String: Int] = [:]
        var port = 0
        var isClosed = false
    }

    private let configuration: Configuration
    private let state: Mutex<State>
    private let heard: @Sendable (Event) -> Void
    private let group = MultiThreadedEventLoopGroup.singleton

    /// An endpoint that does not listen yet.
    public init(_ configuration: Configuration = Configuration(), heard: @escaping @Sendable (Event) -> Void) {
        self.configuration = configuration
        self.heard = heard
        state = Mutex(State(transactions: SIPTransactions(configuration.timing)))
    }

    // MARK: Sockets

    /// Listens on both transports.
    /// - Returns: the port.
    @discardableResult
    public func start() async throws -> Int {
        var tries = 0
        while true {
            let datagrams = try await DatagramBootstrap(group: group)
                .channelOption(ChannelOptions.socketOption(.so_reuseaddr), value: configuration.port == 0 ? 0 : 1)
                .channelOption(ChannelOptions.socketOption(.so_rcvbuf), value: 4 << 20)
                .channelOption(
                    ChannelOptions.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536)
                )
                .channelInitializer { [self] channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(DatagramHandler(endpoint: self))
                    }
                }
                .bind(host: configuration.host, port: configuration.port).get()
            let port = datagrams.localAddress?.port ?? configuration.port
            do {
                let listener = try await ServerBootstrap(group: group)
                    .serverChannelOption(ChannelOptions.backlog, value: 1_024)
                    .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
                    .childChannelOption(ChannelOptions.socketOption(.tcp_nodelay), value: 1)
                    .childChannelInitializer { [self] channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(StreamHandler(endpoint: self))
                        }
                    }
                    .bind(host: configuration.host, port: port).get()
                state.withLock {
                    $0.datagrams = datagrams
                    $0.listener = listener
                    $0.port = port
                }
                tick(on: datagrams.eventLoop)
                return port
            } catch {
                // The system's choice for UDP may be taken for TCP.
                try? await datagrams.close()
                tries += 1
                guard configuration.port == 0, tries < 20 else { throw error }
            }
        }
    }

    /// The port it listens on; 0 before ``start()``.
    public var port: Int { state.withLock { $0.port } }
    /// Open TCP connections.
    public var connections: Int { state.withLock { $0.connections.count } }
    /// Open transactions.
    public var transactions: Int { state.withLock { $0.transactions.count } }

    /// Closes all sockets; requests that wait fail.
    public func stop() async {
        let (channels, waiters) = state.withLock { state in
            state.isClosed = true
            defer {
                state.waiters = [:]
                state.connections = [:]
            }
            let listening = [state.datagrams, state.listener].compactMap(\.self)
            return (listening + Array(state.connections.values), Array(state.waiters.values))
        }
        for waiter in waiters { Self.fail(waiter, .closed) }
        for channel in channels { try? await channel.close() }
    }

    private func tick(on loop: any EventLoop) {
        loop.scheduleTask(in: .milliseconds(50)) { [weak self] in
            guard let self else { return }
            let isClosed = state.withLock { $0.isClosed }
            if isClosed { return }
            expire(at: .now)
            tick(on: loop)
        }
    }

    private func expire(at now: Instant) {
        apply(
            state.withLock { state in
                guard let due = state.transactions.nextDue, due <= now else { return [] }
                return state.transactions.expire(at: now)
            })
    }

    // MARK: Asking

    /// Sends a request and waits for its final response. For INVITE use ``invite(_:to:heard:)``.
    /// - Throws: ``SIPFailure``.
    public func request(_ request: SIPMessage, to hop: SIPHop) async throws -> SIPMessage {
        try await withCheckedThrowingContinuation { continuation in
            begin(request, to: hop, waiter: .final(continuation))
        }
    }

    /// Sends an INVITE; every response is told, a final one or a failure last. A 2xx must be confirmed by
    /// ``acknowledge(_:with:to:)``.
    @discardableResult
    public func invite(
        _ request: SIPMessage, to hop: SIPHop, heard: @escaping @Sendable (Result<SIPMessage, SIPFailure>) -> Void
    ) -> SIPClientKey {
        begin(request, to: hop, waiter: .calling(heard))
    }

    @discardableResult
    private func begin(_ request: SIPMessage, to hop: SIPHop, waiter: Waiter) -> SIPClientKey {
        let message = withVia(request, to: hop)
        let (key, effects, isClosed) = state.withLock { state -> (SIPClientKey, [SIPEffect], Bool) in
            let (key, effects) = state.transactions.send(message, to: hop, at: .now)
            if !state.isClosed { state.waiters[key] = waiter }
            return (key, effects, state.isClosed)
        }
        if isClosed {
            Self.fail(waiter, .closed)
        } else {
            apply(effects)
        }
        return key
    }

    /// Confirms a 2xx.
    public func acknowledge(_ key: SIPClientKey, with ack: SIPMessage, to hop: SIPHop) {
        let message = withVia(ack, to: hop)
        apply(state.withLock { $0.transactions.acknowledge(key, with: message, to: hop) })
    }

    /// Confirms a 2xx whose transaction is gone.
    public func confirm(_ ack: SIPMessage, to hop: SIPHop) { transmit(withVia(ack, to: hop).bytes, hop) }

    /// Takes back an INVITE.
    public func cancel(_ key: SIPClientKey) {
        apply(state.withLock { $0.transactions.cancel(key, at: .now) })
    }

    func respond(_ response: SIPMessage, to key: SIPServerKey) {
        apply(state.withLock { $0.transactions.respond(response, to: key, at: .now) })
    }

    private func withVia(_ message: SIPMessage, to hop: SIPHop) -> SIPMessage {
        var stamped = message
        let via = SIPVia(
            transport: hop.transport.token, host: host(towards: hop), port: port, branch: Self.branch())
        stamped.headers.prepend("Via", via.text)
        return stamped
    }

    /// The address that somebody at `hop` reaches us by.
    public func host(towards hop: SIPHop) -> String {
        if let known = configuration.publicHost { return known }
        if configuration.host != "0.0.0.0", configuration.host != "::" { return configuration.host }
        let connection = state.withLock { $0.connections[hop] }
        return connection?.localAddress?.ipAddress ?? LocalAddress.towards(hop.host) ?? "127.0.0.1"
    }

    /// A new branch.
    public static func branch() -> String { "z9hG4bK" + tag() }

    /// A new tag, Call-ID or the like: 64 bits that nobody guesses.
    public static func tag() -> String {
        (try? Secret.hex(Secret.bytes(8))) ?? String(UInt64.random(in: 0...UInt64.max), radix: 16)
    }

    // MARK: What happens

    func received(_ message: SIPMessage, from hop: SIPHop) {
        let stamped = SIPRouting.stamp(message, from: hop)
        apply(state.withLock { $0.transactions.receive(stamped, from: hop, at: .now) })
    }

    func garbage(_ error: SIPError, from hop: SIPHop) { heard(.garbage(hop, error)) }

    private func apply(_ effects: [SIPEffect]) {
        for effect in effects {
            switch effect {
            case .transmit(let bytes, let hop): transmit(bytes, hop)
            case .request(let request, let key, let hop):
                heard(.request(SIPIncoming(request: request, hop: hop, key: key, endpoint: self)))
            case .acknowledged(let ack, _): heard(.acknowledged(ack))
            case .cancelled(let key): heard(.cancelled(key))
            case .unacknowledged(let key): heard(.unacknowledged(key))
            case .response(let response, let key, _): responded(response, key)
            case .timedOut(let key):
                if let waiter = state.withLock({ $0.waiters.removeValue(forKey: key) }) { Self.fail(waiter, .timedOut) }
            }
        }
    }

    private func responded(_ response: SIPMessage, _ key: SIPClientKey) {
        let isFinal = (response.status ?? 0) >= 200
        let waiter = state.withLock { state -> Waiter? in
            isFinal ? state.waiters.removeValue(forKey: key) : state.waiters[key]
        }
        switch waiter {
        case .final(let continuation)?:
            if isFinal { continuation.resume(returning: response) }
        case .calling(let told)?: told(.success(response))
        case nil: break
        }
    }

    private static func fail(_ waiter: Waiter, _ failure: SIPFailure) {
        switch waiter {
        case .final(let continuation): continuation.resume(throwing: failure)
        case .calling(let told): told(.failure(failure))
        }
    }

    /// Puts bytes on the wire outside any transaction.
    func send(_ bytes: [UInt8], to hop: SIPHop) { transmit(bytes, hop) }

    private func transmit(_ bytes: [UInt8], _ hop: SIPHop) {
        switch hop.transport {
        case .udp:
            guard let channel = state.withLock({ $0.datagrams }),
                let address = try? SocketAddress(ipAddress: hop.host, port: hop.port)
            else { return }
            let buffer = channel.allocator.buffer(bytes: bytes)
            channel.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: buffer), promise: nil)
        case .tcp:
            enum Way { case open(any Channel), waits, connect }
            let way = state.withLock { state -> Way in
                if let channel = state.connections[hop] { return .open(channel) }
                if let waiting = state.connecting[hop] {
                    if waiting.count < 64 { state.connecting[hop]?.append(bytes) }
                    return .waits
                }
                state.connecting[hop] = [bytes]
                return .connect
            }
            switch way {
            case .open(let channel):
                channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil)
            case .waits: break
            case .connect: connect(hop)
            }
        }
    }

    private func connect(_ hop: SIPHop) {
        ClientBootstrap(group: group)
            .connectTimeout(.seconds(5))
            .channelOption(ChannelOptions.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(StreamHandler(endpoint: self))
                }
            }
            .connect(host: hop.host, port: hop.port)
            .whenComplete { [self] result in
                let waiting = state.withLock { $0.connecting.removeValue(forKey: hop) } ?? []
                switch result {
                case .success(let channel):
                    for bytes in waiting { channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil) }
                case .failure: unreachable(hop)
                }
            }
    }

    /// Fails what waits for an answer from there.
    private func unreachable(_ hop: SIPHop) {
        let failed = state.withLock { state -> [Waiter] in
            state.transactions.drop(hop).compactMap { state.waiters.removeValue(forKey: $0) }
        }
        for waiter in failed { Self.fail(waiter, .unreachable) }
        heard(.disconnected(hop))
    }

    // MARK: Connections

    func opened(_ channel: any Channel, _ hop: SIPHop) -> Bool {
        let isOwn = hop.host == "127.0.0.1" || hop.host == "::1"
        return state.withLock { state in
            guard !state.isClosed, state.connections.count < configuration.connections,
                isOwn || state.perAddress[hop.host, default: 0] < configuration.connectionsPerAddress
            else { return false }
            state.connections[hop] = channel
            state.perAddress[hop.host, default: 0] += 1
            return true
        }
    }

    func closed(_ channel: any Channel, _ hop: SIPHop) {
        let wasOpen = state.withLock { state -> Bool in
            guard state.connections[hop] === channel else { return false }
            state.connections[hop] = nil
            let left = state.perAddress[hop.host, default: 1] - 1
            state.perAddress[hop.host] = left > 0 ? left : nil
            return true
        }
        if wasOpen { unreachable(hop) }
    }

    var limits: SIPLimits { configuration.limits }
    var idle: TimeAmount { .seconds(configuration.idleSeconds) }
}
