import ArgumentParser
import Centre
import Foundation
import Identity
import Logging
import Watch

/// The program of a township's safety centre.
@main
struct Zhili: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zhili", abstract: "The software of a township's safety centre (智理).",
        subcommands: [
            Serve.self, SetUpCentre.self, VerifyAudit.self, BackUp.self, Restore.self, Simulate.self, BenchCommand.self,
            MediaCommand.self,
        ])
}

/// What every command needs to know.
struct Place: ParsableArguments {
    @Option(help: "The data folder.")
    var data = "./var"
    @Option(
        help: """
            postgres://user:password@host:port/name in place of SQLite in the data folder. ZHILI_DATABASE says the \
            same and keeps the password out of the list of processes.
            """)
    var database: String?

    func configuration() -> CentreConfiguration {
        var configuration = CentreConfiguration(folder: URL(fileURLWithPath: data))
        let named = database ?? ProcessInfo.processInfo.environment["ZHILI_DATABASE"]
        configuration.database = named.flatMap { $0.isEmpty ? nil : $0 }
        let vendor = ProcessInfo.processInfo.environment["ZHILI_VENDOR"]
        configuration.vendor = vendor.map { URL(fileURLWithPath: $0) }
        return configuration
    }
}

/// Runs the centre.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the centre until it is told to stop.")
    @OptionGroup var place: Place
    @Option(help: "HOST:PORT of console and API.")
    var listen = "127.0.0.1:8080"
    @Option(help: "TCP port for GB/T 26875.3 devices.")
    var gb26875Port = 5_201
    @Option(help: "HOST of the devices' media port, which must be one that they reach.")
    var mediaHost = "0.0.0.0"
    @Option(help: "The port of RTP over UDP and TCP; 0 lets the system choose.")
    var mediaPort = 30_000
    @Option(help: "The port on which browsers watch, on the console's HOST; 0 lets the system choose.")
    var viewPort = 8_081
    @Flag(help: "Run without the media process: no pictures, no voice.")
    var withoutMedia = false

    func validate() throws {
        guard address != nil else { throw ValidationError("--listen takes HOST:PORT, such as 127.0.0.1:8080") }
    }

    private var address: (host: String, port: Int)? {
        guard let colon = listen.lastIndex(of: ":"), let port = Int(listen[listen.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        return (String(listen[..<colon]), port)
    }

    func run() async throws {
        var configuration = place.configuration()
        if let address { (configuration.host, configuration.port) = address }
        configuration.gb26875Port = gb26875Port
        if !withoutMedia {
            configuration.media.program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        }
        configuration.media.mediaHost = mediaHost
        configuration.media.mediaPort = mediaPort
        configuration.media.viewHost = configuration.host
        configuration.media.viewPort = viewPort
        try await Centre(configuration, logger: Logger(label: "zhili")).serve()
    }
}

/// Makes the first people.
struct SetUpCentre: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup", abstract: "Make the data folder and the first people; with --sample the invented ones.")
    @OptionGroup var place: Place
    @Flag(help: "Make the invented people of the sample town.")
    var sample = false
    @Option(
        help: "About how many records the invented registry gets. ZHILI_SAMPLE_RECORDS says the same.")
    var records: Int?

    func run() async throws {
        let trial = ProcessInfo.processInfo.environment["ZHILI_SETUP_PASSWORD"]
        let centre = try await Centre(place.configuration(), logger: Logger(label: "zhili"))
        let wished = ProcessInfo.processInfo.environment["ZHILI_SAMPLE_RECORDS"].flatMap { Int($0) }
        let made = try await centre.setUp(
            sample: sample, trialPassword: trial, records: min(2_000_000, max(0, records ?? wished ?? 100_000)))
        if made.isEmpty { print("There are people already; nothing was changed.") }
        for person in made {
            print("\(person.username)\t\(trial == nil ? person.password : "(ZHILI_SETUP_PASSWORD)")\t\(person.name)")
        }
    }
}

/// Checks the audit log.
struct VerifyAudit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Recompute the chain of the audit log and say where it is broken.")
    @OptionGroup var place: Place
    @Argument(help: "verify")
    var action = "verify"

    func validate() throws {
        guard action == "verify" else { throw ValidationError("write: zhili audit verify") }
    }

    func run() async throws {
        let report = try await Centre(place.configuration(), logger: Logger(label: "zhili")).verifyAudit()
        guard let flaw = report.flaw else { return print("\(report.count) entries, the chain holds") }
        print("\(report.count) entries read, broken: \(flaw)")
        throw ExitCode.failure
    }
}
