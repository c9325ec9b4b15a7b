import COpenSSL

/// Digests of byte sequences, by OpenSSL.
public enum MessageDigest {
    /// MD5, 16 bytes; only where a protocol asks for it.
    public static func md5(_ bytes: [UInt8]) -> [UInt8] { digest(bytes, EVP_md5(), 16) }
    /// SHA-256, 32 bytes.
    public static func sha256(_ bytes: [UInt8]) -> [UInt8] { digest(bytes, EVP_sha256(), 32) }

    /// Whether both are the same, in a time that depends on their lengths alone.
    public static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }

    private static func digest(_ bytes: [UInt8], _ method: OpaquePointer?, _ length: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: length)
        var written: UInt32 = 0
        let done = EVP_Digest(bytes, bytes.count, &result, &written, method, nil)
        // An empty digest equals no other: a failure refuses, it never lets through.
        return done == 1 && Int(written) == length ? result : []
    }
}
