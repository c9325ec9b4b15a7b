import Crypt
import Foundation
import Kernel

/// OneNET's HTTP push: `signature = base64(md5(token + nonce + msg))`.
enum OneNETPush {
    /// The signature of a message.
    static func signature(token: String, nonce: String, message: String) -> String {
        Data(Digest.md5(Array((token + nonce + message).utf8))).base64EncodedString()
    }

    /// The answer to the platform's check of a new address: `msg` as it came, when its signature holds.
    ///
    /// A `+` of the signature arrives as a blank where the platform did not escape it.
    static func handshake(token: String, nonce: String, message: String, signature: String) throws(Problem) -> String {
        let given = signature.replacingOccurrences(of: " ", with: "+")
        let due = self.signature(token: token, nonce: nonce, message: message)
        guard !token.isEmpty, Secret.equal(Array(due.utf8), Array(given.utf8)) else { throw Problem.forbidden }
        return message
    }

    /// Reads a push whose signature holds; `cipherKey` opens encrypted ones.
    /// - Throws: 403 for a wrong signature, 422 for what cannot be read.
    static func read(
        _ body: [UInt8], token: String, cipherKey: String = "", source: SignalSource, receivedAt: Instant
    ) throws(Problem) -> [FireSignal] {
        guard let document = LooseJSON.read(body) else { throw .malformed("the body is not JSON") }
        let name = document["enc_msg"] == nil ? "msg" : "enc_msg"
        guard let raw = MemberText.of(name, in: body) else { throw .invalid(["msg": "required"]) }
        let given = (document["signature"] ?? document["msg_signature"])?.asText ?? ""
        let due = signature(token: token, nonce: document["nonce"]?.asText ?? "", message: raw)
        guard !token.isEmpty, Secret.equal(Array(due.utf8), Array(given.utf8)) else { throw Problem.forbidden }
        var plain = Array(raw.utf8)
        // The signature covers the encrypted text. A new instance encrypts `msg` itself, an old one sends `enc_msg`.
        if plain.first != UInt8(ascii: "{"), plain.first != UInt8(ascii: "[") {
            guard !cipherKey.isEmpty else { throw .invalid([name: "no-cipher-key"]) }
            guard let opened = OneNETCipher.open(raw, key: cipherKey) else { throw .invalid([name: "cipher-key"]) }
            plain = opened
        }
        guard let message = LooseJSON.read(plain) else { throw .invalid(["msg": "invalid"]) }
        let items: [LooseJSON] = if case .list(let items) = message { items } else { [message] }
        guard items.count <= PlainReport.limit else { throw .invalid(["msg": "too-many"]) }
        var signals: [FireSignal] = []
        for (index, item) in items.enumerated() {
            signals += try self.item(
                item, source: source, receivedAt: receivedAt, raw: plain,
                key: "onenet/\(Fingerprint.text(raw.utf8))/\(index)")
        }
        return signals
    }

    private static func item(
        _ item: LooseJSON, source: SignalSource, receivedAt: Instant, raw: [UInt8], key: String
    ) throws(Problem) -> [FireSignal] {
        let name = item["dev_id"] ?? item["deviceName"] ?? item["device_name"] ?? item["imei"] ?? item["deviceId"]
        guard let device = name?.asText, !device.isEmpty else { throw .invalid(["msg.dev_id": "required"]) }
        let time = (item["at"] ?? item["time"])?.asNumber.flatMap { Int64(exactly: $0.rounded()) }
            .map { Instant(ms: $0) }
        var members: [String: LooseJSON] = [:]
        if let parameters = item["params"] ?? item["data"]?["params"] {
            // Thing model: each name holds its value and its time.
            for (name, value) in parameters.members { members[name] = value["value"] ?? value }
        } else if let stream = item["ds_id"]?.asText ?? item["ds"]?.asText, let value = item["value"] {
            // The resource 3300_0_… is a generic sensor; its name says nothing, so the whole number is the alarm.
            members[stream.hasPrefix("3300_") ? "alarm" : stream] = value
        } else if item["type"]?.asNumber == 2 {
            // On-line and off-line of a sleeping device: see CTWing.
            members = [:]
            if item["status"]?.isYes != true { return [] }
        }
        return StateReport(members).signals(
            source: source, address: device, isLevel: true, deviceTime: time, receivedAt: receivedAt, raw: raw,
            key: key)
    }
}

/// The text of one member of a JSON object as it was sent: a signature covers bytes, not what a parser makes of them.
enum MemberText {
    /// The decoded text of a member that is a string, the raw text of any other; `nil` when there is none.
    static func of(_ name: String, in body: [UInt8]) -> String? {
        var depth = 0
        var index = 0
        var lastString: Range<Int>?
        while index < body.count {
            switch body[index] {
            case UInt8(ascii: "\""):
                guard let end = stringEnd(body, from: index) else { return nil }
                lastString = index..<end
                index = end
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ":"):
                if depth == 1, let key = lastString, Array(body[key]) == Array("\"\(name)\"".utf8) {
                    return value(body, from: index + 1)
                }
            default: break
            }
            index += 1
        }
        return nil
    }

    private static func value(_ body: [UInt8], from start: Int) -> String? {
        var index = start
        while index < body.count, body[index] <= 32 { index += 1 }
        guard index < body.count else { return nil }
        let begin = index
        if body[index] == UInt8(ascii: "\"") {
            guard let end = stringEnd(body, from: index) else { return nil }
            return try? JSONDecoder().decode(String.self, from: Data(body[begin..<end]))
        }
        var depth = 0
        while index < body.count {
            switch body[index] {
            case UInt8(ascii: "\""):
                guard let end = stringEnd(body, from: index) else { return nil }
                index = end
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return String(decoding: body[begin..<index], as: UTF8.self) }
                depth -= 1
                if depth == 0 { return String(decoding: body[begin...index], as: UTF8.self) }
            case UInt8(ascii: ","):
                if depth == 0 { return String(decoding: body[begin..<index], as: UTF8.self) }
            default: break
            }
            index += 1
        }
        return nil
    }

    /// The index behind a string that begins at `start`.
    private static func stringEnd(_ body: [UInt8], from start: Int) -> Int? {
        var index = start + 1
        while index < body.count {
            if body[index] == UInt8(ascii: "\\") {
                index += 2
            } else if body[index] == UInt8(ascii: "\"") {
                return index + 1
            } else {
                index += 1
            }
        }
        return nil
    }
}
