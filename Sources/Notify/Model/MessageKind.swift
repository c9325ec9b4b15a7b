/// What a message is about, and which typed variables its words may use.
public struct MessageKind: Sendable, Equatable {
    /// A place in the words that is filled in for each message.
    public struct Variable: Sendable, Equatable {
        /// What may stand there.
        public enum Kind: Sendable, Equatable {
            /// Words, at most so many characters; what is longer is cut with an ellipsis.
            case text(most: Int)
            /// A time of day, `HH:mm:ss`.
            case time
        }

        /// Its name, as it stands in braces.
        public var name: String
        /// What may stand there.
        public var kind: Kind
        /// Whether words without it would leave out what the reader must know.
        public var isNeeded: Bool

        /// The most characters of its value.
        public var most: Int {
            switch kind {
            case .text(let most): most
            case .time: 8
            }
        }
    }

    /// Such as `fire.owner`; the catalogue has its name under `notify.kind.` + name.
    public var name: String
    /// In the order in which people look for them.
    public var variables: [Variable]
    /// The catalogue's key of the words that hold without an approved template.
    public var builtIn: String

    /// All kinds that have templates.
    public static let all: [MessageKind] = [
        MessageKind(name: "fire.owner", variables: alarm, builtIn: "fire.message.owner"),
        MessageKind(name: "fire.brigade", variables: alarm, builtIn: "fire.message.brigade"),
        MessageKind(
            name: "fire.verdict.real", variables: Array(alarm.prefix(2)), builtIn: "fire.message.verdict.real"),
        MessageKind(
            name: "fire.verdict.false", variables: Array(alarm.prefix(2)), builtIn: "fire.message.verdict.false"),
        MessageKind(
            name: "fire.work",
            variables: [
                Variable(name: "site", kind: .text(most: 30), isNeeded: true),
                Variable(name: "thing", kind: .text(most: 30), isNeeded: true),
                Variable(name: "trouble", kind: .text(most: 20), isNeeded: true),
                Variable(name: "text", kind: .text(most: 40), isNeeded: false),
            ], builtIn: "fire.message.work"),
        MessageKind(
            name: "lesson.offer",
            variables: [
                Variable(name: "site", kind: .text(most: 30), isNeeded: false),
                Variable(name: "title", kind: .text(most: 60), isNeeded: true),
                // An address that is cut leads nowhere: who fills it keeps within.
                Variable(name: "link", kind: .text(most: 80), isNeeded: true),
            ], builtIn: "woodpecker.offer.message"),
    ]

    /// The kind of that name.
    public static func named(_ name: String) -> MessageKind? { all.first { $0.name == name } }

    private static let alarm = [
        Variable(name: "site", kind: .text(most: 30), isNeeded: true),
        Variable(name: "place", kind: .text(most: 40), isNeeded: true),
        Variable(name: "kind", kind: .text(most: 12), isNeeded: true),
        Variable(name: "mark", kind: .text(most: 12), isNeeded: false),
        Variable(name: "time", kind: .time, isNeeded: false),
    ]
}

/// What a message is about, with the values of its variables: what a template is filled with.
public struct MessageContent: Sendable, Equatable {
    /// A ``MessageKind/name``.
    public var kind: String
    /// By variable.
    public var values: [String: String]

    /// Content.
    public init(kind: String, values: [String: String]) {
        self.kind = kind
        self.values = values
    }

    /// What a store keeps of it, read back.
    init?(kind: String?, stored: String?) {
        guard let kind, let stored else { return nil }
        var values: [String: String] = [:]
        for pair in stored.split(separator: Self.pair) {
            guard let middle = pair.firstIndex(of: Self.middle) else { continue }
            values[String(pair[..<middle])] = String(pair[pair.index(after: middle)...])
        }
        self.init(kind: kind, values: values)
    }

    /// The values as one text, quickly: every alarm writes several.
    var stored: String {
        var text = ""
        for (name, value) in values {
            if !text.isEmpty { text.append(Self.pair) }
            text += name
            text.append(Self.middle)
            text += value.filter { $0 != Self.pair && $0 != Self.middle }
        }
        return text
    }

    /// Unit and record separators (ASCII), which no message needs.
    private static let (pair, middle): (Character, Character) = ("\u{1E}", "\u{1F}")
}
