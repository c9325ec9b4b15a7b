import ArgumentParser
import Foundation
import GB28181
import SIP
import Simulator

/// Plays cameras.
struct SimulateCameras: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cameras",
        abstract: "Play GB/T 28181 recorders with cameras over real sockets, until --seconds have passed.",
        discussion: """
            Faults: \(faultNames). The recorders' digits are the centre's first ten, 1180 and the serial number: register \
            them with this password first.
            """)
    private static let faultNames =
        (CameraFault.allCases.map(\.rawValue) + StreamMischief.allCases.map(\.rawValue)).joined(separator: ", ")
    @Option(help: "HOST:PORT of the centre's SIP, the host numeric.")
    var to = "127.0.0.1:5060"
    @Option(help: "How many recorders register, 1…5000.")
    var count = 9
    @Option(help: "Cameras behind each, 1…1000.")
    var cameras = 1
    @Option(help: "The first recorder's serial number.")
    var first = 1
    @Option(help: "The recorders' password.")
    var password: String
    @Option(help: "The centre's 20 digits.")
    var platform = GBID.invented.description
    @Flag(help: "Speak over TCP.")
    var tcp = false
    @Flag(help: "Code H.265.")
    var hevc = false
    @Option(help: "Seconds between signs of life.")
    var heartbeat = 60
    @Option(parsing: .upToNextOption, help: "How they misbehave.")
    var faults: [String] = []
    @Option(help: "How long, in seconds.")
    var seconds = 3_600

    private var place: (host: String, port: Int)? {
        guard let colon = to.lastIndex(of: ":"), let port = Int(to[to.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        return (String(to[..<colon]), port)
    }

    func validate() throws {
        guard place != nil else { throw ValidationError("--to takes HOST:PORT, such as 127.0.0.1:5060") }
        guard (1...5_000).contains(count), (1...1_000).contains(cameras), (1...999_999).contains(first),
            (1...3_600).contains(heartbeat), (1...864_000).contains(seconds)
        else { throw ValidationError("a number is out of its range") }
        guard GBID(platform)?.isFull == true else { throw ValidationError("--platform takes 20 digits") }
        guard faults.allSatisfy({ CameraFault(rawValue: $0) != nil || StreamMischief(rawValue: $0) != nil }) else {
            throw ValidationError("--faults takes \(Self.faultNames)")
        }
    }

    func run() async throws {
        guard let place, let platform = GBID(platform) else { return }
        var plan = CameraTown.Plan()
        (plan.host, plan.port) = place
        plan.transport = tcp ? .tcp : .udp
        plan.platform = platform
        plan.devices = count
        plan.cameras = cameras
        plan.firstSerial = first
        plan.password = password
        plan.heartbeatSeconds = heartbeat
        plan.faults = Set(faults.compactMap(CameraFault.init(rawValue:)))
        let sender = FeedSender(isHEVC: hevc, mischief: Set(faults.compactMap(StreamMischief.init(rawValue:))))
        plan.sender = sender
        let town = CameraTown(plan)
        let play = Task { await town.run() }
        let end = ContinuousClock.now + .seconds(seconds)
        var told = 0
        while ContinuousClock.now < end {
            try? await Task.sleep(for: .seconds(min(1, seconds)))
            let heard = town.tally
            // What loudspeakers heard is told as it comes.
            guard heard.soundMs != told else { continue }
            told = heard.soundMs
            let line = "heard \(heard.voices) voices, \(heard.soundMs) ms of sound, loudest \(heard.peak)\n"
            FileHandle.standardOutput.write(Data(line.utf8))
        }
        play.cancel()
        await play.value
        sender?.stop()
        let heard = town.tally
        print(
            "\(heard.registered) registrations, \(heard.refused) refused, \(heard.alive) signs of life, \(heard.calls) calls, "
                + "\(heard.moves.count) moves, \(heard.voices) voices with \(heard.soundMs) ms of sound in \(heard.voiceMs) ms, "
                + "loudest \(heard.peak)")
        if heard.registered == 0 { throw ExitCode.failure }
    }
}
