/// An answer to somebody who asked for something that cannot be: what is wrong, and where (RFC 9457).
///
/// Its words are keys of the message catalogue, so that the screen shows them in the reader's language.
public struct Problem: Error, Sendable, Equatable {
    /// HTTP status, 400…599.
    public var status: Int
    /// A stable name such as `case.move-not-allowed`; the catalogue has its words under `problem.` + code.
    public var code: String
    /// What the words are filled with; never a personal datum or a secret.
    public var detail: String?
    /// Fields that are wrong, each with a code of its own.
    public var fields: [String: String]
    /// Seconds after which trying again makes sense.
    public var retryAfter: Int?

    /// A problem with its status and its stable name.
    public init(
        _ status: Int, _ code: String, detail: String? = nil, fields: [String: String] = [:], retryAfter: Int? = nil
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.fields = fields
        self.retryAfter = retryAfter
    }

    /// 404: there is no such thing, or the asker may not know that there is.
    public static let notFound = Problem(404, "not-found")
    /// 403: known, and not allowed.
    public static let forbidden = Problem(403, "forbidden")
    /// 401: nobody is logged in.
    public static let unauthorized = Problem(401, "unauthorized")

    /// 400: the request cannot be understood.
    public static func malformed(_ detail: String) -> Problem { Problem(400, "malformed", detail: detail) }
    /// 409: what is asked contradicts what is.
    public static func conflict(_ code: String, detail: String? = nil) -> Problem { Problem(409, code, detail: detail) }
    /// 422: understood, but these fields are wrong.
    public static func invalid(_ fields: [String: String]) -> Problem { Problem(422, "invalid", fields: fields) }
}

/// Collects what is wrong with a form before anything is done.
public struct FieldCheck: Sendable {
    /// Field name → code under `problem.field.` in the catalogue.
    public private(set) var errors: [String: String] = [:]

    /// A check with nothing found yet.
    public init() {}

    /// Notes `code` for `field` unless `holds`; the first note for a field stays.
    public mutating func expect(_ holds: Bool, _ field: String, _ code: String) {
        if !holds, errors[field] == nil { errors[field] = code }
    }

    /// The trimmed text, noted as wrong unless its length in characters is in `length`.
    public mutating func text(_ value: String?, _ field: String, _ length: ClosedRange<Int>) -> String {
        let text = trimmed(value ?? "")
        expect(text.count >= length.lowerBound, field, text.isEmpty ? "required" : "too-short")
        expect(text.count <= length.upperBound, field, "too-long")
        return text
    }

    /// Throws a 422 ``Problem`` that names every wrong field.
    public func finish() throws(Problem) {
        if !errors.isEmpty { throw Problem.invalid(errors) }
    }
}

private func trimmed(_ text: String) -> String {
    guard let first = text.firstIndex(where: { !$0.isWhitespace }),
        let last = text.lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(text[first...last])
}
