/// A form's body with files (`multipart/form-data`, RFC 7578).
public struct Multipart: Sendable {
    /// A file as it came. Its name is not kept: nothing needs it, and it may say who sent it.
    public struct File: Sendable {
        /// The field's name.
        public var field: String
        /// The bytes.
        public var bytes: [UInt8]
    }

    /// What is not a file.
    public private(set) var form: Form
    /// Files that are not empty, in order.
    public private(set) var files: [File] = []

    private static let partLimit = 200

    /// Reads a whole body; `nil` when it is not what its type says, has more than 200 parts, or ends in the middle.
    /// - Parameter type: the header field `Content-Type`.
    public init?(_ body: [UInt8], type: String) {
        guard let boundary = Self.boundary(type) else { return nil }
        var pairs: [(name: String, value: String)] = []
        let mark = Array("--\(boundary)".utf8)
        guard body.starts(with: mark) else { return nil }
        var position = mark.count
        let next = Array("\r\n".utf8) + mark
        for _ in 0..<Self.partLimit {
            if Self.has(body, position, "--") {
                form = Form(pairs: pairs)
                return
            }
            guard Self.has(body, position, "\r\n"),
                let blank = Self.find(Array("\r\n\r\n".utf8), in: body, from: position, within: 4_096),
                let end = Self.find(next, in: body, from: blank + 2, within: body.count)
            else { return nil }
            let head = String(decoding: body[position..<blank], as: UTF8.self)
            guard
                let disposition = head.split(whereSeparator: \.isNewline).first(where: {
                    $0.lowercased().hasPrefix("content-disposition:")
                }), let name = Self.parameter("name", of: disposition)
            else { return nil }
            let content = blank + 4 <= end ? Array(body[(blank + 4)..<end]) : []
            if Self.parameter("filename", of: disposition) != nil {
                if !content.isEmpty { files.append(File(field: name, bytes: content)) }
            } else {
                pairs.append((name, String(decoding: content, as: UTF8.self)))
            }
            position = end + next.count
        }
        return nil
    }

    private static func boundary(_ type: String) -> String? {
        guard type.lowercased().hasPrefix("multipart/form-data"), let value = parameter("boundary", of: type[...]),
            (1...70).contains(value.utf8.count)
        else { return nil }
        return value
    }

    /// A parameter's value, quoted or not. `name` is matched whole, so that `filename` is not taken for it.
    private static func parameter(_ name: String, of header: Substring) -> String? {
        for piece in header.split(separator: ";").dropFirst() {
            let pair = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, pair[0].filter({ $0 != " " }).lowercased() == name else { continue }
            var value = pair[1][...]
            while value.last?.isWhitespace == true { value.removeLast() }
            if value.first == "\"", value.last == "\"", value.count >= 2 { value = value.dropFirst().dropLast() }
            return String(value)
        }
        return nil
    }

    private static func has(_ body: [UInt8], _ position: Int, _ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return position + bytes.count <= body.count && body[position..<position + bytes.count].elementsEqual(bytes)
    }

    /// Where `wanted` begins, at or after `start` and at most `within` bytes on.
    private static func find(_ wanted: [UInt8], in body: [UInt8], from start: Int, within: Int) -> Int? {
        guard let first = wanted.first, start >= 0 else { return nil }
        let last = min(body.count - wanted.count, start + within)
        guard start <= last else { return nil }
        return body.withUnsafeBufferPointer { bytes in
            var index = start
            while index <= last {
                if bytes[index] == first {
                    var same = 1
                    while same < wanted.count, bytes[index + same] == wanted[same] { same += 1 }
                    if same == wanted.count { return index }
                }
                index += 1
            }
            return nil
        }
    }
}
