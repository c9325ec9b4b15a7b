import AsyncHTTPClient
import Foundation
import Kernel
import NIOCore
import NIOHTTP1
import Web

/// Any other HTTP interface: a request whose body is a template.
public struct TemplateCarrier: Carrier {
    /// What the body is made of.
    public enum Encoding: String, Sendable {
        /// Values are escaped as parts of JSON texts.
        case json
        /// Values are escaped as parts of a form.
        case form
    }

    /// What it needs to know.
    public struct Configuration: Sendable {
        /// Where to POST.
        public var url: String
        /// The body, with `{phone}`, `{text}`, `{name}` and `{id}`.
        public var body: String
        /// How values are escaped.
        public var encoding: Encoding
        /// The value of `Authorization`; empty is none.
        public var authorization: String
        /// What the answer's body must contain where the message was taken; empty takes any 2xx.
        public var success: String

        /// A configuration.
        public init(url: String, body: String, encoding: Encoding, authorization: String = "", success: String = "") {
            self.url = url
            self.body = body
            self.encoding = encoding
            self.authorization = authorization
            self.success = success
        }
    }

    let client: HTTPClient
    let configuration: Configuration

    /// A carrier.
    public init(client: HTTPClient, _ configuration: Configuration) {
        self.client = client
        self.configuration = configuration
    }

    /// Hands a message over.
    public func send(_ message: Message) async -> Delivery {
        var request = HTTPClientRequest(url: configuration.url)
        request.method = .POST
        request.headers.add(
            name: "Content-Type",
            value: configuration.encoding == .json
                ? "application/json; charset=utf-8" : "application/x-www-form-urlencoded; charset=utf-8")
        if !configuration.authorization.isEmpty {
            request.headers.add(name: "Authorization", value: configuration.authorization)
        }
        request.headers.add(name: "Idempotency-Key", value: message.id.description)
        request.body = .bytes(ByteBuffer(string: Self.filled(configuration, message)))
        let success = configuration.success
        return await CarrierRequest.send(request, by: client) { status, body in
            switch status {
            case 200..<300:
                let isTaken = success.isEmpty || String(decoding: body, as: UTF8.self).contains(success)
                return isTaken ? .taken(providerID: nil) : .refused("answer")
            case 408, 425, 429, 503: return .again("HTTP \(status)", mayHaveGoneOut: false)
            case 400..<500: return .refused("HTTP \(status)")
            default: return .again("HTTP \(status)", mayHaveGoneOut: true)
            }
        }
    }

    /// The body with its values; a value that looks like a variable is not filled again.
    static func filled(_ configuration: Configuration, _ message: Message) -> String {
        let values = [
            "phone": message.to.phone, "text": message.text, "name": message.to.name, "id": message.id.description,
        ]
        var result = ""
        var rest = configuration.body[...]
        while let open = rest.firstIndex(of: "{") {
            result += rest[..<open]
            let tail = rest[rest.index(after: open)...]
            if let close = tail.firstIndex(of: "}"), let value = values[String(tail[..<close])] {
                result += escaped(value, configuration.encoding)
                rest = tail[tail.index(after: close)...]
            } else {
                result += "{"
                rest = tail
            }
        }
        return result + rest
    }

    private static func escaped(_ value: String, _ encoding: Encoding) -> String {
        switch encoding {
        case .form: ACS3.encoded(value)
        case .json: (try? JSON.text([value])).map { String($0.dropFirst(2).dropLast(2)) } ?? ""
        }
    }
}
