/// A request that came in, and the one way to answer it.
public struct SIPIncoming: Sendable {
    /// The request; its Via says where it came from.
    public let request: SIPMessage
    /// Where it came from.
    public let hop: SIPHop
    let key: SIPServerKey?
    let endpoint: SIPEndpoint

    /// Answers; an ACK has no answer, a second final answer is dropped.
    public func respond(_ response: SIPMessage) {
        if let key { endpoint.respond(response, to: key) }
    }

    /// Answers with a status alone.
    public func respond(_ status: Int, tag: String? = nil) {
        respond(request.response(status, tag: tag ?? SIPEndpoint.tag()))
    }

    /// Names the transaction, so that ``SIPEndpoint/Event/cancelled(_:)`` can be told to be of this request.
    public var transaction: SIPServerKey? { key }
}

/// Why a request got no response.
public enum SIPFailure: Error, Sendable, Equatable {
    /// No final answer within 32 s (or while it rang for too long).
    case timedOut
    /// The far end cannot be reached.
    case unreachable
    /// The endpoint is shut.
    case closed
}
