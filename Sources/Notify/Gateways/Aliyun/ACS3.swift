import Crypt

/// Aliyun's signature, version 3 (ACS3-HMAC-SHA256).
public enum ACS3 {
    /// Percent-encoding of RFC 3986: letters, digits and `-_.~` stay.
    static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126: result.unicodeScalars.append(Unicode.Scalar(byte))
            default: result += "%" + Secret.hex([byte]).uppercased()
            }
        }
        return result
    }

    /// The query in the order and the encoding in which it is signed and sent.
    public static func query(_ parameters: [String: String]) -> String {
        parameters.sorted { $0.key < $1.key }.map { "\(encoded($0.key))=\(encoded($0.value))" }.joined(separator: "&")
    }

    /// The value of `Authorization`.
    /// - Parameter headers: `host` and every `x-acs-…` header, names in lower case.
    public static func authorization(
        method: String, query: String, headers: [String: String], body: [UInt8], keyID: String, secret: String
    ) -> String {
        let names = headers.keys.sorted()
        let canonical =
            "\(method)\n/\n\(query)\n" + names.map { "\($0):\(headers[$0] ?? "")\n" }.joined() + "\n"
            + names.joined(separator: ";") + "\n" + Secret.hex(Digest.sha256(body))
        let toSign = "ACS3-HMAC-SHA256\n" + Secret.hex(Digest.sha256(Array(canonical.utf8)))
        let signature = Secret.hex(Digest.hmacSHA256(key: Array(secret.utf8), Array(toSign.utf8)))
        return
            "ACS3-HMAC-SHA256 Credential=\(keyID),SignedHeaders=\(names.joined(separator: ";")),Signature=\(signature)"
    }
}
