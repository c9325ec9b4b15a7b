/// What both ends of a call or a subscription remember of it (RFC 3261, 12); pure.
public struct SIPDialog: Sendable, Codable, Equatable {
    /// `Call-ID`.
    public var callID: String
    /// Our address with our tag, as `From` of our requests.
    public var local: String
    /// Theirs with their tag, as `To` of our requests.
    public var remote: String
    /// Where our requests are addressed to: the far end's `Contact`.
    public var target: String
    /// `Route` of our requests.
    public var routes: [String]
    /// The number of our last request.
    public var localNumber: UInt32
    /// The number of theirs, once there was one.
    public var remoteNumber: UInt32?

    /// The dialog that a 2xx (or a 1xx with a tag) to our request makes.
    public init?(request: SIPMessage, response: SIPMessage) {
        guard let from = request.headers["From"], let to = response.headers["To"], response.to?.tag != nil,
            let number = request.cseq?.number
        else { return nil }
        callID = request.callID
        local = from
        remote = to
        target = response.contact?.uri.text ?? request.uri ?? ""
        routes = response.headers.all("Record-Route").reversed()
        localNumber = number
    }

    /// The dialog that our 2xx makes of their request; `response` carries our tag.
    public init?(answering request: SIPMessage, with response: SIPMessage) {
        guard let from = request.headers["From"], let to = response.headers["To"], response.to?.tag != nil,
            let number = request.cseq?.number
        else { return nil }
        callID = request.callID
        local = to
        remote = from
        target = request.contact?.uri.text ?? request.from?.uri.text ?? ""
        routes = request.headers.all("Record-Route")
        localNumber = 0
        remoteNumber = number
    }

    /// Whether a request of theirs belongs to it: Call-ID and both tags.
    public func holds(_ request: SIPMessage) -> Bool {
        request.callID == callID && request.to?.tag == SIPAddress(local)?.tag
            && request.from?.tag == SIPAddress(remote)?.tag
    }

    /// Takes a request of theirs into account; one with an old number is refused with 500 (12.2.2).
    public mutating func accept(_ request: SIPMessage) -> Bool {
        guard let number = request.cseq?.number else { return false }
        if request.method != .ack, let last = remoteNumber, number <= last { return false }
        remoteNumber = max(number, remoteNumber ?? number)
        if let contact = request.contact, request.method == .invite || request.method == .subscribe {
            target = contact.uri.text
        }
        return true
    }

    /// A request inside the dialog, without `Via`: the endpoint puts its own.
    public mutating func request(_ method: SIPMethod) -> SIPMessage {
        localNumber += 1
        return inDialog(method, CSeq(localNumber, method))
    }

    /// The ACK to a 2xx to our INVITE.
    public func ack(for invite: SIPMessage) -> SIPMessage {
        inDialog(.ack, CSeq(invite.cseq?.number ?? localNumber, .ack))
    }

    private func inDialog(_ method: SIPMethod, _ cseq: CSeq) -> SIPMessage {
        var message = SIPMessage(.request(method, uri: target))
        for route in routes { message.headers.add("Route", route) }
        message.headers.add("From", local)
        message.headers.add("To", remote)
        message.headers.add("Call-ID", callID)
        message.headers.add("CSeq", cseq.text)
        message.headers.add("Max-Forwards", "70")
        return message
    }
}
