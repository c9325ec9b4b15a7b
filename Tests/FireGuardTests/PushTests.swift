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
