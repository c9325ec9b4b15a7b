import ArgumentParser
import Simulator

/// Plays the far ends of carriers.
struct SimulateCarriers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "carriers",
        abstract: "Play the far ends of message carriers: Aliyun, Tencent Cloud, any HTTP interface, and SMPP.",
        discussion: """
            They check signatures and passwords against --secret, take messages or fail as --mode says, and bring \
            nothing to any phone. Point a carrier's `url` at them (docs/messages.md).
            """)
    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"
    @Option(help: "The first port: Aliyun, then Tencent, HTTP and SMPP on the three after it.")
    var port = 7_001
    @Option(help: "The secret of all of them, 1…8 characters so that SMPP takes it too.")
    var secret = "secret"
    @Option(help: "\(FarMode.allCases.map(\.rawValue).joined(separator: ", ")).")
    var mode = FarMode.takes.rawValue
    @Option(help: "How long, in seconds.")
    var seconds = 3_600

    func validate() throws {
        guard (1...65_532).contains(port) else { throw ValidationError("--port takes 1…65532") }
        guard (1...8).contains(secret.utf8.count) else { throw ValidationError("--secret takes 1…8 characters") }
        guard FarMode(rawValue: mode) != nil else {
            throw ValidationError("--mode takes one of \(FarMode.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard (1...86_400).contains(seconds) else { throw ValidationError("--seconds takes 1…86400") }
    }

    func run() async throws {
        guard let mode = FarMode(rawValue: mode) else { return }
        var fakes: [(kind: FakeCarrier.Kind, fake: FakeCarrier)] = []
        for (offset, kind) in FakeCarrier.Kind.allCases.enumerated() {
            let fake = try await FakeCarrier.start(kind, secret: secret, host: host, port: port + offset)
            fake.set(mode)
            fakes.append((kind, fake))
        }
        let smsc = try await FakeSMSC.start(password: secret, host: host, port: port + 3)
        smsc.set(FakeSMSC.Mode(mode))
        for (kind, fake) in fakes { print("\(kind.rawValue) http://\(host):\(fake.port)") }
        print("smpp smpp://\(host):\(smsc.port)")
        try await Task.sleep(for: .seconds(seconds))
        for (kind, fake) in fakes {
            print("\(kind.rawValue): asked \(fake.tries), took \(fake.taken.count), wrong \(fake.wrongSignatures)")
            await fake.stop()
        }
        print("smpp: \(smsc.submits) parts, \(smsc.texts.count) texts")
        await smsc.stop()
    }
}

extension FakeSMSC.Mode {
    /// The nearest that SMPP has.
    init(_ mode: FarMode) {
        self =
            switch mode {
            case .takes: .delivers
            case .limited: .throttles
            case .refuses: .refuses
            case .breaks: .closed
            case .hangs, .babbles: .hangs
            case .hangsUp: .hangsUp
            }
    }
}
