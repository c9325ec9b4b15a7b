/// Who is named in a message: `@` and a name, the longest that fits.
enum Mentions {
    /// Names that one message may call.
    static let limit = 20

    /// - Parameter names: of those who can be called.
    /// - Returns: the names that are called, each once, in order.
    static func read(_ text: String, among names: some Sequence<String>) -> [String] {
        let longest = names.filter { !$0.isEmpty }.sorted { ($1.count, $0) < ($0.count, $1) }
        var found: [String] = []
        var rest = text[...]
        while found.count < limit, let at = rest.firstIndex(where: { $0 == "@" || $0 == "＠" }) {
            rest = rest[rest.index(after: at)...]
            guard let name = longest.first(where: { rest.hasPrefix($0) }) else { continue }
            rest = rest.dropFirst(name.count)
            if !found.contains(name) { found.append(name) }
        }
        return found
    }
}
