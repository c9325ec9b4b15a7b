import Foundation
import Kernel
import NIOCore

/// What a handler answers with.
public struct Answer: Sendable {
    /// The bytes, or what writes them as they come.
    enum Body: Sendable {
        case bytes([UInt8])
        case events(after: Int64)
        /// A part of a file, read as it is sent.
        case file(path: String, part: Range<Int64>)
    }

    /// HTTP status.
    public var status: Int
    /// Header fields beside those that every answer carries.
    public var headers: [(name: String, value: String)]
    var body: Body

    init(status: Int, headers: [(name: String, value: String)] = [], body: Body) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A JSON document.
    public static func json(_ value: some Encodable, status: Int = 200) throws -> Answer {
        Answer(
            status: status, headers: [("Content-Type", "application/json; charset=utf-8")],
            body: .bytes(try JSON.encode(value)))
    }

    /// One page of a list: its items, and where the next page is.
    public static func list<Item: Encodable>(_ items: [Item], next: String?) throws -> Answer {
        try json(ItemList(items: items, next: next))
    }

    /// A JSON document that is already encoded.
    public static func rawJSON(_ text: String, type: String = "application/json; charset=utf-8") -> Answer {
        Answer(status: 200, headers: [("Content-Type", type)], body: .bytes(Array(text.utf8)))
    }

    /// A page of HTML.
    public static func html(_ text: String, status: Int = 200) -> Answer {
        Answer(
            status: status, headers: [("Content-Type", "text/html; charset=utf-8")], body: .bytes(Array(text.utf8)))
    }

    /// See other (303): where to go after a form was handled. Only a path of this server is followed.
    public static func redirect(to path: String) -> Answer {
        let safe =
            path.hasPrefix("/") && !path.hasPrefix("//") && !path.contains("\\") && !path.contains { $0.isNewline }
        return Answer(status: 303, headers: [("Location", safe ? path : "/")], body: .bytes([]))
    }

    /// Bytes of a type; with a `name` the browser stores them as a file.
    public static func bytes(_ bytes: [UInt8], type: String, name: String? = nil) -> Answer {
        var answer = Answer(status: 200, headers: [("Content-Type", type)], body: .bytes(bytes))
        if let name {
            let plain = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || ".-_".contains($0)) ? $0 : "_" })
            let escaped = name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? plain
            answer.headers.append(
                ("Content-Disposition", "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(escaped)"))
        }
        return answer
    }

    /// 204: done, and nothing to say.
    public static let nothing = Answer(status: 204, body: .bytes([]))

    /// 304: what the client has is still true.
    public static let unchanged = Answer(status: 304, body: .bytes([]))

    /// Plain text.
    public static func text(_ text: String, status: Int = 200) -> Answer {
        Answer(
            status: status, headers: [("Content-Type", "text/plain; charset=utf-8")], body: .bytes(Array(text.utf8)))
    }

    /// This answer with one more header field.
    public func with(_ name: String, _ value: String) -> Answer {
        var copy = self
        copy.headers.append((name, value))
        return copy
    }

    /// This answer with a cookie: for this host alone, out of reach of scripts.
    /// - Parameter maxAge: seconds; 0 deletes it, `nil` keeps it while the browser runs.
    public func settingCookie(
        _ name: String, _ value: String, maxAge: Int? = nil, secure: Bool, sameSite: String = "Lax"
    ) -> Answer {
        var text = "\(name)=\(value); Path=/; HttpOnly; SameSite=\(sameSite)"
        if let maxAge { text += "; Max-Age=\(maxAge)" }
        if secure { text += "; Secure" }
        return with("Set-Cookie", text)
    }

    /// The body's bytes, for tests and for answers that are stored.
    public var bodyBytes: [UInt8] {
        if case .bytes(let bytes) = body { bytes } else { [] }
    }
}

private struct ItemList<Item: Encodable>: Encodable {
    var items: [Item]
    var next: String?
}

/// JSON as the API speaks it: sorted keys, times in RFC 3339, unescaped slashes.
public enum JSON {
    /// Encodes for the API.
    public static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    /// Encodes for a column or an event.
    public static func text(_ value: some Encodable) throws -> String {
        String(decoding: try encode(value), as: UTF8.self)
    }

    /// Decodes what came from outside; says which field is wrong.
    public static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) throws(Problem) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw problem(error)
        } catch {
            throw Problem.malformed("the body is not JSON")
        }
    }

    private static func problem(_ error: DecodingError) -> Problem {
        func path(_ keys: [any CodingKey]) -> String { keys.map(\.stringValue).joined(separator: ".") }
        switch error {
        case .keyNotFound(let key, let context):
            return .invalid([path(context.codingPath + [key]): "required"])
        case .valueNotFound(_, let context):
            return .invalid([path(context.codingPath): "required"])
        case .typeMismatch(_, let context) where !context.codingPath.isEmpty:
            return .invalid([path(context.codingPath): "wrong-type"])
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            return .invalid([path(context.codingPath): "invalid"])
        default:
            return .malformed("the body is not the JSON that is expected here")
        }
    }
}
