import Kernel

/// What somebody typed into the search box, understood.
public struct SearchQuery: Sendable, Equatable {
    /// One way to understand it. The better ones come first.
    public enum Way: Sendable, Equatable {
        /// A whole ID number, credit code or phone.
        case identifier(String)
        /// The last four characters of one.
        case ending(String)
        /// A part of a name.
        case name(String)
        /// Letters of a name.
        case letters(String)
        /// A part of an address.
        case address(String)
        /// A part of another text.
        case text(String)
    }

    /// The ways to understand it.
    public let ways: [Way]

    /// Reads what was typed; more than 60 characters are cut.
    public init(_ typed: String) {
        let given = Plain.trimmed(String(typed.prefix(60)))
        let folded = SearchText.fold(given)
        var ways: [Way] = []
        let letters = folded.utf8.allSatisfy { (97...122).contains($0) }
        if folded.isEmpty {
            self.ways = []
            return
        }
        if let number = try? IDNumber(given) { ways.append(.identifier(number.text)) }
        if let code = try? CreditCode(given) { ways.append(.identifier(code.text)) }
        if let phone = PhoneNumber(given) { ways.append(.identifier(phone.text)) }
        if folded.count == 4, folded.dropLast().allSatisfy(\.isNumber),
            folded.last?.isNumber == true || folded.last == "x"
        {
            ways.append(.ending(folded.uppercased()))
        }
        if letters {
            if folded.count >= 2 { ways.append(.letters(folded)) }
        } else if folded.contains(where: { Pinyin.isHan($0) }) {
            ways.append(.name(folded))
            if folded.count >= 2 { ways.append(.address(folded)) }
        }
        if folded.count >= 2 { ways.append(.text(folded)) }
        self.ways = ways
    }
}

extension SearchText {
    /// What finds the records of one way, over the given categories: every group must be met by one of its tokens.
    func groups(_ way: SearchQuery.Way, in categories: [String]) -> [[String]] {
        switch way {
        case .identifier(let value): [categories.map { identifier(value, in: $0) }]
        case .ending(let value): [categories.map { ending(value, in: $0) }]
        case .name(let text): Self.grams(text, single: text.count == 1).map { ["n" + $0] }
        case .address(let text): Self.grams(text, single: false).map { ["a" + $0] }
        case .text(let text): Self.grams(text, single: false).map { ["t" + $0] }
        case .letters(let letters):
            [["p" + letters.prefix(Self.beginnings.last { $0 <= letters.count } ?? 2)]]
        }
    }

    /// Whether a record is found by a way through a field that the viewer may search; what is hidden finds nothing.
    func matches(
        _ record: Record, _ category: Category, _ way: SearchQuery.Way, for viewer: Viewer, isChild: Bool
    ) -> Bool {
        let subject = Policy.Subject.record(record.id, isChild: isChild)
        return category.fields.contains { field in
            guard let search = field.search, search == way.field, let value = record.values[field.key],
                Policy.sight(of: field, in: category, for: viewer, subject: subject) >= Self.needed(for: field)
            else { return false }
            switch way {
            case .identifier(let wanted): return value == wanted
            case .ending(let wanted): return value.hasSuffix(wanted)
            case .name(let wanted), .address(let wanted), .text(let wanted):
                return Plain.holds(Self.fold(value), wanted)
            case .letters(let wanted): return Self.letters(of: value).contains { $0.hasPrefix(wanted) }
            }
        }
    }

    /// A name and an identifier can be asked for by who sees them masked: the asker knows them already. A masked
    /// address or note would be spelled out character by character.
    static func needed(for field: Field) -> Sight {
        field.search == .name || field.search == .identifier ? .masked : .plain
    }
}

extension SearchQuery.Way {
    /// The kind of fields that it looks at.
    var field: Field.Search {
        switch self {
        case .identifier, .ending: .identifier
        case .name, .letters: .name
        case .address: .address
        case .text: .text
        }
    }
}
