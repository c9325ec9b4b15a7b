import Foundation
import GB28181
import Kernel
import Logging
import SIP
import ServiceLifecycle
import Storage
import Synchronization

/// How the platform for GB/T 28181 listens and who it is.
public struct GBConfiguration: Sendable {
    /// The platform's 20 digits; its first ten are the realm of passwords.
    public var platform: GBID
    /// SIP's sockets.
    public var sip = SIPEndpoint.Configuration()
    /// The address that devices send media to; `nil` is the one by which each reaches us.
    public var mediaHost: String?
    /// When a device counts as gone.
    public var liveness = Liveness()
    /// Seconds without a page after which a catalogue counts as partial.
    public var catalogueSeconds: Int64 = 10
    /// The node by a name that it keeps from run to run, to know the calls that it left open.
    public var home = UUID().uuidString
    /// For how long a subscription is asked, in seconds; it is renewed when a quarter of it is left.
    public var subscriptionSeconds = 3_600

    /// A platform with its digits, and where it listens; port 0 lets the system choose.
    public init(platform: GBID, host: String = "0.0.0.0", port: Int = 5_060) {
        self.platform = platform
        sip.host = host
        sip.port = port
    }
}

/// The platform of GB/T 28181: hears devices and speaks to them. Requests of one device are handled in their order.
public final class GBPlatform: Service, Sendable {
    let configuration: GBConfiguration
    let database: any Database
    let directory = DeviceDirectory()
    let desk: any WatchDesk
    let logger: Logger
    let nonces: NonceAuthority
    let catalogues: CatalogueSync
    let answers = PendingAnswers()
    let subscriptions = Subscriptions()
    let counter = Mutex(0)
    let limit = Mutex(StrangerLimit())
    let calls: LiveCalls?
    let voices: VoiceCalls?
    private let lanes:
        [(stream: AsyncStream<SIPEndpoint.Event>, continuation: AsyncStream<SIPEndpoint.Event>.Continuation)]
    private let started: @Sendable (Int) -> Void
    private let endpointBox = Mutex<SIPEndpoint?>(nil)
    static let tag = SIPEndpoint.tag()

