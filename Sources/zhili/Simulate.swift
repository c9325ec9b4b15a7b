import ArgumentParser
import Simulator

/// Plays devices over the wire.
struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Play the town's devices over the wire, from outside the centre.",
        subcommands: [
            SimulateFire.self, SimulateCarriers.self, SimulateStream.self, SimulateCameras.self, SimulateWeChat.self,
            SimulateRTSP.self, SimulateONVIF.self,
        ])
}

/// Plays smoke detectors.
struct SimulateFire: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fire",
        abstract: "Play smoke detectors behind GB/T 26875.3 devices.",
        discussion: """
            Scenarios: town (signs of life, and one of each below but the storm), spread (a fire that reaches four \
            detectors), cooking (smoke that goes away), flapping, storm (1,000 alarms).
            """)
    @Option(help: "HOST:PORT of the centre's devices' port.")
    var to = "127.0.0.1:5201"
    @Option(help: "How many devices connect, 1…20000.")
    var devices = 8
    @Option(help: "The first device's address, 12 hexadecimal digits; the others follow it.")
    var address = "000000000379"
    @Option(help: "\(FireScenario.allCases.map(\.rawValue).joined(separator: ", ")).")
    var scenario = FireScenario.town.rawValue
    @Option(help: "How long, in seconds.")
    var seconds = 30
    @Option(help: "Alarms a second of a storm.")
    var rate = 200

    private var place: (host: String, port: Int)? {
        guard let colon = to.lastIndex(of: ":"), let port = Int(to[to.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        return (String(to[..<colon]), port)
    }

    func validate() throws {
        guard place != nil else { throw ValidationError("--to takes HOST:PORT, such as 127.0.0.1:5201") }
        guard (1...20_000).contains(devices) else { throw ValidationError("--devices takes 1…20000") }
        guard address.utf8.count == 12, UInt64(address, radix: 16) != nil else {
            throw ValidationError("--address takes 12 hexadecimal digits, such as 000000000379")
        }
        guard FireScenario(rawValue: scenario) != nil else {
            throw ValidationError(
                "--scenario takes one of \(FireScenario.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard (1...86_400).contains(seconds), (1...100_000).contains(rate) else {
            throw ValidationError("--seconds takes 1…86400, --rate 1…100000")
        }
    }

    func run() async throws {
        guard let place, let scenario = FireScenario(rawValue: scenario), let first = UInt64(address, radix: 16) else {
            return
        }
        let report = try await FireTown(
            host: place.host, port: place.port, devices: devices, firstAddress: first, scenario: scenario,
            seconds: seconds, rate: rate
        ).run()
        print(report)
        if report.lost > 0 { throw ExitCode.failure }
    }
}
