import COpenSSL
import Crypt

/// A key pair on P-256 (FIPS 186-4, D.1.2.3), as browsers and push services use it, by OpenSSL.
public struct CurveKey: Sendable, Equatable {
    /// 65 bytes: 4, x, y.
    public let publicKey: [UInt8]
    /// 32 bytes that only the owner knows.
    public let privateKey: [UInt8]

    /// A new pair.
    public init() throws(CryptError) { try self.init(privateKey: try Secret.bytes(32)) }

    /// The pair of a private key.
    /// - Throws: ``CryptError/failed`` unless it is a number of the group.
    public init(privateKey: [UInt8]) throws(CryptError) {
        let key = try Self.key(privateKey)
        defer { EVP_PKEY_free(key) }
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = EVP_PKEY_get1_encoded_public_key(key, &bytes)
        defer { CRYPTO_free(bytes, nil, 0) }
        guard count == 65, let bytes else { throw .failed }
        self.privateKey = privateKey
        publicKey = Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    /// Whether 65 bytes are a point of the curve.
    public static func isPoint(_ bytes: [UInt8]) -> Bool {
        guard let key = try? point(bytes) else { return false }
        EVP_PKEY_free(key)
        return true
    }

    /// The secret that both sides compute (ECDH), 32 bytes.
    public func agree(with other: [UInt8]) throws(CryptError) -> [UInt8] {
        let own = try Self.key(privateKey)
        defer { EVP_PKEY_free(own) }
        let peer = try Self.point(other)
        defer { EVP_PKEY_free(peer) }
        guard let state = EVP_PKEY_CTX_new(own, nil) else { throw .failed }
        defer { EVP_PKEY_CTX_free(state) }
        var shared = [UInt8](repeating: 0, count: 32)
        var count = shared.count
        guard EVP_PKEY_derive_init(state) == 1, EVP_PKEY_derive_set_peer(state, peer) == 1,
            EVP_PKEY_derive(state, &shared, &count) == 1, count == 32
        else { throw .failed }
        return shared
    }

    /// ES256's signature of bytes (RFC 7518, 3.4): r and s, 32 bytes each.
    public func sign(_ bytes: [UInt8]) throws(CryptError) -> [UInt8] {
        let key = try Self.key(privateKey)
        defer { EVP_PKEY_free(key) }
        guard let state = EVP_MD_CTX_new() else { throw .failed }
        defer { EVP_MD_CTX_free(state) }
        var der = [UInt8](repeating: 0, count: 80)
        var count = der.count
        guard EVP_DigestSignInit(state, nil, EVP_sha256(), nil, key) == 1,
            EVP_DigestSign(state, &der, &count, bytes, bytes.count) == 1,
            let raw = Self.raw(Array(der.prefix(count)))
        else { throw .failed }
        return raw
    }

    /// Whether a signature of 64 bytes is that of a public key's owner.
    public static func isSigned(_ bytes: [UInt8], _ signature: [UInt8], by publicKey: [UInt8]) -> Bool {
        guard signature.count == 64, let key = try? point(publicKey), let state = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_PKEY_free(key)
            EVP_MD_CTX_free(state)
        }
        let der = der(signature)
        return EVP_DigestVerifyInit(state, nil, EVP_sha256(), nil, key) == 1
            && EVP_DigestVerify(state, der, der.count, bytes, bytes.count) == 1
    }

    // MARK: OpenSSL's shapes

    /// RFC 5915's shape without the public key, which OpenSSL then computes.
    private static func key(_ privateKey: [UInt8]) throws(CryptError) -> OpaquePointer {
        guard privateKey.count == 32 else { throw .failed }
        let der: [UInt8] =
            [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20] + privateKey
            + [0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
        let key = der.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return d2i_PrivateKey(EVP_PKEY_EC, nil, &start, buffer.count)
        }
        guard let key else { throw .failed }
        return key
    }

    private static func point(_ bytes: [UInt8]) throws(CryptError) -> OpaquePointer {
        guard bytes.count == 65, bytes[0] == 4, let maker = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil) else {
            throw .failed
        }
        defer { EVP_PKEY_CTX_free(maker) }
        var key: OpaquePointer?
        guard EVP_PKEY_paramgen_init(maker) == 1, EVP_PKEY_CTX_set_group_name(maker, "P-256") == 1,
            EVP_PKEY_paramgen(maker, &key) == 1, let key
        else { throw .failed }
        guard EVP_PKEY_set1_encoded_public_key(key, bytes, bytes.count) == 1 else {
            EVP_PKEY_free(key)
            throw .failed
        }
        return key
    }

    private static func raw(_ der: [UInt8]) -> [UInt8]? {
        var rest = der[...]
        guard rest.popFirst() == 0x30, rest.popFirst().map(Int.init) == rest.count else { return nil }
        var raw: [UInt8] = []
        for _ in 0..<2 {
            guard rest.popFirst() == 0x02, let count = rest.popFirst().map(Int.init), count <= rest.count else {
                return nil
            }
            let number = Array(rest.prefix(count).drop { $0 == 0 })
            rest = rest.dropFirst(count)
            guard number.count <= 32 else { return nil }
            raw += [UInt8](repeating: 0, count: 32 - number.count) + number
        }
        return raw
    }

    private static func der(_ raw: [UInt8]) -> [UInt8] {
        func number(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
            var digits = Array(bytes.drop { $0 == 0 })
            if digits.first.map({ $0 >= 0x80 }) ?? true { digits.insert(0, at: 0) }
            return [0x02, UInt8(digits.count)] + digits
        }
        let both = number(raw[0..<32]) + number(raw[32..<64])
        return [0x30, UInt8(both.count)] + both
    }
}
