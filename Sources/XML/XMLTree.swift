/// One element of a document with what is in it; a document is its root.
///
/// Comments and processing instructions are not kept.
public struct XMLTree: Sendable, Equatable {
    /// The name without its prefix.
    public var name: String
    /// The namespace's URI; empty where there is none.
    public var namespace: String
    /// Attributes by their names without prefix; declarations of namespaces are not among them.
    public var attributes: [String: String]
    /// The elements directly inside, in order.
    public var children: [XMLTree]
    /// The characters directly inside, all pieces joined, as they stand.
    public var text: String

    /// An element.
    public init(
        _ name: String, namespace: String = "", attributes: [String: String] = [:], text: String = "",
        children: [XMLTree] = []
    ) {
        self.name = name
        self.namespace = namespace
        self.attributes = attributes
        self.children = children
        self.text = text
    }

    /// The first element of that name directly inside.
    public subscript(_ name: String) -> XMLTree? { children.first { $0.name == name } }

    /// All elements of that name directly inside, in order.
    public func all(_ name: String) -> [XMLTree] { children.filter { $0.name == name } }

    /// The text without the white space around it.
    public var value: String {
        let isSpace: (Unicode.Scalar) -> Bool = { $0 == " " || $0 == "\n" || $0 == "\r" || $0 == "\t" }
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !isSpace($0) }),
            let last = scalars.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(scalars[first...last])
    }

    /// The trimmed text of the first element of that name directly inside.
    public func value(_ name: String) -> String? { self[name]?.value }
}

/// How large a document may be.
public struct XMLLimits: Sendable {
    /// Bytes.
    public var bytes: Int
    /// Elements within elements.
    public var depth: Int
    /// Elements and attributes in all.
    public var nodes: Int

    /// Limits; a message of a device or a citizen's gateway needs no more than the default.
    public init(bytes: Int = 1 << 20, depth: Int = 32, nodes: Int = 50_000) {
        self.bytes = bytes
        self.depth = depth
        self.nodes = nodes
    }
}

/// Why a text is no document that is taken.
public enum XMLError: Error, Equatable, CustomStringConvertible {
    /// More bytes, depth or nodes than the limits allow.
    case tooLarge(String)
    /// It is not well formed.
    case syntax(line: Int, column: Int, String)
    /// It declares a document type; entities are never expanded here.
    case doctype

    /// What is wrong, and where.
    public var description: String {
        switch self {
        case .tooLarge(let what): "too large: \(what)"
        case .syntax(let line, let column, let why): "line \(line), column \(column): \(why)"
        case .doctype: "a document type is not taken"
        }
    }
}
