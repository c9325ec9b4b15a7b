import CExpat

/// Reads a bounded UTF-8 document into a tree: no document type, no entities but the five, nothing fetched.
public enum XMLReader {
    /// Reads a document. Whatever encoding it declares, its bytes are read as UTF-8.
    public static func read(_ bytes: some Collection<UInt8>, limits: XMLLimits = XMLLimits()) throws(XMLError)
        -> XMLTree
    {
        guard bytes.count <= limits.bytes else { throw .tooLarge("\(bytes.count) bytes, at most \(limits.bytes)") }
        let text = Array(bytes)
        let tree = Builder(limits: limits)
        // What separates a namespace from a name: no URI holds a line feed.
        guard let parser = XML_ParserCreateNS("UTF-8", 10) else { throw .tooLarge("no memory for a parser") }
        defer { XML_ParserFree(parser) }
        tree.parser = parser
        XML_SetUserData(parser, Unmanaged.passUnretained(tree).toOpaque())
        XML_SetElementHandler(
            parser,
            { user, name, attributes in builder(of: user)?.start(name, attributes) },
            { user, _ in builder(of: user)?.end() })
        XML_SetCharacterDataHandler(parser) { user, bytes, count in builder(of: user)?.characters(bytes, count) }
        XML_SetStartDoctypeDeclHandler(parser) { user, _, _, _, _ in builder(of: user)?.stop(.doctype) }
        let status = text.withUnsafeBytes { raw in
            XML_Parse(parser, raw.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(raw.count), 1)
        }
        if let failure = tree.failure { throw failure }
        guard status == XML_STATUS_OK, let root = tree.root else {
            let why = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "not well formed"
            throw .syntax(
                line: Int(XML_GetCurrentLineNumber(parser)), column: Int(XML_GetCurrentColumnNumber(parser)), why)
        }
        return root
    }
}

private func builder(of user: UnsafeMutableRawPointer?) -> Builder? {
    user.map { Unmanaged<Builder>.fromOpaque($0).takeUnretainedValue() }
}

/// Puts a tree together from a parser's calls; lives as long as one of them runs.
private final class Builder {
    let limits: XMLLimits
    var parser: XML_Parser?
    var root: XMLTree?
    var failure: XMLError?
    private var open: [XMLTree] = []
    private var nodes = 0

    init(limits: XMLLimits) { self.limits = limits }

    func stop(_ error: XMLError) {
        guard failure == nil else { return }
        failure = error
        XML_StopParser(parser, 0)
    }

    func start(
        _ name: UnsafePointer<XML_Char>?, _ attributes: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?
    ) {
        guard failure == nil, let name else { return }
        var element = XMLTree("")
        (element.namespace, element.name) = Self.parts(name)
        nodes += 1
        var index = 0
        while let key = attributes?[index], let value = attributes?[index + 1] {
            element.attributes[Self.parts(key).name] = String(cString: value)
            nodes += 1
            index += 2
        }
        if open.count >= limits.depth { return stop(.tooLarge("deeper than \(limits.depth) elements")) }
        if nodes > limits.nodes { return stop(.tooLarge("more than \(limits.nodes) elements")) }
        open.append(element)
    }

    func end() {
        guard failure == nil, let done = open.popLast() else { return }
        if open.isEmpty { root = done } else { open[open.count - 1].children.append(done) }
    }

    func characters(_ bytes: UnsafePointer<XML_Char>?, _ count: Int32) {
        guard failure == nil, let bytes, !open.isEmpty else { return }
        let piece = UnsafeRawBufferPointer(start: bytes, count: Int(count))
        open[open.count - 1].text += String(decoding: piece, as: UTF8.self)
    }

    private static func parts(_ name: UnsafePointer<XML_Char>) -> (namespace: String, name: String) {
        let full = String(cString: name)
        guard let cut = full.firstIndex(of: "\n") else { return ("", full) }
        return (String(full[..<cut]), String(full[full.index(after: cut)...]))
    }
}
