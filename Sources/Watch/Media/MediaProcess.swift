import Crypt
import Foundation
import Kernel
import Logging
import Media
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Starts the media process, watches over it, and speaks with it. The alarm path knows nothing of it: its end costs
/// pictures, and it is started again after 0.2 s, 0.4 s … 10 s.
public final class MediaProcess: MediaPlane, Service {
    /// How it is started.
    public struct Configuration: Sendable {
        /// The program, whose first argument is `media`; `nil` is a centre without pictures.
        public var program: URL?
        /// The address on which devices reach it.
        public var mediaHost = "0.0.0.0"
        /// The port of RTP; 0 lets the system choose.
        public var mediaPort = 30_000
        /// The address on which browsers reach it.
        public var viewHost = "127.0.0.1"
        /// The port of the browsers' WebSocket; 0 lets the system choose.
        public var viewPort = 8_081
        /// How many streams of H.265 are made into H.264 at once at most, for browsers that cannot decode them.
        public var mostTranscodes = 2
        /// Certificate chain and key (PEM) of that port, where the console speaks HTTPS.
        public var tls: (certificate: URL, key: URL)?

        /// No program yet.
        public init() {}
    }

    struct State {
        var channel: (any Channel)?
        var ports: (media: Int, view: Int)?
        var next = 1
        var waiting: [Int: CheckedContinuation<Result<Receiver, MediaFailure>, Never>] = [:]
        var listeners: [Int: AsyncStream<MediaEvent>.Continuation] = [:]
        var pid: Int32?
    }

    private let configuration: Configuration
    private let key: [UInt8]
    private let logger: Logger
    let state = Mutex(State())
    private let restarts = Metrics.shared.counter("zhili_media_restarts_total", "Starts of the media process")

    /// A process that is not started yet.
    public init(_ configuration: Configuration, logger: Logger) throws {
        self.configuration = configuration
        self.logger = logger
        key = try Secret.bytes(32)
    }

    /// The port of the browsers' WebSocket, while the process runs.
    public var viewPort: Int? { state.withLock { $0.ports?.view } }
    /// The port of RTP, while the process runs.
    public var mediaPort: Int? { state.withLock { $0.ports?.media } }
    /// The number of the process, while it runs.
    public var processID: Int32? { state.withLock { $0.pid } }

    /// Starts it, again and again, until the service group shuts down.
    public func run() async throws {
        guard let program = configuration.program else {
            try? await gracefulShutdown()
            return
        }
        await cancelWhenGracefulShutdown { [self] in
            var pause = 200
            while !Task.isCancelled {
                let started = ContinuousClock.now
                do {
                    restarts.add()
                    try await runOnce(program)
                } catch is CancellationError {
                    break
                } catch {
                    logger.error("the media process", metadata: ["error": "\(error)"])
                }
                ended()
                if Task.isCancelled { break }
                if ContinuousClock.now - started > .seconds(30) { pause = 200 }
                logger.warning("the media process ended and is started again", metadata: ["in": "\(pause) ms"])
                try? await Task.sleep(for: .milliseconds(pause))
                pause = min(10_000, pause * 2)
            }
        }
    }

