import Foundation
import Kernel

extension CentreConfiguration {
    /// What one source says of one key.
    public struct Override: Sendable {
        /// The key, such as `listen`.
        public var key: String
        /// The value as it was written.
        public var value: String
        /// Where it was written, for errors: `--listen`.
        public var place: String

        /// A value from a flag.
        public init(key: String, value: String, place: String) {
            self.key = key
            self.value = value
            self.place = place
        }
    }

    /// What variables of the environment mean something and are no settings.
    private static let otherVariables: Set<String> = [
        "ZHILI_CONFIG", "ZHILI_SETUP_PASSWORD", "ZHILI_SAMPLE_RECORDS", "ZHILI_FUZZ_SECONDS", "ZHILI_KILLS",
        "ZHILI_PROGRAM", "ZHILI_SHOTS",
    ]

    /// Reads `zhili.yaml` in the data folder (or `file`), then the environment, then flags; the later wins.
    /// - Throws: ``CentreError`` that names the key, where it stands, and what it takes.
    public static func read(
        file: String?, flags: [Override], environment: [String: String]
    ) throws -> CentreConfiguration {
        let here = URL(fileURLWithPath: FileManager.default.currentDirectoryPath, isDirectory: true)
        let variables = SettingList.all.compactMap { setting -> Override? in
            guard let value = environment[setting.variable], !value.isEmpty else { return nil }
            return Override(key: setting.key, value: value, place: setting.variable)
        }
        let data = (variables + flags).last { $0.key == "data" }?.value ?? "./var"
        var configuration = CentreConfiguration(folder: URL(fileURLWithPath: data, relativeTo: here))
        let named = file ?? environment["ZHILI_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        let url = named.map { URL(fileURLWithPath: $0) } ?? configuration.folder.appendingPathComponent("zhili.yaml")
        if named != nil || FileManager.default.fileExists(atPath: url.path) {
            let base = url.absoluteURL.deletingLastPathComponent()
            for entry in try ConfigurationFile(url).entries {
                let place = "\(url.relativePath):\(entry.line)"
                guard named != nil || entry.key != "data" else {
                    throw CentreError(
                        description: "\(place): data is the folder in which this file lies; name another by --data")
                }
                try configuration.apply(Override(key: entry.key, value: entry.value, place: place), base: base)
            }
        }
        for override in variables + flags { try configuration.apply(override, base: here) }
        try configuration.checkPairs()
        return configuration
    }

    /// Variables that begin like ours and mean nothing: most likely misspelt.
    public static func unknownVariables(_ environment: [String: String]) -> [String] {
        let known = Set(SettingList.all.map(\.variable)).union(otherVariables)
        return environment.keys.filter { $0.hasPrefix("ZHILI_") && !known.contains($0) }.sorted()
    }

    private mutating func apply(_ override: Override, base: URL) throws {
        guard let setting = SettingList.find(override.key) else {
            let hint = Nearest.to(override.key, among: SettingList.all.map(\.key)).map { "; did you mean \($0)?" } ?? ""
            throw CentreError(description: "\(override.place): there is no setting \(override.key.prefix(80))\(hint)")
        }
        do {
            try setting.set(&self, override.value, base)
        } catch is UnfitValue {
            let shown = setting.isSecret ? "what is written there" : "“\(override.value.prefix(80))”"
            throw CentreError(
                description: "\(override.place): \(setting.key) takes \(setting.takes), not \(shown)")
        }
    }

    /// Settings of which one is of no use without the other.
    private func checkPairs() throws {
        if let tls, [tls.certificate, tls.key].contains(SettingList.unset) {
            throw CentreError(description: "tls.certificate and tls.key go together; one of them is missing")
        }
        if let gateway = messageGateway, gateway.url.isEmpty || gateway.token.isEmpty {
            throw CentreError(
                description:
                    "message-gateway.url needs a message-gateway.token of 16 or more characters, and the token the url")
        }
        if backdrop.map != nil, backdrop.source == nil {
            throw CentreError(description: "backdrop.map needs a backdrop.key in its address")
        }
    }
}
