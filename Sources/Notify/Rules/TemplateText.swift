import SMPP

/// The words of a template: checked, filled, measured. Pure.
struct TemplateText: Sendable, Equatable {
    /// A piece of the words.
    enum Piece: Sendable, Equatable {
        case words(String)
        case variable(String)
    }

    /// The longest words of a template, in characters, before they are filled.
    static let limit = 500
    /// The longest message of a call: what the voice speaks, and less than Tencent's 350 with the hint behind it.
    static let spokenLimit = 320
    /// Characters that a voice speaks in a second, for the estimate of a call's length.
    static let spokenPerSecond = 4

    let pieces: [Piece]

    /// Reads words with `{variables}`; a brace that closes nothing, or opens what is no name, stays a brace.
    init(_ body: String) {
        var pieces: [Piece] = []
        var words = ""
        var rest = body[...]
        while let open = rest.firstIndex(of: "{") {
            words += rest[..<open]
            let tail = rest[rest.index(after: open)...]
            if let close = tail.firstIndex(of: "}"), Self.isName(tail[..<close]) {
                if !words.isEmpty { pieces.append(.words(words)) }
                words = ""
                pieces.append(.variable(String(tail[..<close])))
                rest = tail[tail.index(after: close)...]
            } else {
                words += "{"
                rest = tail
            }
        }
        words += rest
        if !words.isEmpty { pieces.append(.words(words)) }
        self.pieces = pieces
    }

    /// The variables in the order of their first appearance.
    var variables: [String] {
        var seen: Set<String> = []
        return pieces.compactMap { piece in
            guard case .variable(let name) = piece, seen.insert(name).inserted else { return nil }
            return name
        }
    }

    /// The words with each value cut to its variable's length; a variable without a value is left out.
    func filled(_ values: [String: String], _ kind: MessageKind) -> String {
        pieces.map { piece in
            switch piece {
            case .words(let words): words
            case .variable(let name): Self.cut(values[name] ?? "", kind.variables.first { $0.name == name })
            }
        }.joined()
    }

    /// The values that a carrier's own template takes, in order.
    func values(_ values: [String: String], _ kind: MessageKind) -> [(name: String, value: String)] {
        variables.map { name in
            (name: name, value: Self.cut(values[name] ?? "", kind.variables.first { $0.name == name }))
        }
    }

    /// What is wrong with it for a kind and a way: codes under `problem.field.`.
    func flaws(_ kind: MessageKind, _ channel: Channel) -> [String] {
        let known = Set(kind.variables.map(\.name))
        let used = Set(variables)
        var flaws: [String] = []
        if !used.isSubset(of: known) { flaws.append("template.unknown-variable") }
        if kind.variables.contains(where: { $0.isNeeded && !used.contains($0.name) }) {
            flaws.append("template.missing-variable")
        }
        let longest = measure(longest(kind), channel)
        if channel == .sms, longest.isCut { flaws.append("template.too-long") }
        if channel == .call, longest.characters > Self.spokenLimit { flaws.append("template.too-long") }
        return flaws
    }

    /// The longest message that it can become.
    func longest(_ kind: MessageKind) -> String {
        filled(
            Dictionary(
                uniqueKeysWithValues: kind.variables.map { ($0.name, String(repeating: "国", count: $0.most)) }), kind)
    }

    /// How long a message is.
    struct Measure: Sendable, Equatable {
        var characters: Int
        /// Parts of a text, each paid for; 1 for a call.
        var parts: Int
        /// Seconds that a call speaks, twice, as an estimate; 0 for a text.
        var seconds: Int
        /// Whether carriers would cut it.
        var isCut: Bool
    }

    func measure(_ text: String, _ channel: Channel) -> Measure {
        let units = text.utf16.count
        guard channel == .sms else {
            return Measure(
                characters: text.count, parts: 1, seconds: 2 * (text.count / Self.spokenPerSecond + 1), isCut: false)
        }
        return Measure(
            characters: text.count, parts: Parts.count(text), seconds: 0, isCut: units > Parts.most * Parts.each)
    }

    private static func cut(_ value: String, _ variable: MessageKind.Variable?) -> String {
        // A line break in a name must not become a new line of a message.
        let line = String(value.map { $0.isNewline ? " " : $0 })
        guard let variable, line.count > variable.most else { return line }
        return variable.most > 1 ? line.prefix(variable.most - 1) + "…" : String(line.prefix(variable.most))
    }

    private static func isName(_ text: Substring) -> Bool {
        (1...20).contains(text.count) && text.allSatisfy { $0.isASCII && $0.isLetter }
    }
}

extension MessageTemplate {
    /// The words for a carrier: its own before those for any, in the person's language before the town's.
    static func choose(
        _ templates: [MessageTemplate], language: String, carrier: String
    ) -> MessageTemplate? {
        let own = templates.filter { $0.language == language && ($0.carrier == carrier || $0.carrier.isEmpty) }
        return own.first { $0.carrier == carrier } ?? own.first
    }
}
