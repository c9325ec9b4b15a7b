import AsyncHTTPClient
import Foundation
import Identity
import Kernel
import Logging
import struct NIOCore.TimeAmount
import SMPP
import Simulator
import Storage
import StorageTesting
import Synchronization
import Testing

@testable import Notify

/// A message as a worker holds it.
func message(_ channel: Channel = .sms, _ text: String = "云汐镇玩具厂二楼烟感报警", phone: String = "19900000001") -> Message {
    var row = Row(values: [
        .integer(MessageID.next().rawValue), .text(channel.rawValue), .text("示例"), .text(phone), .text("officer"),
        .text(text), .integer(7), .text("alarms/1"), .text("sending"), .integer(0), .integer(1), .integer(0), .null,
        .null, .null, .null,
    ])
    do { return try Message(row: &row) } catch { preconditionFailure("\(error)") }
}

@Suite("Signatures")
struct SignatureTests {
    @Test("Aliyun's published example of ACS3-HMAC-SHA256 comes out")
    func acs3() {
        let value = ACS3.authorization(
            method: "POST",
            query: ACS3.query([
                "RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
            ]),
            headers: [
                "host": "ecs.cn-shanghai.aliyuncs.com", "x-acs-action": "RunInstances",
                "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "x-acs-date": "2023-10-26T10:22:32Z",
                "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d", "x-acs-version": "2014-05-26",
            ], body: [], keyID: "YourAccessKeyId", secret: "YourAccessKeySecret")
        #expect(value.hasSuffix("Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"))
    }

    @Test("Tencent's published example of TC3-HMAC-SHA256 comes out")
    func tc3() {
        let body = #"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#
        let value = TC3.authorization(
            host: "cvm.tencentcloudapi.com", service: "cvm", seconds: 1_551_113_065, body: Array(body.utf8),
            id: "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", secret: "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE")
        #expect(value.hasSuffix("Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"))
        #expect(value.contains("/2019-02-25/cvm/tc3_request"))
    }

    @Test("Percent-encoding keeps what RFC 3986 keeps, and nothing else")
    func encoding() { #expect(ACS3.encoded("a B*~_-.+/云") == "a%20B%2A~_-.%2B%2F%E4%BA%91") }
}

@Suite("Carriers over real sockets")
struct CarrierTests {
    private func http<Value: Sendable>(_ body: (HTTPClient) async throws -> Value) async throws -> Value {
        let client = HTTPClient(configuration: .init(timeout: .init(connect: .seconds(1))))
        do {
            let value = try await body(client)
            try await client.shutdown()
            return value
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    private func aliyun(_ client: HTTPClient, _ channel: Channel, _ port: Int, secret: String = "s") -> AliyunCarrier {
        AliyunCarrier(
            client: client, channel: channel,
            AliyunCarrier.Configuration(
                keyID: "k", secret: secret, signName: "云汐镇", template: "SMS_1", shownNumber: "0571",
                url: "http://127.0.0.1:\(port)"))
    }

    private func tencent(_ client: HTTPClient, _ channel: Channel, _ port: Int, secret: String = "s") -> TencentCarrier
    {
        TencentCarrier(
            client: client, channel: channel,
            TencentCarrier.Configuration(
                id: "k", secret: secret, application: "14", signName: "云汐镇", template: "1",
                url: "http://127.0.0.1:\(port)"))
    }

    @Test("Aliyun and Tencent take texts and calls, with our number and the words", arguments: Channel.allCases)
    func takes(_ channel: Channel) async throws {
        try await http { client in
            let (ali, tx) = (
                try await FakeCarrier.start(.aliyun, secret: "s"), try await FakeCarrier.start(.tencent, secret: "s")
            )
            let message = message(channel)
            let first = await aliyun(client, channel, ali.port).send(message)
            #expect(
                first == .taken(providerID: channel == .sms ? "biz-1" : "call-1")
                    || first == .taken(providerID: "biz-1"))
            #expect(
                await tencent(client, channel, tx.port).send(message)
                    == .taken(providerID: channel == .sms ? "serial-1" : "call-1"))
            #expect(ali.taken.map(\.reference) == [message.id.description])
            #expect(ali.taken.first?.text.contains("玩具厂") == true)
            #expect(ali.taken.map(\.action) == [channel == .sms ? "SendSms" : "IvrCall"])
            #expect(tx.taken.map(\.phone) == ["+8619900000001"])
            #expect(tx.taken.map(\.reference) == [message.id.description])
            #expect(tx.taken.map(\.text) == [message.text])
            await ali.stop()
            await tx.stop()
        }
    }

