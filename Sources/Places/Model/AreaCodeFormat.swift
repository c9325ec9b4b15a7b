import Kernel

/// How areas are numbered: the code of a part is the code of the whole and a number of so many digits.
///
/// Nine digits for the town (six of the county, GB/T 2260, three of the town, GB/T 10114), three for the village and two
/// each for cooperative and grid are the default; no national length is prescribed for the last two.
public struct AreaCodeFormat: Sendable, Equatable {
    /// Digits of each level; a level without digits has no code.
    public var digits: [AreaKind: Int]

    /// The default.
    public static let standard = AreaCodeFormat(digits: [.town: 9, .village: 3, .cooperative: 2, .grid: 2])

    /// A format of so many digits for each level.
    public init(digits: [AreaKind: Int]) { self.digits = digits }

    /// Digits of a whole code of that level.
    public func length(of kind: AreaKind) -> Int {
        var sum = 0
        for level in AreaKind.allCases {
            sum += digits[level] ?? 0
            if level == kind { break }
        }
        return sum
    }

    /// Whether a code may stand for an area of that level under that parent.
    public func accepts(_ code: String, _ kind: AreaKind, under parent: String?) -> Bool {
        guard code.utf8.count == length(of: kind), code.utf8.allSatisfy({ (48...57).contains($0) }) else {
            return false
        }
        return kind == .town || code.hasPrefix(parent ?? "?")
    }

    /// The next free code under a parent; numbers are never given again.
    /// - Parameter used: every code that was ever given under that parent.
    /// - Returns: `nil` when the digits are used up or the parent has no code.
    public func next(_ kind: AreaKind, under parent: String, used: some Sequence<String>) -> String? {
        guard let width = digits[kind], width > 0, parent.utf8.count == length(of: kind) - width else { return nil }
        var last = 0
        for code in used where code.hasPrefix(parent) && code.utf8.count == parent.utf8.count + width {
            last = max(last, Int(code.dropFirst(parent.count)) ?? 0)
        }
        let text = String(last + 1)
        guard text.utf8.count <= width else { return nil }
        return parent + String(repeating: "0", count: width - text.utf8.count) + text
    }
}
