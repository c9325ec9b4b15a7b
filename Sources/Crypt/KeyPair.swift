import COpenSSL

/// An X25519 key pair (RFC 7748).
public struct KeyPair: Sendable, Equatable {
    /// 32 bytes that may be known to everybody.
    public let publicKey: [UInt8]
    /// 32 bytes that open what was sealed to ``publicKey``.
    public let privateKey: [UInt8]

    /// A new pair.
    public init() throws(CryptError) { try self.init(privateKey: try Secret.bytes(32)) }

    /// The pair of a private key.
    /// - Throws: ``CryptError/failed`` unless it has 32 bytes.
    public init(privateKey: [UInt8]) throws(CryptError) {
        guard privateKey.count == 32,
            let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nil, privateKey, privateKey.count)
        else { throw .failed }
        defer { EVP_PKEY_free(key) }
        var known = [UInt8](repeating: 0, count: 32)
        var count = known.count
        guard EVP_PKEY_get_raw_public_key(key, &known, &count) == 1, count == 32 else { throw .failed }
        self.privateKey = privateKey
        publicKey = known
    }

    /// The secret that both sides compute; refused where the other key is a point of small order.
    func agree(with other: [UInt8]) throws(CryptError) -> [UInt8] {
        guard other.count == 32,
            let own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nil, privateKey, privateKey.count)
        else { throw .failed }
        defer { EVP_PKEY_free(own) }
        guard let peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nil, other, other.count) else { throw .failed }
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
}

/// Sealing to a public key: anybody can write, only the holder of the private key can read.
///
/// An ephemeral X25519 key agrees with the receiver's, HKDF-SHA-256 (RFC 5869) makes a key of it and of both public
/// keys, and AES-256-GCM seals. The ephemeral private key is forgotten at once.
public enum SealedBox {
    /// Bytes by which a sealed text is longer.
    public static let overhead = 32 + 28

    /// Seals to `receiver`.
    /// - Parameter context: what it is for; opening must name the same.
    public static func seal(_ bytes: [UInt8], to receiver: [UInt8], context: String) throws(CryptError) -> [UInt8] {
        let ephemeral = try KeyPair()
        let key = derive(try ephemeral.agree(with: receiver), ephemeral.publicKey + receiver, context)
        return ephemeral.publicKey + (try Cipher.seal(bytes, key: key, context: Array(context.utf8)))
    }

    /// Opens what was sealed to `receiver`; `nil` when it was sealed to another, for another purpose, or was changed.
    public static func open(_ sealed: [UInt8], with receiver: KeyPair, context: String) -> [UInt8]? {
        guard sealed.count >= overhead else { return nil }
        let ephemeral = Array(sealed.prefix(32))
        guard let shared = try? receiver.agree(with: ephemeral) else { return nil }
        let key = derive(shared, ephemeral + receiver.publicKey, context)
        return Cipher.open(Array(sealed.dropFirst(32)), key: key, context: Array(context.utf8))
    }

    private static func derive(_ shared: [UInt8], _ keys: [UInt8], _ context: String) -> [UInt8] {
        Digest.hkdf(shared, salt: keys, context: "zhili sealed box " + context)
    }
}

extension Digest {
    /// 32 bytes for one purpose out of a strong secret: HKDF-SHA-256 (RFC 5869).
    public static func hkdf(_ secret: [UInt8], salt: [UInt8], context: String) -> [UInt8] {
        hmacSHA256(key: hmacSHA256(key: salt, secret), Array(context.utf8) + [1])
    }
}
