import COpenSSL
import Crypt

/// What a browser gives a page that may notify it: keys that only the browser opens (RFC 8291, 2).
public struct PushKeys: Sendable, Equatable {
    /// The browser's public key, a point of P-256.
    public let point: [UInt8]
    /// 16 bytes that only the browser and the page know.
    public let secret: [UInt8]

    /// Keys as a browser gives them.
    /// - Returns: `nil` unless the point lies on the curve and the secret has 16 bytes.
    public init?(point: [UInt8], secret: [UInt8]) {
        guard secret.count == 16, CurveKey.isPoint(point) else { return nil }
        self.point = point
        self.secret = secret
    }
}

/// A message that only one browser can read: RFC 8291 in one record of RFC 8188's `aes128gcm`.
public enum PushMessage {
    /// The most bytes of a message: push services take 4,096 of the whole.
    public static let limit = 3_993
    private static let recordSize: [UInt8] = [0, 0, 0x10, 0]

    /// Seals a message.
    /// - Parameters:
    ///   - key: of this message alone.
    ///   - salt: 16 random bytes.
    public static func seal(
        _ bytes: [UInt8], to keys: PushKeys, key: CurveKey, salt: [UInt8]
    ) throws(CryptError) -> [UInt8] {
        guard bytes.count <= limit, salt.count == 16 else { throw .failed }
        let (content, nonce) = derive(
            try key.agree(with: keys.point), browser: keys.point, page: key.publicKey, secret: keys.secret, salt: salt)
        let sealed = try cipher(bytes + [2], content, nonce, encrypts: true)
        return salt + recordSize + [UInt8(key.publicKey.count)] + key.publicKey + sealed
    }

    /// Opens a message as the browser does.
    /// - Returns: `nil` where it is not sealed to these keys, or was changed.
    public static func open(_ message: [UInt8], with key: CurveKey, secret: [UInt8]) -> [UInt8]? {
        guard message.count > 86 + 16, message[20] == 65 else { return nil }
        let page = Array(message[21..<86])
        guard let shared = try? key.agree(with: page) else { return nil }
        let (content, nonce) = derive(
            shared, browser: key.publicKey, page: page, secret: secret, salt: Array(message[0..<16]))
        guard var plain = try? cipher(Array(message[86...]), content, nonce, encrypts: false) else { return nil }
        while plain.last == 0 { plain.removeLast() }
        return plain.popLast() == 2 ? plain : nil
    }

    /// RFC 8291, 3.4.
    static func derive(
        _ shared: [UInt8], browser: [UInt8], page: [UInt8], secret: [UInt8], salt: [UInt8]
    ) -> (content: [UInt8], nonce: [UInt8]) {
        let input = hkdf(shared, salt: secret, info: Array("WebPush: info\u{0}".utf8) + browser + page, 32)
        return (
            hkdf(input, salt: salt, info: Array("Content-Encoding: aes128gcm\u{0}".utf8), 16),
            hkdf(input, salt: salt, info: Array("Content-Encoding: nonce\u{0}".utf8), 12)
        )
    }

    /// HKDF-SHA-256 (RFC 5869) for at most 32 bytes.
    private static func hkdf(_ input: [UInt8], salt: [UInt8], info: [UInt8], _ count: Int) -> [UInt8] {
        let key = Digest.hmacSHA256(key: salt, input)
        return Array(Digest.hmacSHA256(key: key, info + [1]).prefix(count))
    }

    private static func cipher(
        _ bytes: [UInt8], _ key: [UInt8], _ nonce: [UInt8], encrypts: Bool
    ) throws(CryptError) -> [UInt8] {
        guard let state = EVP_CIPHER_CTX_new() else { throw .failed }
        defer { EVP_CIPHER_CTX_free(state) }
        let direction: Int32 = encrypts ? 1 : 0
        let input = encrypts ? bytes : Array(bytes.dropLast(16))
        var tag = encrypts ? [UInt8](repeating: 0, count: 16) : Array(bytes.suffix(16))
        var output = [UInt8](repeating: 0, count: input.count + 16)
        var (count, rest): (Int32, Int32) = (0, 0)
        guard EVP_CipherInit_ex(state, EVP_aes_128_gcm(), nil, key, nonce, direction) == 1,
            EVP_CipherUpdate(state, &output, &count, input, Int32(input.count)) == 1
        else { throw .failed }
        if !encrypts, EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_SET_TAG, 16, &tag) != 1 { throw .failed }
        var end = [UInt8](repeating: 0, count: 16)
        guard EVP_CipherFinal_ex(state, &end, &rest) == 1 else { throw .failed }
        if encrypts, EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_GET_TAG, 16, &tag) != 1 { throw .failed }
        return Array(output.prefix(Int(count))) + end.prefix(Int(rest)) + (encrypts ? tag : [])
    }
}
