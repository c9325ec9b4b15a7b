import ArgumentParser
import Centre
import Foundation

/// Where a centre's settings come from: `zhili.yaml`, then the environment, then these flags.
struct Place: ParsableArguments {
    @Option(help: "The configuration file (default: zhili.yaml in the data folder, where there is one).")
    var config: String?
    @Option(help: "The data folder (default: ./var).")
    var data: String?
    @Option(
        help: """
            postgres://user:password@host:port/name in place of SQLite in the data folder. ZHILI_DATABASE says the \
            same and keeps the password out of the list of processes.
            """)
    var database: String?
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Any setting of docs/configuration.md; may be given several times.", valueName: "KEY=VALUE"))
    var settings: [String] = []

    func validate() throws {
        for setting in settings where !setting.contains("=") {
            throw ValidationError("--set takes KEY=VALUE, such as --set mqtt.url=mqtt://10.0.0.5:1883")
        }
    }

    /// Reads file, environment and flags; `more` are the flags of one command.
    func configuration(_ more: [CentreConfiguration.Override] = []) throws -> CentreConfiguration {
        var flags = settings.compactMap { setting -> CentreConfiguration.Override? in
            guard let sign = setting.firstIndex(of: "=") else { return nil }
            return .init(
                key: String(setting[..<sign]), value: String(setting[setting.index(after: sign)...]), place: "--set")
        }
        if let data { flags.append(.init(key: "data", value: data, place: "--data")) }
        if let database { flags.append(.init(key: "database", value: database, place: "--database")) }
        return try .read(file: config, flags: flags + more, environment: ProcessInfo.processInfo.environment)
    }
}