    /// A platform that does not listen yet; `started` is told the port once it does.
    init(
        _ configuration: GBConfiguration, database: any Database, desk: any WatchDesk, media: (any MediaPlane)?,
        logger: Logger, started: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws {
        self.configuration = configuration
        self.database = database
        self.desk = desk
        self.logger = logger
        self.started = started
        nonces = try NonceAuthority()
        catalogues = CatalogueSync(seconds: configuration.catalogueSeconds)
        let memory = CallMemory(database: database, home: configuration.home)
        calls = media.map { LiveCalls(media: $0, platform: configuration.platform, memory: memory, logger: logger) }
        voices = media.map { VoiceCalls(media: $0, memory: memory, logger: logger) }
        lanes = (0..<16).map { _ in
            AsyncStream.makeStream(of: SIPEndpoint.Event.self, bufferingPolicy: .bufferingOldest(4_096))
        }
    }

    /// The port it listens on; 0 while it does not.
    public var port: Int { endpoint?.port ?? 0 }
    var endpoint: SIPEndpoint? { endpointBox.withLock { $0 } }
    /// A number for a query, unlike the last ones.
    func nextNumber() -> Int {
        counter.withLock { counter in
            counter = counter % 999_999 + 1
            return counter
        }
    }

    /// Listens until the service group shuts down or the task is cancelled.
    public func run() async throws {
        try await directory.load(database)
        await resumeSubscriptions()
        let endpoint = SIPEndpoint(configuration.sip) { [weak self] event in self?.heard(event) }
        let opened = try? await cancelWhenGracefulShutdown { [self] in try await listen(endpoint) }
        guard let port = opened else { return }
        endpointBox.withLock { $0 = endpoint }
        logger.info("gb28181 listens", metadata: ["port": "\(port)"])
        started(port)
        Metrics.shared.gauge("zhili_gb28181_devices_online", "Devices that can be reached") { [directory] in
            Double(directory.all.count(where: \.isOnline))
        }
        await cancelWhenGracefulShutdown { [self] in
            await withTaskGroup(of: Void.self) { group in
                for lane in lanes {
                    group.addTask { for await event in lane.stream { await self.handle(event) } }
                }
                group.addTask { await self.keepTrue() }
                if let calls {
                    group.addTask {
                        await calls.run(on: endpoint) { [weak self] device, camera, isAgain in
                            await self?.askForKeyFrame(device, camera, isAgain: isAgain)
                        }
                    }
                }
                if let voices {
                    group.addTask { await voices.run(for: self) }
                }
                group.addTask { await self.greetAfterRestart() }
                // The lanes end when they are told so.
                while !Task.isCancelled { try? await Task.sleep(for: .seconds(3_600)) }
                for lane in lanes { lane.continuation.finish() }
                group.cancelAll()
            }
        }
        // A device that is gone must not hold up the end for the 32 s that its BYE may take.
        let patience = Task {
            try? await Task.sleep(for: .seconds(3))
            if !Task.isCancelled { await endpoint.stop() }
        }
        await calls?.endAll()
        await voices?.endAll()
        patience.cancel()
        await endpoint.stop()
    }

    /// Opens the sockets. A port that another program holds is waited for: alarms must not wait for cameras.
    private func listen(_ endpoint: SIPEndpoint) async throws -> Int {
        while true {
            do {
                return try await endpoint.start()
            } catch {
                logger.error(
                    "gb28181 cannot listen yet",
                    metadata: ["port": "\(configuration.sip.port)", "error": "\(error)"])
                try await Task.sleep(for: .seconds(10))
            }
        }
    }

    private func heard(_ event: SIPEndpoint.Event) {
        switch event {
        case .request(let incoming):
            let user = incoming.request.from?.uri.user ?? ""
            let lane = lanes[Int(user.utf8.reduce(UInt32(5_381)) { ($0 << 5) &+ $0 &+ UInt32($1) } % 16)]
            if case .dropped = lane.continuation.yield(event) { incoming.respond(503) }
        case .disconnected, .garbage, .acknowledged, .cancelled, .unacknowledged:
            lanes[0].continuation.yield(event)
        }
    }

    private func handle(_ event: SIPEndpoint.Event) async {
        switch event {
        case .request(let incoming): await handle(incoming)
        case .acknowledged(let ack): await voices?.acknowledged(ack)
        case .disconnected(let hop) where hop.transport == .tcp:
            // Who registered over this connection cannot be reached any more (9.1.1 f).
            for device in directory.find(hop: hop) { await setOnline(device, false, reason: "disconnected") }
        case .garbage(let hop, let error):
            limit.withLock { $0.note(hop.host, at: .now) }
            Metrics.shared.counter("zhili_gb28181_garbage_total", "Messages that could not be read").add()
            logger.debug("not sip", metadata: ["from": "\(hop)", "error": "\(error)"])
        default: break
        }
    }

    private func handle(_ incoming: SIPIncoming) async {
        guard limit.withLock({ $0.isAnswered(incoming.hop.host, at: .now) }) else { return }
        let request = incoming.request
        switch request.method {
        case .register?: await register(incoming)
        case .options?: incoming.respond(200, tag: Self.tag)
        case .message?, .notify?: await control(incoming)
        case .bye?:
            let isKnown =
                if await calls?.ended(by: request) == true { true } else { await voices?.ended(by: request) == true }
            incoming.respond(isKnown ? 200 : 481, tag: Self.tag)
        case .invite?:
            // A registered device calls when it was asked to, for a voice.
            if let voices, let device = speaker(of: incoming) {
                await voices.called(incoming, by: device)
            } else {
                incoming.respond(488, tag: Self.tag)
            }
        case .info?, .subscribe?: incoming.respond(488, tag: Self.tag)
        default: incoming.respond(405, tag: Self.tag)
        }
    }

    /// Every few seconds: who has fallen silent, what was heard, which catalogues stay partial.
    private func keepTrue() async {
        var round = 0
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(2))
            if Task.isCancelled { return }
            round += 1
            let now = Instant.now
            for device in directory.all where device.isOnline {
                if !configuration.liveness.isAlive(lastSeen: device.lastSeen, expiresAt: device.expiresAt, at: now) {
                    await setOnline(device, false, reason: "silent")
                }
            }
            for partial in await catalogues.overdue(at: now) { await apply(partial.collector, of: partial.device) }
            await renewSubscriptions(at: now)
            if round % 15 == 0 {
                let seen = directory.takeSeen()
                if !seen.isEmpty { try? await database.write { db in try WatchDeviceStore.seen(seen, in: db) } }
                try? await directory.load(database)
            }
        }
    }

    /// After a restart nothing waits for a device's next registration: all that were registered are asked at once.
    private func greetAfterRestart() async {
        let now = Instant.now
        await withDiscardingTaskGroup { waiting in
            for device in directory.all {
                guard let until = device.expiresAt, until > now, device.hop?.transport == .udp else { continue }
                if Task.isCancelled { return }
                waiting.addTask {
                    let question = ControlMessage.query("DeviceStatus", number: self.nextNumber(), of: device.gbID)
                    guard await self.ask(device, question) != nil, let now = self.directory.find(device.gbID) else {
                        return
                    }
                    // Renewed inside the dialogs of the run before: the device holds one subscription, not two.
                    await self.subscribe(to: now)
                }
                // Not all at once: a thousand answers would come in the same moment.
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    func setOnline(_ device: WatchDevice, _ isOnline: Bool, reason: String) async {
        directory.update(device.gbID) { $0.isOnline = isOnline }
        do {
            try await database.write { db in
                try WatchDeviceStore.setOnline(device.id, isOnline, endsRegistration: reason == "unregistered", in: db)
                try publishDevice(device, in: db)
            }
        } catch {
            logger.error("a device's state could not be stored", metadata: ["error": "\(error)"])
        }
        logger.info(
            "device \(isOnline ? "online" : "offline")",
            metadata: ["device": "\(device.gbID)", "reason": "\(reason)"])
    }
}

/// Tells screens that a device changed.
func publishDevice(_ device: WatchDevice, in db: any Writing) throws {
    try db.publish(
        NewEvent(
            type: "camera.device", subject: "watch-devices/\(device.id)", permission: "camera.read",
            area: device.area?.rawValue, data: "{\"subject\":\"watch-devices/\(device.id)\"}"))
}
