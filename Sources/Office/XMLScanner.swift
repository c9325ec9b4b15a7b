import CExpat

/// Reads XML piece by piece (expat). A document type is refused at its first character: entities are what bombs and
/// outside files come in through, and no office file has any.
final class XMLScanner {
    /// What is told of the document. Names are without their prefix.
    protocol Listener: AnyObject {
        func start(_ name: UnsafePointer<CChar>, _ attributes: Attributes) throws
        func end(_ name: UnsafePointer<CChar>) throws
        func text(_ bytes: UnsafeBufferPointer<UInt8>) throws
    }

    /// The attributes of one element, while it is told.
    struct Attributes {
        fileprivate let list: UnsafeMutablePointer<UnsafePointer<CChar>?>?

        /// An attribute's value; prefixes do not count.
        func value(_ name: StaticString) -> UnsafePointer<CChar>? {
            guard var pair = list else { return nil }
            while let key = pair[0], let value = pair[1] {
                if isWord(XMLScanner.local(key), name) { return value }
                pair += 2
            }
            return nil
        }

        func text(_ name: StaticString) -> String? { value(name).map { String(cString: $0) } }
        func number(_ name: StaticString) -> Int? { text(name).flatMap { Int($0) } }
    }

    private let parser: XML_Parser
    private let listener: any Listener
    private var failure: (any Error)?
    private let part: String

    init(_ listener: any Listener, part: String) throws(TableError) {
        guard let parser = XML_ParserCreate(nil) else { throw .damaged(part) }
        self.parser = parser
        self.listener = listener
        self.part = part
        XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        XML_SetElementHandler(
            parser,
            { data, name, attributes in
                guard let name else { return }
                XMLScanner.of(data)?.guarded {
                    try $0.start(XMLScanner.local(name), Attributes(list: attributes))
                }
            },
            { data, name in
                guard let name else { return }
                XMLScanner.of(data)?.guarded { try $0.end(XMLScanner.local(name)) }
            })
        XML_SetCharacterDataHandler(parser) { data, bytes, count in
            guard let bytes else { return }
            let text = UnsafeRawPointer(bytes).assumingMemoryBound(to: UInt8.self)
            XMLScanner.of(data)?.guarded {
                try $0.text(UnsafeBufferPointer(start: text, count: Int(count)))
            }
        }
        XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in
            XMLScanner.of(data)?.guarded { _ in throw TableError.damaged("a document type") }
        }
    }

    deinit { XML_ParserFree(parser) }

    /// Takes the next bytes.
    func feed(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws {
        let status = XML_Parse(
            parser, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), isLast ? 1 : 0)
        if let failure { throw failure }
        guard status == XML_STATUS_OK else {
            throw TableError.damaged("\(part), line \(XML_GetCurrentLineNumber(parser))")
        }
    }

    private static func of(_ data: UnsafeMutableRawPointer?) -> XMLScanner? {
        data.map { Unmanaged<XMLScanner>.fromOpaque($0).takeUnretainedValue() }
    }

    private func guarded(_ body: (any Listener) throws -> Void) {
        guard failure == nil else { return }
        do { try body(listener) } catch {
            failure = error
            XML_StopParser(parser, 0)
        }
    }

    fileprivate static func local(_ name: UnsafePointer<CChar>) -> UnsafePointer<CChar> {
        var start = name
        var here = name
        while here.pointee != 0 {
            if here.pointee == 58 { start = here + 1 }
            here += 1
        }
        return start
    }
}

/// Whether a C text is that word.
func isWord(_ text: UnsafePointer<CChar>, _ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    for index in 0..<count {
        // Stops at the first difference, the end of `text` among them.
        if UInt8(bitPattern: text[index]) != word.utf8Start[index] { return false }
    }
    return text[count] == 0
}
