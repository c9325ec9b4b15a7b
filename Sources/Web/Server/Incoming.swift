import HTTPTypes
import Kernel

/// A request as it came in, before anybody was asked whether it may.
public struct Incoming: Sendable {
    /// The method.
    public var method: HTTPRequest.Method
    /// The path without the query, still escaped.
    public var path: String
    /// Pieces of the path that the route names, unescaped.
    public var parameters: [String: String]
    /// The query.
    public var query: Form
    /// Header fields.
    public var headers: HTTPFields
    /// The host that the client asked for.
    public var authority: String?
    /// The client's network address, for limits alone; never stored with a report.
    public var address: String
    /// Whether the connection is encrypted.
    public var isSecure: Bool

    /// A request.
    public init(
        method: HTTPRequest.Method, path: String, parameters: [String: String] = [:], query: Form = Form([]),
        headers: HTTPFields = [:], authority: String? = nil, address: String = "", isSecure: Bool = false
    ) {
        self.method = method
        self.path = path
        self.parameters = parameters
        self.query = query
        self.headers = headers
        self.authority = authority
        self.address = address
        self.isSecure = isSecure
    }

    /// A header field's value.
    public func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }

    /// A cookie's value.
    public func cookie(_ name: String) -> String? {
        for field in headers[values: .cookie] {
            for piece in field.split(separator: ";") {
                let pair = piece.split(separator: "=", maxSplits: 1)
                if pair.count == 2, pair[0].drop(while: { $0 == " " }) == name { return String(pair[1]) }
            }
        }
        return nil
    }

    /// The token of `Authorization: Bearer`.
    var bearer: String? {
        guard let value = headers[.authorization], value.lowercased().hasPrefix("bearer ") else { return nil }
        return String(value.dropFirst(7))
    }

    /// Whether the answer is for a program rather than for a person's browser.
    var wantsJSON: Bool {
        ["/api/", "/push/", "/cap/", "/carriers/", "/sample-gateway/messages"].contains { path.hasPrefix($0) }
            || headers[.accept]?.contains("json") == true
    }

    /// Whether a browser says that another site made it send this.
    var isCrossSite: Bool {
        if let site = header("Sec-Fetch-Site"), site != "same-origin", site != "none" { return true }
        guard let origin = headers[.origin], let authority else { return false }
        guard let scheme = origin.range(of: "://") else { return true }
        return origin[scheme.upperBound...] != authority
    }
}

extension String {
    /// The range of the first `text`, without Foundation.
    fileprivate func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }
}
