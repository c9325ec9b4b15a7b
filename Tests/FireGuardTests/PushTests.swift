import Foundation
import Kernel
import Testing

@testable import FireGuard

@Suite("HTTP pushes")
struct PushTests {
    private let now = CivilTime.instant(2026, 11, 24, 9)

    private func ctwing(_ text: String) throws -> [FireSignal] {
        let raw = Array(text.utf8)
        let document = try #require(LooseJSON.read(raw))
        return try CTWingPush.read(
            document, source: SignalSource(kind: .ctwing, address: "a", peer: "b"), receivedAt: now, raw: raw)
    }

    @Test("OneNET's signature is base64(md5(token + nonce + msg))")
    func vector() throws {
        let signature = OneNETPush.signature(
            token: "abcdefghijkmlnopqrstuvwxyz", nonce: "12345678", message: #"{"a":1}"#)
        #expect(signature == "YdaCSuMSc2eflj8uFIztMQ==")
        #expect(
            try OneNETPush.handshake(
                token: "abcdefghijkmlnopqrstuvwxyz", nonce: "12345678", message: #"{"a":1}"#, signature: signature)
                == #"{"a":1}"#)
        #expect(throws: Problem.forbidden) {
            try OneNETPush.handshake(token: "other", nonce: "12345678", message: "x", signature: signature)
        }
    }

    @Test("The signature covers the message as it was sent, whether a text or an object, and a wrong one is refused")
    func oneNET() throws {
        let token = "abcdefghijkmlnopqrstuvwxyz"
        let message = #"{"type":1, "dev_id":2016617,"ds_id":"smoke","at":1466133706841,"value":1}"#
        let signature = OneNETPush.signature(token: token, nonce: "12345678", message: message)
        let source = SignalSource(kind: .onenet, address: "a", peer: "b")
        let escaped = message.replacing("\"", with: "\\\"")
        for body in [
            #"{"msg":\#(message),"nonce":"12345678","msg_signature":"\#(signature)"}"#,
            #"{"nonce":"12345678","signature":"\#(signature)","msg":"\#(escaped)"}"#,
        ] {
            let signals = try OneNETPush.read(Array(body.utf8), token: token, source: source, receivedAt: now)
            #expect(signals.map(\.kind) == [.fire] && signals.first?.address == "2016617")
            #expect(signals.first?.deviceTime == Instant(ms: 1_466_133_706_841))
        }
        let forged = #"{"msg":\#(message),"nonce":"12345679","msg_signature":"\#(signature)"}"#
        #expect(throws: Problem.forbidden) {
            try OneNETPush.read(Array(forged.utf8), token: token, source: source, receivedAt: now)
        }
    }

    @Test("A CTWing smoke report is a fire of its device, and the same body has the same key")
    func ctwingFire() throws {
        let text = """
            {"upPacketSN":-1,"timestamp":1606982320277,"tenantId":"1","serviceId":"","productId":"2","payload":
            {"serviceId":"notification","serviceData":{"TData":30,"Battery_Level":88,"Alarm_Status":1}},
            "messageType":"dataReport","deviceId":"acf7","IMSI":"undefined"}
            """
        let signals = try ctwing(text)
        #expect(signals.map(\.kind) == [.fire] && signals.first?.battery == 88 && signals.first?.isLevel == true)
        #expect(signals.first?.address == "acf7")
        #expect(try ctwing(text).first?.uniqueKey == signals.first?.uniqueKey)
        #expect(try ctwing(text.replacing("277", with: "278")).first?.uniqueKey != signals.first?.uniqueKey)
        #expect(try ctwing(text.replacing(#""Alarm_Status":1"#, with: #""Alarm_Status":0"#)).map(\.kind) == [.restore])
    }

    @Test("A CTWing low battery event is work, and going to sleep is no silence")
    func ctwingOther() throws {
        let event = #"{"messageType":"eventReport","eventType":2,"eventContent":{"battery_state":1},"deviceId":"d0"}"#
        #expect(try ctwing(event).map(\.kind) == [.lowBattery])
        let asleep = #"{"messageType":"deviceOnlineOfflineReport","eventType":0,"deviceId":"d0"}"#
        #expect(try ctwing(asleep).isEmpty)
        #expect(throws: Problem.invalid(["deviceId": "required"])) { try ctwing(#"{"messageType":"dataReport"}"#) }
    }

