import Crypt
import Foundation

/// Signatures and encryption of the official account's server mode.
///
/// AES-256-CBC under the first 16 bytes of the key as vector; `random(16) ‖ length(4, big endian) ‖ message ‖ appid`,
/// padded to whole blocks of 32 bytes with bytes of the padding's length, 1…32.
struct WeChatCrypto: Sendable {
    /// Why an encrypted message is not taken.
    enum Flaw: Error, Equatable {
        case key, signature, base64, length, padding, appID
    }

    let token: String
    let appID: String
    private let key: [UInt8]?

    /// - Parameter encodingKey: 43 characters of base 64; `nil` where messages come in the clear. Tencent's own sample
    ///   keys have bits set behind the last byte, which are passed over.
    /// - Throws: ``Flaw/key`` when it is no such key.
    init(token: String, appID: String, encodingKey: String?) throws(Flaw) {
        self.token = token
        self.appID = appID
        guard let encodingKey, !encodingKey.isEmpty else {
            key = nil
            return
        }
        guard encodingKey.utf8.count == 43, let bytes = Self.lenientBase64(encodingKey), bytes.count == 32 else {
            throw .key
        }
        key = bytes
    }

    /// Whether messages come encrypted.
    var isEncrypted: Bool { key != nil }

    /// SHA-1 over the sorted pieces, as hexadecimal.
    static func signature(_ pieces: [String]) -> String {
        Secret.hex(
            Digest.sha1(Array(pieces.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }.joined().utf8))
        )
    }

    /// Whether `signature` is that of token, timestamp, nonce and what else is signed.
    func isSigned(_ signature: String?, timestamp: String, nonce: String, _ more: String...) -> Bool {
        guard let signature else { return false }
        return Secret.equal(
            Array(Self.signature([token, timestamp, nonce] + more).utf8), Array(signature.lowercased().utf8))
    }

    /// The message inside; every length is checked before it is believed.
    func decrypt(_ text: String) throws(Flaw) -> [UInt8] {
        guard let key else { throw .key }
        guard let sealed = Data(base64Encoded: text), !sealed.isEmpty else { throw .base64 }
        guard sealed.count % 32 == 0, sealed.count <= 1 << 20 else { throw .length }
        guard let plain = try? Cipher.cbc(Array(sealed), key: key, vector: Array(key.prefix(16)), encrypts: false),
            let last = plain.last
        else { throw .length }
        let padding = Int(last)
        guard (1...32).contains(padding), padding <= plain.count,
            plain.suffix(padding).allSatisfy({ $0 == last })
        else { throw .padding }
        let body = plain.dropLast(padding)
        guard body.count >= 20 else { throw .length }
        let count = body[16..<20].reduce(0) { $0 << 8 | Int($1) }
        guard count <= body.count - 20 else { throw .length }
        let message = Array(body[20..<20 + count])
        guard Secret.equal(Array(body[(20 + count)...]), Array(appID.utf8)) else { throw .appID }
        return message
    }

    /// The message as it goes out.
    /// - Parameter random: 16 bytes, given by tests alone.
    func encrypt(_ message: [UInt8], random: [UInt8]? = nil) throws -> String {
        guard let key else { throw Flaw.key }
        let start = if let random { random } else { try Secret.bytes(16) }
        let count = UInt32(message.count)
        var plain =
            start + (0..<4).reversed().map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) } + message
            + Array(appID.utf8)
        let padding = 32 - plain.count % 32
        plain += [UInt8](repeating: UInt8(padding), count: padding)
        return Data(try Cipher.cbc(plain, key: key, vector: Array(key.prefix(16)), encrypts: true))
            .base64EncodedString()
    }

    /// The envelope around an encrypted reply.
    func envelope(_ message: [UInt8], timestamp: String, nonce: String, random: [UInt8]? = nil) throws -> String {
        let sealed = try encrypt(message, random: random)
        let signature = Self.signature([token, timestamp, nonce, sealed])
        return
            "<xml><Encrypt><![CDATA[\(sealed)]]></Encrypt><MsgSignature><![CDATA[\(signature)]]></MsgSignature>"
            + "<TimeStamp>\(timestamp)</TimeStamp><Nonce><![CDATA[\(nonce)]]></Nonce></xml>"
    }

    private static func lenientBase64(_ text: String) -> [UInt8]? {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var (bytes, value, bits): ([UInt8], UInt32, Int) = ([], 0, 0)
        for byte in text.utf8 {
            guard let digit = alphabet.firstIndex(of: byte) else { return nil }
            value = (value << 6 | UInt32(digit)) & 0xffff
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: value >> bits))
            }
        }
        return bytes
    }
}
