import Foundation

/// One key of the configuration: where it is written, what it takes, and what it sets.
struct Setting: Sendable {
    /// Such as `mqtt.url`: its place in `zhili.yaml`, dots for levels.
    let key: String
    /// What it is, for the reference page.
    let about: String
    /// What it takes, in words: `HOST:PORT`.
    let takes: String
    /// Whether its value is never shown.
    var isSecret = false
    /// Sets it from a text; names of files are relative to `base`.
    let set: @Sendable (_ configuration: inout CentreConfiguration, _ text: String, _ base: URL) throws -> Void
    /// Its value as it would be written; empty where there is none.
    let text: @Sendable (CentreConfiguration) -> String

    /// Its name in the environment: `ZHILI_MQTT_URL`.
    var variable: String {
        "ZHILI_" + key.uppercased().replacing(".", with: "_").replacing("-", with: "_")
    }
}

/// What a value cannot be: the words follow `KEY takes …`.
struct UnfitValue: Error {}

extension Setting {
    /// A whole number within bounds.
    static func number(
        _ key: String, _ about: String, _ range: ClosedRange<Int64>,
        set: @escaping @Sendable (inout CentreConfiguration, Int64) -> Void,
        get: @escaping @Sendable (CentreConfiguration) -> Int64
    ) -> Setting {
        Setting(key: key, about: about, takes: "\(range.lowerBound)…\(range.upperBound)") { configuration, text, _ in
            guard let value = Int64(text), range.contains(value) else { throw UnfitValue() }
            set(&configuration, value)
        } text: {
            String(get($0))
        }
    }

    /// Any text without line breaks.
    static func text(
        _ key: String, _ about: String, takes: String, isSecret: Bool = false,
        accepts: @escaping @Sendable (String) -> Bool = { _ in true },
        set: @escaping @Sendable (inout CentreConfiguration, String) -> Void,
        get: @escaping @Sendable (CentreConfiguration) -> String?
    ) -> Setting {
        Setting(key: key, about: about, takes: takes, isSecret: isSecret) { configuration, text, _ in
            guard !text.contains(where: \.isNewline), accepts(text) else { throw UnfitValue() }
            set(&configuration, text)
        } text: {
            get($0) ?? ""
        }
    }

    /// Yes or no.
    static func flag(
        _ key: String, _ about: String, set: @escaping @Sendable (inout CentreConfiguration, Bool) -> Void,
        get: @escaping @Sendable (CentreConfiguration) -> Bool
    ) -> Setting {
        Setting(key: key, about: about, takes: "yes or no") { configuration, text, _ in
            guard ["yes", "no"].contains(text) else { throw UnfitValue() }
            set(&configuration, text == "yes")
        } text: {
            get($0) ? "yes" : "no"
        }
    }

    /// A file or folder.
    static func path(
        _ key: String, _ about: String, takes: String = "a path",
        set: @escaping @Sendable (inout CentreConfiguration, URL) -> Void,
        get: @escaping @Sendable (CentreConfiguration) -> URL?
    ) -> Setting {
        Setting(key: key, about: about, takes: takes) { configuration, text, base in
            set(&configuration, URL(fileURLWithPath: text, relativeTo: base).standardizedFileURL)
        } text: {
            get($0)?.relativePath ?? ""
        }
    }
}

/// `HOST:PORT` in two; an IPv6 host may stand in brackets. `nil` when it is not that.
func hostAndPort(_ text: String, lowestPort: Int = 0) -> (host: String, port: Int)? {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
        (lowestPort...65_535).contains(port)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    return host.isEmpty ? nil : (String(host), port)
}
