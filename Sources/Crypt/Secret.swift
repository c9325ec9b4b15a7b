import COpenSSL

/// Random secrets, and texts made of bytes.
public enum Secret {
    /// Bytes that nobody can guess; `nil` when the machine has no randomness to give.
    public static func bytes(_ count: Int) throws(CryptError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: count)
        guard RAND_bytes(&result, Int32(count)) == 1 else { throw .noRandomness }
        return result
    }

    /// A token of 256 bits, safe in addresses and cookies.
    public static func token() throws(CryptError) -> String { hex(try bytes(32)) }

    /// A password that is read out once: 16 letters and digits in groups, none that look alike (75 bits and more).
    public static func password() throws(CryptError) -> String {
        let alphabet = Array("abcdefghjkmnpqrstuvwxyz23456789")
        var letters: [Character] = []
        while letters.count < 16 {
            for byte in try bytes(16) where byte < 248 && letters.count < 16 {
                letters.append(alphabet[Int(byte) % 31])
            }
        }
        return stride(from: 0, to: 16, by: 4).map { String(letters[$0..<$0 + 4]) }.joined(separator: "-")
    }

    /// Compares in a time that does not tell where they differ.
    public static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }

    /// Lower-case hexadecimal.
    public static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
            for (index, byte) in bytes.enumerated() {
                buffer[index * 2] = digits[Int(byte >> 4)]
                buffer[index * 2 + 1] = digits[Int(byte & 15)]
            }
            return bytes.count * 2
        }
    }

    /// The bytes of hexadecimal text, or `nil` when it is none.
    public static func bytes(hex text: String) -> [UInt8]? {
        let digits = text.utf8.map { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
            default: nil
            }
        }
        guard digits.count % 2 == 0 else { return nil }
        var result: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            result.append(high << 4 | low)
        }
        return result
    }
}

/// What can go wrong with secrets.
public enum CryptError: Error, Equatable {
    /// The machine has no randomness to give.
    case noRandomness
    /// More passwords wait to be checked than the bound allows.
    case busy
    /// A password could not be hashed.
    case failed
}
