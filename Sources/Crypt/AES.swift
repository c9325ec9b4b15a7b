import COpenSSL

/// AES in cipher block chaining, for platforms that encrypt what they push (NIST SP 800-38A), by OpenSSL.
public enum AES {
    /// What follows the last byte in the last block.
    public enum Padding: Sendable {
        /// As many bytes of their own number as fill the block (RFC 5652, 6.3).
        case pkcs7
        /// None that is known: the caller cuts.
        case none
    }

    /// The plain bytes, or `nil` where key, vector, length or padding do not fit.
    /// - Parameters:
    ///   - key: 16 or 32 bytes.
    ///   - vector: 16 bytes.
    public static func cbcDecrypt(_ bytes: [UInt8], key: [UInt8], vector: [UInt8], padding: Padding) -> [UInt8]? {
        let cipher = key.count == 16 ? EVP_aes_128_cbc() : key.count == 32 ? EVP_aes_256_cbc() : nil
        guard let cipher, vector.count == 16, !bytes.isEmpty, bytes.count % 16 == 0, bytes.count <= 1 << 24,
            let context = EVP_CIPHER_CTX_new()
        else { return nil }
        defer { EVP_CIPHER_CTX_free(context) }
        guard EVP_DecryptInit_ex(context, cipher, nil, key, vector) == 1 else { return nil }
        EVP_CIPHER_CTX_set_padding(context, padding == .pkcs7 ? 1 : 0)
        var plain = [UInt8](repeating: 0, count: bytes.count + 16)
        var (length, rest): (Int32, Int32) = (0, 0)
        guard EVP_DecryptUpdate(context, &plain, &length, bytes, Int32(bytes.count)) == 1 else { return nil }
        let isWhole = plain.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { EVP_DecryptFinal_ex(context, $0 + Int(length), &rest) == 1 } ?? false
        }
        guard isWhole else { return nil }
        return Array(plain.prefix(Int(length + rest)))
    }
}