    @Test("A wrong secret is found by the far end, and the message is refused")
    func secret() async throws {
        try await http { client in
            let (ali, tx) = (
                try await FakeCarrier.start(.aliyun, secret: "s"), try await FakeCarrier.start(.tencent, secret: "s")
            )
            #expect(
                await aliyun(client, .sms, ali.port, secret: "t").send(message()) == .refused("SignatureDoesNotMatch"))
            #expect(
                await tencent(client, .sms, tx.port, secret: "t").send(message())
                    == .refused("AuthFailure.SignatureFailure"))
            #expect((ali.wrongSignatures, tx.wrongSignatures) == (1, 1))
            await ali.stop()
            await tx.stop()
        }
    }

    @Test(
        "Each way of failing is told apart: what may have gone out, what has not, and what never will",
        arguments: [FarMode.limited, .refuses, .breaks, .hangsUp, .babbles])
    func fails(_ mode: FarMode) async throws {
        try await http { client in
            for kind in [FakeCarrier.Kind.aliyun, .tencent] {
                let fake = try await FakeCarrier.start(kind, secret: "s")
                fake.set(mode)
                let outcome: Delivery =
                    kind == .aliyun
                    ? await aliyun(client, .sms, fake.port).send(message())
                    : await tencent(client, .sms, fake.port).send(message())
                switch (mode, outcome) {
                case (.limited, .again(_, mayHaveGoneOut: false)), (.refuses, .refused),
                    (.breaks, .again(_, mayHaveGoneOut: true)), (.hangsUp, .again(_, mayHaveGoneOut: true)),
                    (.babbles, .again(_, mayHaveGoneOut: true)):
                    break
                default: Issue.record("\(kind) \(mode): \(outcome)")
                }
                await fake.stop()
            }
        }
    }

    @Test("A far end that is not there has taken nothing")
    func absent() async throws {
        try await http { client in
            let fake = try await FakeCarrier.start(.aliyun, secret: "s")
            let port = fake.port
            await fake.stop()
            let outcome = await aliyun(client, .sms, port).send(message())
            guard case .again(_, mayHaveGoneOut: false) = outcome else {
                Issue.record("it should be known that nothing went out: \(outcome)")
                return
            }
        }
    }

    @Test("A template is filled once, escaped for JSON or a form, and its far end may say no in a 200")
    func template() async throws {
        try await http { client in
            let fake = try await FakeCarrier.start(.plain, secret: "Basic x")
            var configuration = TemplateCarrier.Configuration(
                url: "http://127.0.0.1:\(fake.port)/send", body: #"{"to":"{phone}","say":"{text}","{x}":1}"#,
                encoding: .json, authorization: "Basic x", success: "ok")
            let words = message(.sms, #"二楼"{phone}"报警"#)
            #expect(await TemplateCarrier(client: client, configuration).send(words) == .taken(providerID: nil))
            #expect(fake.taken.map(\.text) == [#"{"to":"19900000001","say":"二楼\"{phone}\"报警","{x}":1}"#])
            configuration.body = "to={phone}&say={text}"
            configuration.encoding = .form
            _ = await TemplateCarrier(client: client, configuration).send(message(.sms, "a&b"))
            #expect(fake.taken.last?.text == "to=19900000001&say=a%26b")
            fake.set(.refuses)
            #expect(await TemplateCarrier(client: client, configuration).send(words) == .refused("answer"))
            await fake.stop()
        }
    }
}

@Suite("SMPP 3.4")
struct SMPPTests {
    private func carrier(_ port: Int, password: String = "secret", _ got: Got = Got()) -> SMPPCarrier {
        SMPPCarrier(
            SMPPCarrier.Configuration(
                host: "127.0.0.1", port: port, bind: BindRequest(systemID: "zhili", password: password),
                source: "106900"), logger: Logger(label: "test")
        ) { id, isDelivered in got.lines.withLock { $0.append((id, isDelivered)) } }
    }

    final class Got: Sendable {
        let lines = Mutex<[(id: String, isDelivered: Bool)]>([])
        /// Waits for what comes over a socket.
        func first() async throws -> (id: String, isDelivered: Bool)? {
            for _ in 0..<500 {
                if let first = lines.withLock({ $0.first }) { return first }
                try await Task.sleep(for: .milliseconds(10))
            }
            return nil
        }
    }

    @Test("A long Chinese text goes out in parts, comes together again, and its receipt finds its way back")
    func long() async throws {
        let smsc = try await FakeSMSC.start(password: "secret")
        let got = Got()
        let text = String(repeating: "云汐镇玩具厂二楼烟感报警🔥", count: 12)
        #expect(await carrier(smsc.port, got).send(message(.sms, text)) == .taken(providerID: "smsc-3"))
        #expect(smsc.texts == [text])
        let receipt = try await got.first()
        #expect(receipt?.id == "smsc-3")
        #expect(receipt?.isDelivered == true)
        await smsc.stop()
    }

