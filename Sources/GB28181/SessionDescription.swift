import Kernel

/// SDP as GB/T 28181 uses it (Annex F): one medium, and the lines `y=` and `f=` that RFC 4566 does not know.
public struct SessionDescription: Sendable, Equatable {
    /// What the session is for.
    public enum Purpose: String, Sendable {
        case play = "Play"
        case playback = "Playback"
        case download = "Download"
        case talk = "Talk"
    }

    /// How media travel, seen from who writes it.
    public enum Transport: Sendable, Equatable {
        case udp
        /// TCP; the writer waits for the other end.
        case tcpPassive
        /// TCP; the writer connects.
        case tcpActive

        /// What the other end does.
        public var mirrored: Transport {
            switch self {
            case .udp: .udp
            case .tcpPassive: .tcpActive
            case .tcpActive: .tcpPassive
            }
        }
    }

    /// `o=`: who writes.
    public var owner: String
    /// `s=`; empty or odd names stay as they are.
    public var name: String
    /// `u=`: the recording's camera with a number.
    public var resource: String?
    /// `c=`: where media go to or come from.
    public var host: String
    /// `t=`: Unix seconds from and to; 0 of live.
    public var start: Int64 = 0
    /// The end.
    public var end: Int64 = 0
    /// `video` or `audio`.
    public var medium: String
    /// The port; 0 and 9 of who connects.
    public var port: Int
    /// How media travel.
    public var transport: Transport
    /// Payload types in their order.
    public var payloads: [Int] = []
    /// `a=rtpmap`: payload type → coding.
    public var codings: [Int: String] = [:]
    /// `recvonly`, `sendonly`, `sendrecv`.
    public var direction = "recvonly"
    /// Other attributes, as they are written after `a=`.
    public var attributes: [String] = []
    /// `y=`: ten digits.
    public var ssrc: UInt32?
    /// `f=`.
    public var format: String?

    /// The description with nothing but its place.
    public init(
        owner: GBID, purpose: Purpose, host: String, medium: String, port: Int, transport: Transport, ssrc: UInt32?
    ) {
        self.owner = owner.description
        name = purpose.rawValue
        self.host = host
        self.medium = medium
        self.port = port
        self.transport = transport
        self.ssrc = ssrc
    }

    /// An offer to receive a picture: any of the usual codings.
    public static func offer(
        from platform: GBID, purpose: Purpose, host: String, port: Int, transport: Transport, ssrc: UInt32
    ) -> SessionDescription {
        var offer = SessionDescription(
            owner: platform, purpose: purpose, host: host, medium: "video", port: port, transport: transport,
            ssrc: ssrc)
        offer.payloads = [96, 97, 98, 99]
        offer.codings = [96: "PS/90000", 97: "MPEG4/90000", 98: "H264/90000", 99: "H265/90000"]
        return offer
    }

    /// An offer to receive what a camera's own recorder has of a time (Annex F: `u=`, `t=`).
    /// - Parameter downloadSpeed: how many times faster than it was, for a download; `nil` asks for a playback.
    public static func replay(
        from platform: GBID, of camera: GBID, from start: Instant, to end: Instant, downloadSpeed: Int?, host: String,
        port: Int, transport: Transport, ssrc: UInt32
    ) -> SessionDescription {
        var offer = offer(
            from: platform, purpose: downloadSpeed == nil ? .playback : .download, host: host, port: port,
            transport: transport, ssrc: ssrc)
        offer.resource = "\(camera):0"
        offer.start = start.ms / 1_000
        offer.end = (end.ms + 999) / 1_000
        if let downloadSpeed { offer.attributes = ["downloadspeed:\(downloadSpeed)"] }
        return offer
    }

    /// The number of an attribute such as `downloadspeed`.
    public func number(_ name: String) -> Int64? {
        attributes.first { $0.lowercased().hasPrefix(name + ":") }.flatMap { Int64($0.dropFirst(name.count + 1)) }
    }

