import Foundation
import Kernel

/// Every word that a person sees, in both languages, under flat keys such as `cases.state.open`.
public struct Catalogue: Sendable {
    private let words: [Language: [String: String]]

    /// Words that are already read.
    public init(words: [Language: [String: String]]) { self.words = words }

    /// Reads `Resources/messages.LANGUAGE.json` of each bundle.
    /// - Throws: ``CatalogueError`` when a file cannot be read, or when a key stands in two of them or is the
    ///   beginning of another (templates read keys as paths).
    public init(bundles: [Bundle]) throws {
        var words: [Language: [String: String]] = [:]
        for language in Language.allCases {
            var all: [String: String] = [:]
            for bundle in bundles {
                let file = bundle.bundleURL.appendingPathComponent("Resources/messages.\(language.rawValue).json")
                guard FileManager.default.fileExists(atPath: file.path) else { continue }
                let part = try JSONDecoder().decode([String: String].self, from: Data(contentsOf: file))
                for (key, value) in part {
                    guard all.updateValue(value, forKey: key) == nil else { throw CatalogueError.twice(key) }
                }
            }
            words[language] = all
        }
        self.words = words
    }

    /// The keys of a language.
    public func keys(_ language: Language) -> Set<String> { Set(words[language, default: [:]].keys) }

    /// The words under `key`, with `{name}` filled in; the key itself where there are none.
    public func word(_ key: String, _ language: Language, _ values: [String: String] = [:]) -> String {
        guard let text = words[language]?[key] ?? words[.zh]?[key] else { return key }
        return values.isEmpty ? text : Self.fill(text, values)
    }

    /// One pass: what is filled in is not looked through again, so braces in a value stay what they are.
    private static func fill(_ text: String, _ values: [String: String]) -> String {
        var result = ""
        var rest = text[...]
        while let open = rest.utf8.firstIndex(of: UInt8(ascii: "{")),
            let close = rest.utf8[open...].firstIndex(of: UInt8(ascii: "}"))
        {
            let after = rest.utf8.index(after: close)
            result += rest[..<open]
            if let value = values[String(rest[rest.utf8.index(after: open)..<close])] {
                result += value
            } else {
                result += rest[open..<after]
            }
            rest = rest[after...]
        }
        return result + rest
    }

    /// The words under `key`, or `nil` where there are none.
    public func word(ifKnown key: String, _ language: Language) -> String? {
        words[language]?[key] ?? words[.zh]?[key]
    }

    /// The words for scripts (keys under `js.`), as a JSON object that may stand inside a `<script>`.
    func scriptWords(_ language: Language) throws -> String {
        var picked: [String: String] = [:]
        for (key, value) in words[language, default: [:]] where key.hasPrefix("js.") {
            picked[String(key.dropFirst(3))] = value
        }
        return try JSON.text(picked).replacingOccurrences(of: "<", with: "\\u003c")
    }

    /// The words as templates read them: `t.cases.state.open`.
    func tree(_ language: Language) throws -> [String: Any] {
        var root = Node()
        for (key, value) in words[language, default: [:]] where !key.hasPrefix("js.") {
            try root.put(value, at: key.split(separator: ".")[...], key: key)
        }
        return root.dictionary
    }

    private struct Node {
        var word: String?
        var children: [Substring: Node] = [:]

        mutating func put(_ value: String, at path: ArraySlice<Substring>, key: String) throws {
            guard let first = path.first else {
                guard children.isEmpty else { throw CatalogueError.beginning(key) }
                word = value
                return
            }
            guard word == nil else { throw CatalogueError.beginning(key) }
            try children[first, default: Node()].put(value, at: path.dropFirst(), key: key)
        }

        var dictionary: [String: Any] {
            var result: [String: Any] = [:]
            for (name, child) in children { result[String(name)] = child.word ?? child.dictionary }
            return result
        }
    }
}

/// What is wrong with a catalogue; found at start, and by a test.
public enum CatalogueError: Error, Equatable {
    /// A key stands in two rooms.
    case twice(String)
    /// A key is the beginning of another one.
    case beginning(String)
    /// A template cannot be read.
    case template(String)
}
