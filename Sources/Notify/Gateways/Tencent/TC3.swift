import Crypt
import Kernel

/// Tencent Cloud's signature (TC3-HMAC-SHA256).
public enum TC3 {
    /// The value of `Authorization` for a JSON body.
    /// - Parameters:
    ///   - seconds: the moment of `X-TC-Timestamp`; the date that is signed is its date in UTC.
    ///   - service: such as `sms`.
    public static func authorization(
        host: String, service: String, seconds: Int64, body: [UInt8], id: String, secret: String
    ) -> String {
        let canonical =
            "POST\n/\n\ncontent-type:application/json; charset=utf-8\nhost:\(host)\n\ncontent-type;host\n"
            + Secret.hex(Digest.sha256(body))
        let date = String(Instant(ms: seconds * 1_000).utc.prefix(10))
        let scope = "\(date)/\(service)/tc3_request"
        let toSign = "TC3-HMAC-SHA256\n\(seconds)\n\(scope)\n" + Secret.hex(Digest.sha256(Array(canonical.utf8)))
        func mac(_ key: [UInt8], _ text: String) -> [UInt8] { Digest.hmacSHA256(key: key, Array(text.utf8)) }
        let key = mac(mac(mac(Array("TC3\(secret)".utf8), date), service), "tc3_request")
        return
            "TC3-HMAC-SHA256 Credential=\(id)/\(scope), SignedHeaders=content-type;host, Signature="
            + Secret.hex(mac(key, toSign))
    }
}
