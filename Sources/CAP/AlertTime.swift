import Kernel

/// CAP's own form of a moment: `2026-07-01T15:04:05+08:00`; no `Z`, no fraction, UTC is `-00:00` (clause 3.3.2).
enum AlertTime {
    /// In China Standard Time.
    static func text(_ moment: Instant) -> String {
        let text = moment.rfc3339
        return String(text.prefix(19) + text.suffix(6))
    }

    /// - Returns: `nil` for anything but that form.
    static func read(_ text: String) -> Instant? {
        let bytes = Array(text.utf8)
        guard bytes.count == 25, bytes[10] == UInt8(ascii: "T"), bytes[22] == UInt8(ascii: ":"),
            bytes[19] == UInt8(ascii: "+") || bytes[19] == UInt8(ascii: "-")
        else { return nil }
        return Instant(text)
    }
}
