import COpenSSL

/// Symmetric ciphers by OpenSSL.
public enum Cipher {
    /// Bytes of an AES-256 key.
    public static let keyLength = 32
    private static let nonceLength = 12
    private static let tagLength = 16

    /// Encrypts and authenticates with AES-256-GCM (NIST SP 800-38D) under a random nonce.
    /// - Parameter context: bound to the ciphertext, not stored with it: ``open(_:key:context:)`` must name the same.
    /// - Returns: nonce, ciphertext and tag, 28 bytes longer than `bytes`.
    public static func seal(_ bytes: [UInt8], key: [UInt8], context: [UInt8] = []) throws(CryptError) -> [UInt8] {
        let nonce = try Secret.bytes(nonceLength)
        guard key.count == keyLength, let state = EVP_CIPHER_CTX_new() else { throw .failed }
        defer { EVP_CIPHER_CTX_free(state) }
        var output = [UInt8](repeating: 0, count: bytes.count)
        var tag = [UInt8](repeating: 0, count: tagLength)
        var (length, rest) = (Int32(0), Int32(0))
        guard EVP_EncryptInit_ex(state, EVP_aes_256_gcm(), nil, key, nonce) == 1,
            context.isEmpty || EVP_EncryptUpdate(state, nil, &rest, context, Int32(context.count)) == 1,
            bytes.isEmpty || EVP_EncryptUpdate(state, &output, &length, bytes, Int32(bytes.count)) == 1,
            EVP_EncryptFinal_ex(state, nil, &rest) == 1,
            EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_GCM_GET_TAG, Int32(tagLength), &tag) == 1
        else { throw .failed }
        return nonce + output + tag
    }

    /// Decrypts what ``seal(_:key:context:)`` made; `nil` when the key or the context is another or a bit was changed.
    public static func open(_ sealed: [UInt8], key: [UInt8], context: [UInt8] = []) -> [UInt8]? {
        guard key.count == keyLength, sealed.count >= nonceLength + tagLength, let state = EVP_CIPHER_CTX_new() else {
            return nil
        }
        defer { EVP_CIPHER_CTX_free(state) }
        let nonce = Array(sealed.prefix(nonceLength))
        let body = Array(sealed[nonceLength..<sealed.count - tagLength])
        var tag = Array(sealed.suffix(tagLength))
        var output = [UInt8](repeating: 0, count: body.count)
        var (length, rest) = (Int32(0), Int32(0))
        guard EVP_DecryptInit_ex(state, EVP_aes_256_gcm(), nil, key, nonce) == 1,
            context.isEmpty || EVP_DecryptUpdate(state, nil, &rest, context, Int32(context.count)) == 1,
            body.isEmpty || EVP_DecryptUpdate(state, &output, &length, body, Int32(body.count)) == 1,
            EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_GCM_SET_TAG, Int32(tagLength), &tag) == 1,
            EVP_DecryptFinal_ex(state, nil, &rest) == 1
        else { return nil }
        return output
    }

    /// AES-256-CBC without padding, only for protocols that pad by rules of their own.
    /// - Throws: ``CryptError/failed`` unless key, vector and whole blocks of 16 bytes are given.
    public static func cbc(_ bytes: [UInt8], key: [UInt8], vector: [UInt8], encrypts: Bool) throws(CryptError)
        -> [UInt8]
    {
        guard key.count == keyLength, vector.count == 16, bytes.count % 16 == 0, bytes.count <= 1 << 24,
            let state = EVP_CIPHER_CTX_new()
        else { throw .failed }
        defer { EVP_CIPHER_CTX_free(state) }
        var output = [UInt8](repeating: 0, count: bytes.count + 16)
        var (length, rest) = (Int32(0), Int32(0))
        guard EVP_CipherInit_ex(state, EVP_aes_256_cbc(), nil, key, vector, encrypts ? 1 : 0) == 1,
            EVP_CIPHER_CTX_set_padding(state, 0) == 1,
            EVP_CipherUpdate(state, &output, &length, bytes, Int32(bytes.count)) == 1,
            EVP_CipherFinal_ex(state, nil, &rest) == 1
        else { throw .failed }
        return Array(output.prefix(Int(length)))
    }
}