    /// Computed with `openssl enc`; token and nonce of the vector above.
    @Test(
        "OneNET's encrypted messages are opened with either shape of key, and a wrong key is refused",
        arguments: [
            (
                "msg", "0123456789abcdef",
                "hQ/+ipQq21p3Kyg9ozrK1IBsm92WDC8uhD2RGT4xDh5T/xvrycmfnRrmkgxlWSiVp7FwcNQfWlh4Fmxm0gAOO76wkZ1QqLXRNF+CHpW3LUI=",
                "n9H+Lu1HZ6lZXZShzrIDAg=="
            ),
            (
                "enc_msg", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
                "RgYXmfhGLXrl4mIVu7ZWvWiFv0SfkQfc4aCOM4kE3qGW22mQ2NLXT55Ol8PNXHCz0B7eFsNT9vJ7rx2Xs6u41MWuvj4To2hHpHgP2WLS3rmuVv/xPc/UNharCqFMge+g",
                "ZcQfuxPtIf03Kip60dva/w=="
            ),
        ])
    func encrypted(_ name: String, _ key: String, _ sealed: String, _ signature: String) throws {
        let token = "abcdefghijkmlnopqrstuvwxyz"
        let source = SignalSource(kind: .onenet, address: "a", peer: "b")
        let body = Array(#"{"\#(name)":"\#(sealed)","nonce":"12345678","signature":"\#(signature)"}"#.utf8)
        let signals = try OneNETPush.read(body, token: token, cipherKey: key, source: source, receivedAt: now)
        #expect(signals.map(\.kind) == [.fire] && signals.first?.address == "2016617")
        // Opened with a wrong key it is no message, whatever the padding happens to look like.
        for wrong in ["0123456789abcdeX", "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba"] {
            #expect(throws: Problem.self) {
                try OneNETPush.read(body, token: token, cipherKey: wrong, source: source, receivedAt: now)
            }
        }
        #expect(throws: Problem.invalid([name: "no-cipher-key"])) {
            try OneNETPush.read(body, token: token, source: source, receivedAt: now)
        }
        for cut in [0, 1, 15, 16, 17, 32] {
            #expect(OneNETCipher.open(String(sealed.prefix(cut)), key: key)?.isEmpty ?? true)
        }
    }

    private func transparent(_ bytes: [UInt8], profile: String? = nil) throws -> [FireSignal] {
        let text = """
            {"messageType":"dataReport","deviceId":"d1","timestamp":1606982320277,
            "payload":{"APPdata":"\(Data(bytes).base64EncodedString())"}}
            """
        let raw = Array(text.utf8)
        return try CTWingPush.read(
            try #require(LooseJSON.read(raw)), source: SignalSource(kind: .ctwing, address: "a", peer: "b"),
            receivedAt: now, raw: raw, profile: profile.flatMap(ByteProfile.init))
    }

    @Test("A transparent payload is read by the product's profile: equal bytes, bits, levels below a bound")
    func profile() throws {
        let profile = "fire@4=01, fault@5&02, low-battery@6<14, battery@6"
        let fire = try transparent([0, 0, 0, 0, 1, 2, 0x55], profile: profile)
        #expect(fire.map(\.kind) == [.fire, .fault] && fire.first?.battery == 0x55 && fire.first?.address == "d1")
        #expect(Set(fire.map(\.uniqueKey)).count == 2)
        #expect(try transparent([0, 0, 0, 0, 0, 0, 0x13], profile: profile).map(\.kind) == [.lowBattery])
        #expect(try transparent([0, 0, 0, 0, 0, 0, 0x60], profile: profile).map(\.kind) == [.restore])
        // Shorter than the profile knows: no byte, no condition.
        #expect(try transparent([1], profile: profile).map(\.kind) == [.restore])
        for wrong in ["fire", "fire@4", "fire@x=01", "fire@4=1", "fire@4=zz", "alive@4=01", "battery@", "fire@9999=01"]
        {
            #expect(ByteProfile(wrong) == nil, "\(wrong)")
        }
    }

    @Test("Without a profile a transparent payload is understood as a 26875.3 frame or as JSON, else kept")
    func unprofiled() throws {
        let frame: [UInt8] =
            [
                0x40, 0x40, 1, 0, 1, 1, 0x20, 0x3a, 9, 0x1a, 9, 0x0c, 0x79, 3, 0, 0, 0, 0, 0x38, 0x5b, 1, 0, 0, 0, 0x30,
                0, 2, 2, 1, 1, 1, 0x28, 0x0a, 0, 2, 0, 2, 0,
            ] + [UInt8](repeating: 0x20, count: 30) + [0, 2, 0x3a, 9, 0x1a, 9, 0x0c, 0x46, 0x23, 0x23]
        let signals = try transparent(frame)
        #expect(signals.map(\.kind) == [.fire] && signals.first?.address == "d1")
        #expect(signals.first?.source.kind == .ctwing)
        #expect(try transparent(Array(#"{"smoke":1,"battery":50}"#.utf8)).map(\.kind) == [.fire])
        #expect(try transparent([9, 9, 9]).map(\.kind) == [.operation])
        #expect(throws: Problem.invalid(["payload.APPdata": "invalid"])) {
            let raw = Array(#"{"messageType":"dataReport","deviceId":"d1","payload":{"APPdata":"%%%"}}"#.utf8)
            _ = try CTWingPush.read(
                try #require(LooseJSON.read(raw)), source: SignalSource(kind: .ctwing, address: "a", peer: "b"),
                receivedAt: now, raw: raw)
        }
    }

    @Test("Payloads of any bytes are answered, never a trap")
    func anyBytes() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...120, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            _ = try transparent([0x40, 0x40] + bytes)
            _ = try transparent(bytes, profile: "fire@4=01, battery@6, fault@119&ff")
            _ = OneNETCipher.open(Data(bytes).base64EncodedString(), key: "0123456789abcdef")
            _ = OneNETCipher.open(
                Data(bytes).base64EncodedString(), key: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")
        }
    }

    @Test("A plain report names what is wrong with which item")
    func plain() throws {
        let source = SignalSource(kind: .json, address: "a", peer: "b")
        let document = try #require(
            LooseJSON.read(
                Array(#"{"items":[{"device":"1","kind":"fire","id":"x"},{"device":"2","kind":"boom"}]}"#.utf8)))
        #expect(throws: Problem.invalid(["items.1.kind": "unknown"])) {
            try PlainReport.read(document, source: source, receivedAt: now, raw: [], delivery: "d")
        }
    }

    @Test("JSON nested without end is refused before it is read")
    func nested() {
        #expect(LooseJSON.read([UInt8](repeating: UInt8(ascii: "["), count: 60_000)) == nil)
    }
}