    /// The lines.
    public var text: String {
        var lines = ["v=0", "o=\(owner) 0 0 IN IP4 \(host)", "s=\(name)"]
        if let resource { lines.append("u=\(resource)") }
        lines += ["c=IN IP4 \(host)", "t=\(start) \(end)"]
        let way = transport == .udp ? "RTP/AVP" : "TCP/RTP/AVP"
        lines.append("m=\(medium) \(port) \(way) \(payloads.map(String.init).joined(separator: " "))")
        lines.append("a=\(direction)")
        for payload in payloads { if let coding = codings[payload] { lines.append("a=rtpmap:\(payload) \(coding)") } }
        if transport != .udp {
            lines += ["a=setup:\(transport == .tcpPassive ? "passive" : "active")", "a=connection:new"]
        }
        lines += attributes.map { "a=\($0)" }
        if let ssrc { lines.append("y=\(Self.digits(ssrc))") }
        if let format { lines.append("f=\(format)") }
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    /// Ten digits.
    public static func digits(_ ssrc: UInt32) -> String {
        let text = String(ssrc)
        return String(repeating: "0", count: 10 - text.count) + text
    }

    /// Reads a description; the first medium that is `video` or `audio` counts.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count <= 16_384 else { return nil }
        var (sessionHost, mediumHost): (String?, String?)
        owner = ""
        name = ""
        host = ""
        medium = ""
        port = 0
        transport = .udp
        var media: (kind: String, port: Int, isTCP: Bool)?
        var setup: String?
        var isOver = false
        for line in GBText.decode(bytes).split(whereSeparator: \.isNewline).prefix(200) {
            guard line.count >= 2, line.dropFirst().first == "=", let kind = line.first, !isOver else { continue }
            let value = String(line.dropFirst(2)).trimmed
            switch kind {
            case "o": owner = String(value.prefix { $0 != " " })
            case "s": name = value
            case "u": resource = value
            case "c":
                let words = value.split(separator: " ")
                guard words.count == 3 else { continue }
                let host = String(words[2].prefix { $0 != "/" })
                if media == nil { sessionHost = host } else { mediumHost = host }
            case "t":
                let numbers = value.split(separator: " ").compactMap { Int64($0) }
                if numbers.count == 2 { (start, end) = (numbers[0], numbers[1]) }
            case "m":
                if media != nil {
                    isOver = true
                    continue
                }
                let words = value.split(separator: " ")
                guard words.count >= 4, words[0] == "video" || words[0] == "audio", let port = Int(words[1]),
                    (0...65_535).contains(port)
                else { continue }
                media = (String(words[0]), port, words[2].uppercased().contains("TCP"))
                payloads = words.dropFirst(3).prefix(16).compactMap { Int($0) }
            case "a": take(attribute: value, setup: &setup)
            case "y": ssrc = UInt32(value.filter(\.isNumber).prefix(10))
            case "f": format = value
            default: break
            }
        }
        guard let media, let host = mediumHost ?? sessionHost else { return nil }
        medium = media.kind
        port = media.port
        self.host = host
        transport = media.isTCP ? (setup == "active" ? .tcpActive : .tcpPassive) : .udp
    }

    private mutating func take(attribute value: String, setup: inout String?) {
        if value.hasPrefix("setup:") {
            setup = value.dropFirst(6).lowercased()
        } else if value.hasPrefix("rtpmap:") {
            let words = value.dropFirst(7).split(separator: " ", maxSplits: 1)
            if words.count == 2, let payload = Int(words[0]), codings.count < 16 { codings[payload] = String(words[1]) }
        } else if ["recvonly", "sendonly", "sendrecv", "inactive"].contains(value) {
            direction = value
        } else if !value.hasPrefix("connection:"), attributes.count < 32 {
            attributes.append(value)
        }
    }

    /// A coding of the maker's own (Annex G), which nobody else can show: the camera must be set to standard PS.
    public var privateCoding: String? {
        codings.values.first {
            ["DAHUA", "HIKVISION", "HIKVSION", "UNIVIEW"].contains($0.uppercased().prefix { $0 != "/" })
        }
    }
}

extension String {
    fileprivate var trimmed: String {
        var slice = self[...]
        while let first = slice.first, first.isWhitespace { slice = slice.dropFirst() }
        while let last = slice.last, last.isWhitespace { slice = slice.dropLast() }
        return String(slice)
    }
}
