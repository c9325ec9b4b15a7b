import Crypt
import Foundation
import Kernel
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import XML

/// An ONVIF device: discovery, clock, profiles and moves over SOAP, with a clock of its own and a password that is proved
/// by digest. Its pictures are a ``SimulatedRTSPCamera``'s.
public final class SimulatedONVIF: Sendable {
    /// What it is.
    public struct Plan: Sendable {
        /// The port of its services; 0 lets the system choose.
        public var port = 0
        /// The UDP port on which it is discovered; 0 lets the system choose.
        public var discoveryPort = 0
        /// Whether it joins the group of WS-Discovery.
        public var joinsGroup = false
        /// Who may ask.
        public var username = "view"
        /// The user's password.
        public var password = "invented"
        /// By how much its clock is wrong, in seconds.
        public var clockSeconds: Int64 = 0
        /// The port of its streams.
        public var streamPort = 554
        /// An old device, without GetServices.
        public var isOld = false
        /// The host that it names in its answers, as devices behind address translation name one that is not reached.
        public var toldHost = "127.0.0.1"

        /// Everything in order.
        public init() {}
    }

    /// What it was told to do.
    public struct Done: Sendable, Equatable {
        /// Moves and stops in their order, such as `ContinuousMove 0.502 0.0 0.0`.
        public var orders: [String] = []
        /// Presets by token.
        public var presets: [String: String] = ["gate": "大门"]
        /// Requests that did not prove who they are.
        public var refused = 0
    }

    /// The port of its services.
    public let port: Int
    /// The UDP port on which it is discovered.
    public let discoveryPort: Int
    private let services: FakeHTTPServer
    private let discovery: any Channel
    private let core: Core

    /// What it was told so far.
    public var done: Done { core.state.withLock { $0.done } }

    private init(_ services: FakeHTTPServer, _ discovery: any Channel, _ core: Core) {
        self.services = services
        self.discovery = discovery
        port = services.port
        discoveryPort = discovery.localAddress?.port ?? 0
        self.core = core
    }

    /// Starts to listen.
    /// - Throws: when a port is taken.
    public static func start(_ plan: Plan, host: String = "127.0.0.1") async throws -> SimulatedONVIF {
        let core = Core(plan)
        let services = try await FakeHTTPServer.start(host: host, port: plan.port, type: "application/soap+xml") {
            core.answer($0.body)
        }
        core.state.withLock { $0.port = services.port }
        let discovery = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.socketOption(.so_reuseaddr), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Discovered(core))
                }
            }
            .bind(host: plan.joinsGroup ? "0.0.0.0" : host, port: plan.discoveryPort).get()
        if plan.joinsGroup, let multicast = discovery as? any MulticastChannel {
            try? await multicast.joinGroup(SocketAddress(ipAddress: "239.255.255.250", port: 3_702)).get()
        }
        return SimulatedONVIF(services, discovery, core)
    }

    /// Ends it.
    public func stop() async {
        await services.stop()
        try? await discovery.close().get()
    }

    final class Core: Sendable {
        struct State {
            var done = Done()
            var port = 0
            var nonces: Set<String> = []
        }
        let plan: Plan
        let state = Mutex(State())
        init(_ plan: Plan) { self.plan = plan }
    }

    private final class Discovered: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        typealias OutboundOut = AddressedEnvelope<ByteBuffer>
        private let core: Core
        init(_ core: Core) { self.core = core }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let packet = unwrapInboundIn(data)
            guard let root = try? XMLReader.read(packet.data.readableBytesView), root["Body"]?["Probe"] != nil,
                let id = root["Header"]?.value("MessageID")
            else { return }
            let answer = core.match(XMLWriter.escaped(id))
            context.writeAndFlush(
                wrapOutboundOut(
                    AddressedEnvelope(remoteAddress: packet.remoteAddress, data: ByteBuffer(string: answer))),
                promise: nil)
        }
    }
}
