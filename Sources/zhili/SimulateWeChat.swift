import ArgumentParser
import Simulator

/// Plays Tencent's API of an official account.
struct SimulateWeChat: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wechat", abstract: "Play the API of a WeChat official account.",
        discussion: """
            It gives tokens for --appid and --secret, takes messages, menus, drafts and mass messages or fails as \
            --mode says, and reaches nobody. Point `wechat.api` at it (docs/woodpecker.md).
            """)
    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"
    @Option(help: "The port; 0 lets the system choose.")
    var port = 7_011
    @Option(help: "The account's AppID.")
    var appid = "wx0000000000sample"
    @Option(help: "The account's AppSecret.")
    var secret = "sample"
    @Option(help: "\(FakeWeChat.Mode.allCases.map(\.rawValue).joined(separator: ", ")).")
    var mode = FakeWeChat.Mode.takes.rawValue
    @Option(help: "How long, in seconds.")
    var seconds = 3_600

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port takes 0…65535") }
        guard FakeWeChat.Mode(rawValue: mode) != nil else {
            throw ValidationError(
                "--mode takes one of \(FakeWeChat.Mode.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard (1...86_400).contains(seconds) else { throw ValidationError("--seconds takes 1…86400") }
    }

    func run() async throws {
        guard let mode = FakeWeChat.Mode(rawValue: mode) else { return }
        let fake = try await FakeWeChat.start(appID: appid, secret: secret, host: host, port: port)
        fake.set(mode)
        print("wechat http://\(host):\(fake.port)")
        var shown = 0
        for _ in 0..<seconds {
            try await Task.sleep(for: .seconds(1))
            for one in fake.taken.dropFirst(shown) { print(one.path, one.body) }
            shown = fake.taken.count
        }
        print("tokens \(fake.asked("/cgi-bin/stable_token")), taken \(fake.taken.count)")
        await fake.stop()
    }
}
