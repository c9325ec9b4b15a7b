import ArgumentParser
import Centre
import Foundation
import Identity
import Kernel
import Logging
import Watch

/// Begins; a misspelt command is answered with the one that was meant.
@main
enum Program {
    static func main() async {
        // Whatever is written (database, pictures, exports on their way) is for this user's eyes.
        umask(0o077)
        let commands = Zhili.configuration.subcommands.compactMap {
            $0.configuration.commandName ?? String(describing: $0).lowercased()
        }
        let words = CommandLine.arguments.dropFirst()
        if let word = words.first == "help" ? words.dropFirst().first : words.first, !word.hasPrefix("-"),
            !commands.contains(word)
        {
            let meant = Nearest.to(word, among: commands).map { "; did you mean zhili \($0)?" } ?? ""
            let text = "Error: there is no command \(word)\(meant)\nzhili --help lists them.\n"
            FileHandle.standardError.write(Data(text.utf8))
            Zhili.exit(withError: ExitCode.validationFailure)
        }
        await Zhili.main()
    }
}

/// The program of a township's safety centre.
struct Zhili: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zhili", abstract: "The software of a township's safety centre (智理).",
        discussion: """
            Begin with: zhili setup --sample, then zhili serve, then open http://127.0.0.1:8080. \
            zhili help COMMAND says more of each.
            """,
        subcommands: [
            Serve.self, SetUpCentre.self, Check.self, VerifyAudit.self, BackUp.self, Restore.self, ImportTable.self,
            OwnReportCommand.self,
            Simulate.self, BenchCommand.self, MediaCommand.self,
        ])
}

/// Runs the centre.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the centre until it is told to stop (SIGTERM or Ctrl-C).",
        discussion:
            "Pages and API on --listen, devices on --gb26875-port, every other setting in docs/configuration.md.")
    @OptionGroup var place: Place
    @Option(help: "HOST:PORT of console and API (default: 127.0.0.1:8080).")
    var listen: String?
    @Option(help: "TCP port for GB/T 26875.3 devices (default: 5201).")
    var gb26875Port: Int?
    @Option(help: "UDP and TCP port for GB/T 28181 devices; 0 lets the system choose (default: 5060).")
    var gb28181Port: Int?
    @Option(help: "HOST of the devices' media port, which must be one that they reach (default: 0.0.0.0).")
    var mediaHost: String?
    @Option(help: "The port of RTP over UDP and TCP; 0 lets the system choose (default: 30000).")
    var mediaPort: Int?
    @Option(help: "The port on which browsers watch, on the console's HOST; 0 lets the system choose (default: 8081).")
    var viewPort: Int?
    @Flag(help: "Run without the media process: no pictures, no voice.")
    var withoutMedia = false

    /// These flags as settings.
    private var flags: [CentreConfiguration.Override] {
        let given: [(key: String, value: String?)] = [
            ("listen", listen), ("gb26875-port", gb26875Port.map(String.init)),
            ("gb28181.port", gb28181Port.map(String.init)),
            ("media.host", mediaHost),
            ("media.port", mediaPort.map(String.init)), ("media.view-port", viewPort.map(String.init)),
            ("media.run", withoutMedia ? "no" : nil),
        ]
        return given.compactMap { key, value in
            value.map { .init(key: key, value: $0, place: "--" + key.replacing(".", with: "-")) }
        }
    }

    func run() async throws {
        let logger = Logger(label: "zhili")
        for name in CentreConfiguration.unknownVariables(ProcessInfo.processInfo.environment) {
            logger.warning("the environment names a setting that there is not", metadata: ["variable": "\(name)"])
        }
        var configuration = try place.configuration(flags)
        if configuration.runsMedia {
            configuration.media.program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        }
        configuration.media.viewHost = configuration.host
        configuration.media.tls = configuration.tls.map { ($0.certificate, $0.key) }
        try await Centre(configuration, logger: logger).serve()
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

    /// A town of full size; the unoptimised build of tests makes a small one.
    #if DEBUG
        private static let townSize = 1_000
    #else
        private static let townSize = 100_000
    #endif

    func run() async throws {
        let trial = ProcessInfo.processInfo.environment["ZHILI_SETUP_PASSWORD"]
        let centre = try await Centre(place.configuration(), logger: Logger(label: "zhili"))
        let wished = ProcessInfo.processInfo.environment["ZHILI_SAMPLE_RECORDS"].flatMap { Int($0) }
        let made = try await centre.setUp(
            sample: sample, trialPassword: trial, records: min(2_000_000, max(0, records ?? wished ?? Self.townSize)))
        await centre.close()
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
        let centre = try await Centre(place.configuration(), logger: Logger(label: "zhili"), mustExist: true)
        let report = try await centre.verifyAudit()
        await centre.close()
        guard let flaw = report.flaw else { return print("\(report.count) entries, the chain holds") }
        print("\(report.count) entries read, broken: \(flaw)")
        throw ExitCode.failure
    }
}
