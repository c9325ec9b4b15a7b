import Crypt
import Foundation

/// OneNET's encrypted messages. The length of the key tells which of its two ways the instance uses:
/// 16 characters (AES-128, the key is the vector too, PKCS #7), or 43 of base64 (AES-256, the vector is the key's
/// beginning; 16 random bytes and the length stand before the message).
enum OneNETCipher {
    /// Whether a text can be a key.
    static func isKey(_ text: String) -> Bool { bytes(of: text) != nil }

    /// The message in an encrypted text, or `nil` where the key is another or the text was damaged.
    static func open(_ text: String, key: String) -> [UInt8]? {
        guard let key = bytes(of: key), let sealed = Data(base64Encoded: text) else { return nil }
        let vector = Array(key.prefix(16))
        guard key.count == 32 else {
            return AES.cbcDecrypt(Array(sealed), key: key, vector: vector, padding: .pkcs7)
        }
        // Padded to 32 bytes, which is no block of the cipher: the length that is inside rules.
        guard let plain = AES.cbcDecrypt(Array(sealed), key: key, vector: vector, padding: .none), plain.count >= 20
        else { return nil }
        let length = plain[16..<20].reduce(0) { $0 << 8 | Int($1) }
        guard length <= plain.count - 20 else { return nil }
        return Array(plain[20..<20 + length])
    }

    private static func bytes(of key: String) -> [UInt8]? {
        switch key.utf8.count {
        case 16: Array(key.utf8)
        case 43: Data(base64Encoded: key + "=").flatMap { $0.count == 32 ? Array($0) : nil }
        default: nil
        }
    }
}
