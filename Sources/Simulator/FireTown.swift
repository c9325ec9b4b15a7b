import NIOCore
import NIOPosix

/// Plays a town's detectors over the wire, from outside the centre.
public struct FireTown: Sendable {
    /// The centre's host.
    public var host: String
    /// Its port for GB/T 26875.3.
    public var port: Int
    /// How many devices connect.
    public var devices: Int
    /// The address of the first; the others follow it.
    public var firstAddress: UInt64
    /// What happens.
    public var scenario: FireScenario
    /// How long, in seconds.
    public var seconds: Int
    /// Reports a second of a storm.
    public var rate: Int

    /// A play.
    public init(
        host: String, port: Int, devices: Int, firstAddress: UInt64, scenario: FireScenario, seconds: Int, rate: Int
    ) {
        self.host = host
        self.port = port
        self.devices = devices
        self.firstAddress = firstAddress
        self.scenario = scenario
        self.seconds = seconds
        self.rate = rate
    }

    private struct Player: Sendable {
        var channel: any Channel
        var device: NIOLoopBound<SimulatedDevice>
    }

    /// Connects, plays, waits for the last confirmations, and tells what came of it.
    /// - Throws: what keeps a connection from being made.
    public func run() async throws -> FireReport {
        let tally = Tally()
        var players: [Player] = []
        for number in 0..<devices {
            players.append(try await connect(firstAddress &+ UInt64(number), tally))
        }
        let start = ContinuousClock.now
        let plan = scenario.plan(devices: devices, seconds: seconds, rate: rate)
        for report in plan {
            let due = start + .milliseconds(report.atMs)
            if due > .now { try await Task.sleep(until: due) }
            let player = players[report.device]
            player.channel.eventLoop.execute { player.device.value.send(report) }
        }
        // Three tries of three seconds each, and a little more.
        for _ in 0..<100 {
            let now = tally.value
            if now.sent == plan.count, now.confirmed + now.denied + now.lost >= now.sent { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        let report = tally.value
        for player in players { try? await player.channel.close().get() }
        return report
    }

    private func connect(_ address: UInt64, _ tally: Tally) async throws -> Player {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(10))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(SimulatedDevice(address: address, tally: tally))
                }
            }
            .connect(host: host, port: port).get()
        let device = try await channel.eventLoop.submit {
            NIOLoopBound(
                try channel.pipeline.syncOperations.handler(type: SimulatedDevice.self), eventLoop: channel.eventLoop)
        }.get()
        return Player(channel: channel, device: device)
    }
}