    @Test("A phone that was not reached is said")
    func lost() async throws {
        let smsc = try await FakeSMSC.start(password: "secret")
        smsc.set(.loses)
        let got = Got()
        #expect(await carrier(smsc.port, got).send(message()) == .taken(providerID: "smsc-1"))
        #expect(try await got.first()?.isDelivered == false)
        await smsc.stop()
    }

    @Test("Each way of failing is told apart", arguments: FakeSMSC.Mode.allCases)
    func fails(_ mode: FakeSMSC.Mode) async throws {
        let smsc = try await FakeSMSC.start(password: "secret")
        smsc.set(mode)
        let outcome = await carrier(smsc.port).send(message())
        switch (mode, outcome) {
        case (.delivers, .taken), (.loses, .taken), (.throttles, .again(_, mayHaveGoneOut: false)),
            (.refuses, .refused),
            (.closed, .again(_, mayHaveGoneOut: false)), (.hangs, .again(_, mayHaveGoneOut: true)),
            (.hangsUp, .again(_, mayHaveGoneOut: true)):
            break
        default: Issue.record("\(mode): \(outcome)")
        }
        await smsc.stop()
    }

    @Test("A hundred texts at once go out over one connection, and after a hang-up over a new one")
    func many() async throws {
        let smsc = try await FakeSMSC.start(password: "secret")
        let carrier = carrier(smsc.port)
        let taken = await withTaskGroup { group in
            for number in 0..<100 { group.addTask { await carrier.send(message(.sms, "第\(number)条")) } }
            return await group.reduce(into: 0) { count, outcome in if case .taken = outcome { count += 1 } }
        }
        #expect(taken == 100)
        #expect(Set(smsc.texts).count == 100)
        smsc.set(.hangsUp)
        _ = await carrier.send(message())
        smsc.set(.delivers)
        var outcome = await carrier.send(message())
        // The end of the connection may be heard a moment after the answer that never came.
        if case .again = outcome { outcome = await carrier.send(message()) }
        guard case .taken = outcome else {
            Issue.record("\(outcome)")
            return
        }
        await smsc.stop()
    }

    @Test("Parts are at most 67 units, and no character is cut in two", arguments: [1, 69, 70, 71, 134, 135, 300, 900])
    func parts(_ length: Int) {
        let text = String(repeating: "镇", count: length - 1) + "🔥"
        let parts = Parts.split(text, reference: 9)
        #expect(parts.count <= Parts.most)
        #expect(parts.allSatisfy { $0.count <= 140 })
        if parts.count > 1 { #expect(parts.map { $0[5] } == Array(1...UInt8(parts.count))) }
    }

    @Test("Units come out whole however the stream is cut, and a length that cannot be ends it")
    func stream() throws {
        let units = [
            PDU(.bindTransceiver, sequence: 1, body: BindRequest(systemID: "zhili", password: "p").body),
            PDU(.enquireLink, sequence: 2),
        ]
        for size in 1...40 {
            var decoder = PDUDecoder()
            var found: [PDU] = []
            let bytes = units.flatMap(\.bytes)
            for start in stride(from: 0, to: bytes.count, by: size) {
                decoder.feed(bytes[start..<min(start + size, bytes.count)])
                while let unit = try decoder.next() { found.append(unit) }
            }
            #expect(found == units)
        }
        var decoder = PDUDecoder()
        decoder.feed([0, 0, 0, 15] + [UInt8](repeating: 0, count: 12))
        #expect(throws: SMPPError.length(15)) { try decoder.next() }
    }

    @Test("No bytes bring the parser down")
    func fuzz() {
        let seconds = Double(ProcessInfo.processInfo.environment["ZHILI_FUZZ_SECONDS"] ?? "") ?? 1
        let end = Date().addingTimeInterval(seconds)
        let good = ShortMessage(
            source: "1", destination: "2", esmClass: 4, coding: 0, registered: 0,
            text: DeliveryReceipt.text(id: "a", state: "DELIVRD", error: "000")
        ).body
        var generator = SystemRandomNumberGenerator()
        while Date() < end {
            var bytes = good
            for _ in 0..<Int.random(in: 0...8, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count)] = UInt8.random(in: 0...255)
            }
            bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count)))
            if let short = try? ShortMessage(bytes) { _ = DeliveryReceipt(short.text) }
            _ = try? BindRequest(bytes)
            var decoder = PDUDecoder()
            decoder.feed(bytes)
            while let _ = try? decoder.next() {}
        }
    }
}
