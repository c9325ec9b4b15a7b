import COpenSSL

/// One-way fingerprints (FIPS 180-4, RFC 2104), by OpenSSL.
public enum Digest {
    /// SHA-256: 32 bytes.
    public static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 32)
        EVP_Digest(bytes, bytes.count, &result, nil, EVP_sha256(), nil)
        return result
    }

    /// HMAC with SHA-256: 32 bytes.
    public static func hmacSHA256(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        hmac(EVP_sha256(), length: 32, key: key, bytes)
    }

    /// HMAC with SHA-1: 20 bytes; only for one-time codes, whose standard asks for it.
    static func hmacSHA1(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] { hmac(EVP_sha1(), length: 20, key: key, bytes) }

    /// SHA-1: 20 bytes; only for protocols that ask for it.
    public static func sha1(_ bytes: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 20)
        EVP_Digest(bytes, bytes.count, &result, nil, EVP_sha1(), nil)
        return result
    }

    /// MD5: 16 bytes; only for protocols that ask for it.
    public static func md5(_ bytes: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 16)
        EVP_Digest(bytes, bytes.count, &result, nil, EVP_md5(), nil)
        return result
    }

    /// SM3 (GB/T 32905): 32 bytes.
    public static func sm3(_ bytes: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 32)
        EVP_Digest(bytes, bytes.count, &result, nil, EVP_sm3(), nil)
        return result
    }

    private static func hmac(_ kind: OpaquePointer?, length: Int, key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: length)
        HMAC(kind, key, Int32(key.count), bytes, bytes.count, &result, nil)
        return result
    }
}
