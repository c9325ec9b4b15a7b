/// An element of a control message. Names are compared without case: devices write `info` and `Info`.
public struct XMLElement: Sendable, Equatable {
    /// The name as it was written.
    public var name: String
    /// The text directly inside, trimmed.
    public var text: String
    /// The elements inside, in their order.
    public var children: [XMLElement]
    /// Attributes, of which the standard knows `Num` alone.
    public var attributes: [String: String] = [:]

    /// An element.
    public init(_ name: String, _ text: String = "", _ children: [XMLElement] = []) {
        self.name = name
        self.text = text
        self.children = children
    }

    /// The first child of that name.
    public subscript(_ name: String) -> XMLElement? {
        let wanted = name.lowercased()
        return children.first { $0.name.lowercased() == wanted }
    }

    /// All children of that name.
    public func all(_ name: String) -> [XMLElement] {
        let wanted = name.lowercased()
        return children.filter { $0.name.lowercased() == wanted }
    }

    /// The text of a child, `nil` where it is missing or empty.
    public func value(_ name: String) -> String? {
        guard let text = self[name]?.text, !text.isEmpty else { return nil }
        return text
    }

    /// The text of a child, or of one inside its `Info`: 2022 moved much there.
    public func infoValue(_ name: String) -> String? { value(name) ?? self["Info"]?.value(name) }

    /// A number in a child; an empty or odd one is none.
    public func number(_ name: String) -> Int? { value(name).flatMap { Int($0) } }

    /// A decimal in a child.
    public func decimal(_ name: String) -> Double? {
        value(name).flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
    }

    /// The document's text, CRLF between lines as in the standard's examples.
    public func document(charset: String) -> String {
        "<?xml version=\"1.0\" encoding=\"\(charset)\"?>\r\n" + written
    }

    private var written: String {
        let attributes = attributes.sorted { $0.key < $1.key }.map { " \($0.key)=\"\(Self.escaped($0.value))\"" }
        let open = name + attributes.joined()
        if children.isEmpty { return "<\(open)>\(Self.escaped(text))</\(name)>\r\n" }
        return "<\(open)>\r\n" + children.map(\.written).joined() + "</\(name)>\r\n"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for letter in text.unicodeScalars {
            switch letter {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: if letter.value >= 32 || letter == "\t" || letter == "\n" { result.unicodeScalars.append(letter) }
            }
        }
        return result
    }
}

/// Why text is no control message.
public enum XMLFailure: Error, Sendable, Equatable {
    /// There is no element at all.
    case empty
    /// More than the bounds allow.
    case tooLarge(String)
}

/// Reads the XML of devices, broken as it comes: raw `&` and `<` in names, missing end tags, tags in another case,
/// a prolog that lies. Entities are the five of XML and numbers; nothing is ever expanded further or fetched.
public struct XMLReader {
    /// Elements that one document may have.
    public static let elementLimit = 200_000
    /// How deep elements may lie in each other.
    public static let depthLimit = 16

    private let bytes: [UInt8]
    private var index = 0
    private var count = 0
    private var stack: [XMLElement] = []

    private init(_ text: String) { bytes = Array(text.utf8) }

    /// Reads a document from the bytes of a message's body.
    public static func read(_ bytes: [UInt8]) throws(XMLFailure) -> XMLElement {
        var reader = XMLReader(GBText.decode(bytes))
        return try reader.document()
    }