    private func runOnce(_ program: URL) async throws {
        var pair: [CInt] = [-1, -1]
        guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
            throw IOError(errnoCode: errno, reason: "socketpair")
        }
        let process = Process()
        process.executableURL = program
        process.arguments = [
            "media", "--media-host", configuration.mediaHost, "--media-port", "\(configuration.mediaPort)",
            "--view-host", configuration.viewHost, "--view-port", "\(configuration.viewPort)",
            "--most-transcodes", "\(configuration.mostTranscodes)",
        ]
        if let tls = configuration.tls {
            process.arguments? += ["--certificate", tls.certificate.path, "--key", tls.key.path]
        }
        process.standardInput = FileHandle(fileDescriptor: pair[1], closeOnDealloc: false)
        let (ends, end) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in end.finish() }
        do {
            try process.run()
        } catch {
            Glibc.close(pair[0])
            Glibc.close(pair[1])
            throw error
        }
        Glibc.close(pair[1])
        let pid = process.processIdentifier
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        ByteToMessageHandler(LineHandler()), WordHandler(owner: self),
                    ])
                }
            }
            .withConnectedSocket(pair[0]).get()
        state.withLock { state in
            state.channel = channel
            state.pid = pid
        }
        order(.hello(key: Secret.hex(key)))
        await withTaskCancellationHandler {
            for await _ in ends {}
        } onCancel: {
            // The end of the connection is what tells it to end.
            channel.close(promise: nil)
            end.finish()
        }
        channel.close(promise: nil)
    }

    private func ended() {
        let (waiting, wasUp) = state.withLock { state in
            defer {
                state.channel = nil
                state.ports = nil
                state.pid = nil
                state.waiting = [:]
            }
            return (state.waiting, state.ports != nil)
        }
        for continuation in waiting.values { continuation.resume(returning: .failure(.processEnded)) }
        if wasUp { spread(.restarted) }
    }

    func hear(_ word: MediaWord) {
        switch word {
        case .ready(let mediaPort, let viewPort):
            state.withLock { $0.ports = (mediaPort, viewPort) }
            logger.info("the media process is ready", metadata: ["media": "\(mediaPort)", "viewers": "\(viewPort)"])
        case .answer(let number, let receiver, let failure):
            let continuation = state.withLock { $0.waiting.removeValue(forKey: number) }
            continuation?.resume(returning: receiver.map { .success($0) } ?? .failure(failure ?? .refused))
        case .event(let event): spread(event)
        }
    }

    private func spread(_ event: MediaEvent) {
        for listener in state.withLock({ Array($0.listeners.values) }) { listener.yield(event) }
    }

    // MARK: MediaPlane

    /// Whether the media process answers.
    public var isRunning: Bool { state.withLock { $0.ports != nil } }

    /// What happens from now on.
    public func events() -> AsyncStream<MediaEvent> {
        let (stream, continuation) = AsyncStream<MediaEvent>.makeStream(bufferingPolicy: .bufferingNewest(1_000))
        let number = state.withLock { state in
            state.next += 1
            state.listeners[state.next] = continuation
            return state.next
        }
        continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.listeners[number] = nil } }
        return stream
    }

    func order(_ command: MediaOrder.Command) {
        let channel = state.withLock { $0.channel }
        guard let channel, let line = try? ControlLine.encode(MediaOrder(number: 0, command: command)) else { return }
        channel.writeAndFlush(line, promise: nil)
    }

    func ask(_ command: MediaOrder.Command) async throws(MediaFailure) -> Receiver {
        let answer = await withCheckedContinuation { continuation in
            let (channel, number) = state.withLock { state -> ((any Channel)?, Int) in
                guard state.ports != nil, let channel = state.channel else { return (nil, 0) }
                state.next += 1
                state.waiting[state.next] = continuation
                return (channel, state.next)
            }
            guard let channel else {
                continuation.resume(returning: .failure(.processEnded))
                return
            }
            guard let line = try? ControlLine.encode(MediaOrder(number: number, command: command)) else {
                state.withLock { $0.waiting.removeValue(forKey: number) }?.resume(returning: .failure(.refused))
                return
            }
            channel.writeAndFlush(line, promise: nil)
        }
        return try answer.get()
    }

    func pass(_ pass: MediaPass, path: String) throws(MediaFailure) -> Ticket {
        guard let port = viewPort, let ticket = try? pass.sealed(key: key) else { throw .processEnded }
        return Ticket(port: port, path: "\(path)?ticket=\(ticket)")
    }
}

/// Reads what the media process tells.
private final class WordHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let owner: MediaProcess

    init(owner: MediaProcess) { self.owner = owner }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let word = try? ControlLine.decode(MediaWord.self, unwrapInboundIn(data)) else { return }
        owner.hear(word)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
