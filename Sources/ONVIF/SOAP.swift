import Crypt
import Foundation
import Kernel
import XML

/// Why a device did not do what it was asked.
public enum ONVIFFailure: Error, Sendable, Equatable {
    /// There is no connection, or no answer in time.
    case unreachable
    /// It asks for another user or password.
    case unauthorized
    /// It answers, but not in SOAP, or larger than is taken.
    case notSOAP
    /// It answers with a fault; its first reason, at most 200 characters.
    case fault(String)
    /// It answers, but without what was asked for.
    case missing(String)
}

/// Who asks: proves itself by WS-UsernameToken with a digest (Web Services Security UsernameToken Profile 1.0).
public struct ONVIFUser: Sendable, Equatable {
    /// The name; empty asks without proof.
    public var name: String
    /// The password; it never leaves in the clear.
    public var password: String

    /// A user.
    public init(name: String, password: String) {
        self.name = name
        self.password = password
    }
}

/// Writes and reads envelopes (SOAP 1.2).
public enum SOAP {
    /// How large an answer may be.
    public static let limits = XMLLimits(bytes: 512 << 10, depth: 32, nodes: 20_000)

    /// A request.
    /// - Parameters:
    ///   - body: XML that is known to be well formed; texts in it went through ``text(_:)``.
    ///   - created: now by the device's clock, in milliseconds since the Unix epoch: devices refuse what is old by it.
    public static func envelope(
        _ body: String, user: ONVIFUser?, created: Int64, nonce: [UInt8]
    ) -> [UInt8] {
        var header = ""
        if let user, !user.name.isEmpty {
            let time = Instant(ms: created).rfc3339UTC
            let digest = passwordDigest(nonce: nonce, created: time, password: user.password)
            header = """
                <s:Header><w:Security s:mustUnderstand="1"><w:UsernameToken><w:Username>\(text(user.name))</w:Username>\
                <w:Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest">\
                \(digest)</w:Password><w:Nonce EncodingType="http://docs.oasis-open.org/wss/2004/01/\
                oasis-200401-wss-soap-message-security-1.0#Base64Binary">\(Data(nonce).base64EncodedString())</w:Nonce>\
                <u:Created>\(time)</u:Created></w:UsernameToken></w:Security></s:Header>
                """
        }
        return Array(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" \
            xmlns:w="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd" \
            xmlns:u="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" \
            xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" \
            xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema">\
            \(header)<s:Body>\(body)</s:Body></s:Envelope>
            """.utf8)
    }

    /// Base64(SHA-1(nonce + created + password)).
    public static func passwordDigest(nonce: [UInt8], created: String, password: String) -> String {
        Data(Digest.sha1(nonce + Array(created.utf8) + Array(password.utf8))).base64EncodedString()
    }

    /// A text as it stands in XML.
    public static func text(_ text: String) -> String { XMLWriter.escaped(text) }

    /// The first element of an answer's body.
    public static func body(_ bytes: some Collection<UInt8>) throws(ONVIFFailure) -> XMLTree {
        guard let root = try? XMLReader.read(bytes, limits: limits), root.name == "Envelope",
            let first = root["Body"]?.children.first
        else { throw .notSOAP }
        guard first.name == "Fault" else { return first }
        let codes = subcodes(first)
        if codes.contains(where: { $0.hasSuffix("NotAuthorized") || $0.hasSuffix("FailedAuthentication") }) {
            throw .unauthorized
        }
        let reason = first["Reason"]?.value("Text") ?? first.value("faultstring") ?? codes.last ?? ""
        throw .fault(String(reason.prefix(200)))
    }

    private static func subcodes(_ fault: XMLTree) -> [String] {
        var codes: [String] = []
        var at = fault["Code"] ?? fault
        while let code = at["Subcode"], codes.count < 8 {
            codes.append(code.value("Value") ?? "")
            at = code
        }
        return codes + [fault.value("faultcode") ?? ""]
    }
}

extension Instant {
    /// `2026-12-01T01:02:03.004Z`.
    var rfc3339UTC: String {
        // The same digits eight hours earlier, by China's clock, are those of the universal one.
        String(Instant(ms: ms - 8 * 3_600_000).rfc3339.dropLast(6)) + "Z"
    }
}