    private mutating func document() throws(XMLFailure) -> XMLElement {
        var text: [UInt8] = []
        var root: XMLElement?
        while index < bytes.count, root == nil {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "<") else {
                text.append(byte)
                index += 1
                continue
            }
            switch tag() {
            case .skip: break
            case .text:
                text.append(byte)
                index += 1
            case .open(let element, let isClosed):
                flush(&text)
                count += 1
                guard count <= Self.elementLimit else { throw .tooLarge("elements") }
                guard stack.count < Self.depthLimit else { throw .tooLarge("depth") }
                stack.append(element)
                if isClosed { root = close() }
            case .close(let name):
                flush(&text)
                // An end that fits nothing open is dropped; one that fits an outer element ends what is in between.
                if let place = stack.lastIndex(where: { $0.name.lowercased() == name.lowercased() }) {
                    while stack.count > place, root == nil { root = close() }
                }
            }
        }
        flush(&text)
        while root == nil, !stack.isEmpty { root = close() }
        guard let root else { throw .empty }
        return root
    }

    /// Ends the innermost element.
    /// - Returns: it, when it was the outermost.
    private mutating func close() -> XMLElement? {
        guard let done = stack.popLast() else { return nil }
        guard !stack.isEmpty else { return done }
        stack[stack.count - 1].children.append(done)
        return nil
    }

    private mutating func flush(_ text: inout [UInt8]) {
        defer { text.removeAll(keepingCapacity: true) }
        guard !stack.isEmpty, !text.isEmpty else { return }
        var slice = text[...]
        while let first = slice.first, first <= 32 { slice = slice.dropFirst() }
        while let last = slice.last, last <= 32 { slice = slice.dropLast() }
        if !slice.isEmpty { stack[stack.count - 1].text += Self.unescaped(slice) }
    }

    private enum Tag {
        case open(XMLElement, isClosed: Bool)
        case close(String)
        case skip
        /// A `<` that begins no tag.
        case text
    }

    private mutating func tag() -> Tag {
        let start = index + 1
        guard start < bytes.count else { return .text }
        switch bytes[start] {
        case UInt8(ascii: "?"): return skip(past: "?>")
        case UInt8(ascii: "!"):
            if bytes[start...].starts(with: Array("!--".utf8)) { return skip(past: "-->") }
            if bytes[start...].starts(with: Array("![CDATA[".utf8)) {
                // Its text is taken as it stands.
                index += 9
                let end = Self.find(Array("]]>".utf8), in: bytes, from: index) ?? bytes.count
                if !stack.isEmpty { stack[stack.count - 1].text += String(decoding: bytes[index..<end], as: UTF8.self) }
                index = min(bytes.count, end + 3)
                return .skip
            }
            return skip(past: ">")
        case UInt8(ascii: "/"):
            guard let (name, after) = name(at: start + 1) else { return .text }
            var end = after
            while end < bytes.count, bytes[end] <= 32 { end += 1 }
            guard end < bytes.count, bytes[end] == UInt8(ascii: ">") else { return .text }
            index = end + 1
            return .close(name)
        default: return open(at: start)
        }
    }

    private mutating func open(at start: Int) -> Tag {
        guard let (name, after) = name(at: start) else { return .text }
        // The end of the tag must come before the next one begins, and soon: else this `<` is a letter.
        var end = after
        while end < bytes.count, end - start < 1_024, bytes[end] != UInt8(ascii: ">"), bytes[end] != UInt8(ascii: "<") {
            end += 1
        }
        guard end < bytes.count, bytes[end] == UInt8(ascii: ">") else { return .text }
        let isClosed = end > after && bytes[end - 1] == UInt8(ascii: "/")
        guard after == end || bytes[after] <= 32 || bytes[after] == UInt8(ascii: "/") else { return .text }
        var element = XMLElement(name)
        element.attributes = Self.attributes(bytes[after..<(isClosed ? end - 1 : end)])
        index = end + 1
        return .open(element, isClosed: isClosed)
    }

    private func name(at start: Int) -> (String, Int)? {
        var end = start
        while end < bytes.count, end - start < 64, Self.isNameByte(bytes[end]) { end += 1 }
        guard end > start, !(48...57).contains(bytes[start]) else { return nil }
        return (String(decoding: bytes[start..<end], as: UTF8.self), end)
    }

    private mutating func skip(past text: String) -> Tag {
        let end = Self.find(Array(text.utf8), in: bytes, from: index)
        index = end.map { $0 + text.utf8.count } ?? bytes.count
        return .skip
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (65...90).contains(byte) || (97...122).contains(byte) || (48...57).contains(byte) || byte == 95 || byte == 45
            || byte == 46 || byte == 58
    }

    private static func find(_ needle: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        var index = start
        while index + needle.count <= bytes.count {
            if bytes[index] == needle[0], bytes[index..<index + needle.count].elementsEqual(needle) { return index }
            index += 1
        }
        return nil
    }

    private static func attributes(_ slice: ArraySlice<UInt8>) -> [String: String] {
        var result: [String: String] = [:]
        var rest = slice
        while result.count < 16 {
            rest = rest.drop { $0 <= 32 }
            guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else { break }
            let name = String(decoding: rest[rest.startIndex..<equals], as: UTF8.self).filter { !$0.isWhitespace }
            rest = rest[(equals + 1)...].drop { $0 <= 32 }
            guard let quote = rest.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"),
                let end = rest.dropFirst().firstIndex(of: quote)
            else { break }
            result[name] = unescaped(rest[(rest.startIndex + 1)..<end])
            rest = rest[(end + 1)...]
        }
        return result
    }

    private static let entities: [String: String] = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]

    /// Resolves the five entities and numbers; an `&` that begins none stays a letter.
    private static func unescaped(_ slice: ArraySlice<UInt8>) -> String {
        guard slice.contains(UInt8(ascii: "&")) else { return String(decoding: slice, as: UTF8.self) }
        var result: [UInt8] = []
        var index = slice.startIndex
        while index < slice.endIndex {
            let byte = slice[index]
            if byte == UInt8(ascii: "&"),
                let end = slice[index..<min(slice.endIndex, index + 10)].firstIndex(of: UInt8(ascii: ";")),
                let text = entity(String(decoding: slice[(index + 1)..<end], as: UTF8.self))
            {
                result += Array(text.utf8)
                index = end + 1
            } else {
                result.append(byte)
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func entity(_ name: String) -> String? {
        if let known = entities[name] { return known }
        guard name.hasPrefix("#") else { return nil }
        let digits = name.dropFirst()
        let number = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        guard let number, number >= 32 || number == 9 || number == 10, let scalar = Unicode.Scalar(number) else {
            return nil
        }
        return String(Character(scalar))
    }
}
