/// Time-based one-time codes (RFC 6238: SHA-1, 30 s, 6 digits), as authenticator apps make them.
public enum OneTimeCode {
    /// Seconds for which a code is good.
    public static let period: Int64 = 30

    /// The code for a step (seconds since 1970 / 30).
    public static func code(secret: [UInt8], step: Int64) -> String {
        let counter = (0..<8).reversed().map { UInt8(truncatingIfNeeded: step >> ($0 * 8)) }
        let mac = Digest.hmacSHA1(key: secret, counter)
        let offset = Int(mac[19] & 15)
        let number =
            (UInt32(mac[offset] & 127) << 24 | UInt32(mac[offset + 1]) << 16 | UInt32(mac[offset + 2]) << 8
                | UInt32(mac[offset + 3])) % 1_000_000
        let digits = String(number)
        return String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// The step that `code` belongs to, one before or after `now` allowed, or `nil` when it is wrong.
    /// - Parameter after: the last step that was used: a code is good once.
    public static func step(of code: String, secret: [UInt8], now seconds: Int64, after: Int64) -> Int64? {
        let current = seconds / period
        return (current - 1...current + 1).first { step in
            step > after && Secret.equal(Array(self.code(secret: secret, step: step).utf8), Array(code.utf8))
        }
    }

    /// Base 32 (RFC 4648) without padding, as authenticator apps take a secret.
    public static func base32(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var text = ""
        var bits = 0
        var value: UInt32 = 0
        for byte in bytes {
            value = (value << 8 | UInt32(byte)) & 0xFFFF
            bits += 8
            while bits >= 5 {
                text.append(alphabet[Int(value >> (bits - 5)) & 31])
                bits -= 5
            }
        }
        if bits > 0 { text.append(alphabet[Int(value << (5 - bits)) & 31]) }
        return text
    }
}
