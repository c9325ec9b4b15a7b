import Foundation

/// Where a camera's pictures are pulled from, with what it is opened by. Stored sealed as a whole, because makers put
/// passwords into paths and queries too.
struct NetStream: Sendable, Codable, Equatable {
    /// `rtsp://HOST[:PORT]/…`, without user and password.
    var url: String
    /// The smaller picture's; empty where there is none.
    var substreamURL = ""
    /// Empty where the camera asks for none.
    var username = ""
    /// Empty where the camera asks for none.
    var password = ""
    /// Packets come by UDP in place of RTSP's own connection.
    var overUDP = false

    /// How passwords in paths and queries are shown.
    static let mask = "•••"
    /// How it is spoken with beside its stream, where it speaks ONVIF.
    var onvif: ONVIFAccess?
    private static let longest = 500

    /// The camera's host and port, 554 by itself.
    var place: (host: String, port: Int)? {
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty else { return nil }
        return (host, parts.port ?? 554)
    }

    /// An address for people: what stands where makers put passwords is left out.
    static func shown(_ url: String) -> String {
        url.replacing(#/(?i)(pass|passwd|password|pwd|token|auth|key)=[^&\/?#]*/#) { match in
            "\(match.1)=\(mask)"
        }
    }

    /// Checks an address and takes user and password out of it.
    /// - Returns: the bare address and what stood in it; `nil` when it is no RTSP address.
    static func parse(_ text: String) -> (url: String, username: String, password: String)? {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard text.utf8.count <= longest, !text.utf8.contains(where: { $0 < 33 }),
            var parts = URLComponents(string: text),
            parts.scheme?.lowercased() == "rtsp", let host = parts.host, !host.isEmpty,
            (1...65_535).contains(parts.port ?? 554), parts.fragment == nil
        else { return nil }
        let (username, password) = (parts.user ?? "", parts.password ?? "")
        parts.user = nil
        parts.password = nil
        return parts.string.map { ($0, username, password) }
    }
}
