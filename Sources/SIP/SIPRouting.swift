/// Where answers go (RFC 3261, 18.2.2; RFC 3581, 4).
public enum SIPRouting {
    /// Notes in the uppermost Via where a request really came from.
    public static func stamp(_ message: SIPMessage, from hop: SIPHop) -> SIPMessage {
        guard message.method != nil, var via = message.via else { return message }
        if via.parameter("rport") != nil {
            via.set("rport", String(hop.port))
            via.set("received", hop.host)
        } else if via.host != hop.host {
            via.set("received", hop.host)
        }
        var stamped = message
        stamped.headers.replaceFirst("Via", via.text)
        return stamped
    }

    /// Where the answer to a request goes: back on its connection; over UDP to the port that it came from if it asks
    /// so, else to the one that its Via names.
    public static func answerHop(_ request: SIPMessage, from hop: SIPHop) -> SIPHop {
        guard hop.transport == .udp, let via = request.via, via.parameter("rport") == nil else { return hop }
        return SIPHop(.udp, hop.host, via.port ?? 5_060)
    }
}
