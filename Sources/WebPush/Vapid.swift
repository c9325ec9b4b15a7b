import Crypt
import Foundation

/// Who sends a push message: a token that the push service can check (RFC 8292).
public enum Vapid {
    /// The value of `Authorization` for a push service.
    /// - Parameters:
    ///   - audience: the service's origin, such as `https://push.example`.
    ///   - subject: where its people reach the sender's, `mailto:…` or `https://…`.
    ///   - expires: seconds since 1970, at most a day ahead.
    public static func authorization(
        audience: String, subject: String, expires: Int64, key: CurveKey
    ) throws(CryptError) -> String {
        let head = Base64URL.text(Array(#"{"typ":"JWT","alg":"ES256"}"#.utf8))
        let claims = #"{"aud":"\#(escaped(audience))","exp":\#(expires),"sub":"\#(escaped(subject))"}"#
        let token = head + "." + Base64URL.text(Array(claims.utf8))
        let signature = try key.sign(Array(token.utf8))
        return "vapid t=\(token).\(Base64URL.text(signature)), k=\(Base64URL.text(key.publicKey))"
    }

    private static func escaped(_ text: String) -> String {
        text.filter { $0.isASCII && $0 != "\"" && $0 != "\\" && ($0.asciiValue ?? 0) >= 0x20 }
    }
}

/// Base64 for URLs without padding (RFC 4648, 5).
public enum Base64URL {
    /// The text of bytes.
    public static func text(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(
            of: "/", with: "_"
        )
        .replacingOccurrences(of: "=", with: "")
    }

    /// The bytes of a text, padded or not; `nil` where it is none.
    public static func bytes(_ text: String) -> [UInt8]? {
        let plain = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
            .replacingOccurrences(of: "=", with: "")
        guard plain.utf8.count % 4 != 1 else { return nil }
        let padding = String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
        return Data(base64Encoded: plain + padding).map(Array.init)
    }
}
