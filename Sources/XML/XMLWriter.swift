/// Writes a document piece by piece; what is not opened and closed as a tree is written from one.
public struct XMLWriter: Sendable {
    /// What has been written.
    public private(set) var text: String
    private var open: [String] = []

    /// A document that begins with its declaration.
    /// - Parameter encoding: the name in the declaration; who sends the bytes encodes them.
    public init(encoding: String = "UTF-8") {
        text = "<?xml version=\"1.0\" encoding=\"\(encoding)\"?>\n"
    }

    /// Opens an element that holds elements; each stands on a line of its own.
    public mutating func open(_ name: String, _ attributes: KeyValuePairs<String, String> = [:]) {
        begin(name, attributes)
        text += "\n"
        open.append(name)
    }

    /// Closes the element that was opened last.
    public mutating func close() {
        if let name = open.popLast() { text += "</\(name)>\n" }
    }

    /// An element with text in it.
    public mutating func leaf(_ name: String, _ value: String, _ attributes: KeyValuePairs<String, String> = [:]) {
        begin(name, attributes)
        text += Self.escaped(value) + "</\(name)>\n"
    }

    private mutating func begin(_ name: String, _ attributes: KeyValuePairs<String, String>) {
        text += "<" + name
        for (key, value) in attributes { text += " \(key)=\"\(Self.escaped(value))\"" }
        text += ">"
    }

    /// An element with text in it, where there is any.
    public mutating func leaf(_ name: String, ifAny value: String?) {
        if let value, !value.isEmpty { leaf(name, value) }
    }

    /// A text as it stands inside an element or an attribute. What XML 1.0 cannot hold at all becomes U+FFFD.
    public static func escaped(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\r": result += "&#13;"
            case "\t", "\n": result.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
