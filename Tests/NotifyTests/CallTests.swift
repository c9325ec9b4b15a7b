import Foundation
import Kernel
import Logging
import SIP
import Simulator
import Synchronization
import Testing

@testable import Notify

@Suite("Telephone calls")
struct CallTests {
    private final class Book: Sendable {
        let results = Mutex<[(state: MessageState, key: String?)]>([])
        /// Waits for what comes over a socket.
        func first() async throws -> (state: MessageState, key: String?)? {
            for _ in 0..<1_500 {
                if let first = results.withLock({ $0.first }) { return first }
                try await Task.sleep(for: .milliseconds(10))
            }
            return nil
        }
    }

    /// Half a second of a tone.
    private static let tone = (0..<4_000).map { ALaw.encode(Int16(8_000 * sin(Double($0) * 0.4))) }

    private func call(
        _ mode: FakePBX.Mode, password: String = "secret",
        _ check: (Delivery, Book, FakePBX) async throws -> Void
    ) async throws {
        let pbx = try await FakePBX.start(password: "secret")
        pbx.set(mode)
        let book = Book()
        let carrier = SIPCarrier(
            SIPTrunk(
                hop: SIPHop(.udp, "127.0.0.1", pbx.port), domain: "pbx.example", user: "zhili", password: password,
                listenHost: "127.0.0.1"), hint: "按一", logger: Logger(label: "test"), speech: { _ in Self.tone }
        ) { _, state, key in
            book.results.withLock { $0.append((state, key)) }
        }
        try await carrier.start()
        let outcome = await carrier.send(message(.call))
        try await check(outcome, book, pbx)
        await carrier.stop()
        await pbx.stop()
    }

    @Test("Somebody takes the call, hears the words, presses a key; the call is then over", arguments: [1, 2])
    func pressed(_ key: Int) async throws {
        try await call(key == 1 ? .pressesOne : .pressesTwo) { outcome, book, pbx in
            guard case .taken = outcome else {
                Issue.record("\(outcome)")
                return
            }
            let result = try await book.first()
            #expect(result?.state == .answered)
            #expect(result?.key == "\(key)")
            #expect(pbx.numbers == ["19900000001"])
            #expect(pbx.packets > 3)
            #expect(pbx.byes == 1)
        }
    }

    @Test("A machine that answers has pressed nothing")
    func voicemail() async throws {
        try await call(.voicemail) { outcome, book, _ in
            guard case .taken = outcome else {
                Issue.record("\(outcome)")
                return
            }
            let result = try await book.first()
            #expect(result?.state == .answered)
            #expect(result?.key == nil)
        }
    }

    @Test(
        "What rings and is not answered has failed; tones before an answer are no key",
        arguments: [FakePBX.Mode.noAnswer, .earlyMedia])
    func unanswered(_ mode: FakePBX.Mode) async throws {
        try await call(mode) { outcome, book, _ in
            guard case .taken = outcome else {
                Issue.record("\(outcome)")
                return
            }
            let result = try await book.first()
            #expect(result?.state == .failed)
            #expect(result?.key == nil)
        }
    }

    @Test("Busy and declined are the person's, a trunk that is down or says nothing is the trunk's")
    func refused() async throws {
        for (mode, expected) in [
            (FakePBX.Mode.busy, Delivery.refused("SIP 486")), (.declines, .refused("SIP 603")),
            (.down, .again("SIP 503", mayHaveGoneOut: false)),
            (.silent, .again("the trunk does not ring", mayHaveGoneOut: false)),
        ] {
            try await call(mode) { outcome, book, _ in
                #expect(outcome == expected)
                #expect(book.results.withLock { $0.isEmpty })
            }
        }
    }

    @Test("A wrong password rings nobody")
    func password() async throws {
        try await call(.pressesOne, password: "wrong") { outcome, _, pbx in
            #expect(outcome == .refused("401"))
            #expect(pbx.numbers.isEmpty)
        }
    }

    @Test("A-law is the standard's at its known points, and silence is silence")
    func alaw() {
        #expect(ALaw.encode(0) == 0xD5)
        #expect(ALaw.encode(Int16(-1)) == 0x55)
        #expect(ALaw.encode(Int16.max) == 0xAA)
        #expect(ALaw.encode(Int16.min) == 0x2A)
        #expect(
            ALaw.encode([Int16](repeating: 0, count: 22_050), rate: 22_050) == [UInt8](repeating: 0xD5, count: 8_000))
    }

    @Test("A press counts once, whichever of its packets arrive; what is no press is none")
    func presses() {
        var listener = KeyListener()
        func packet(_ key: UInt8, at time: UInt8, type: UInt8 = 101) -> [UInt8] {
            [0x80, type, 0, 1, 0, 0, 0, time, 1, 2, 3, 4, key, 0x8A, 1, 0]
        }
        var keys: [String?] = []
        for bytes in [
            packet(1, at: 1), packet(1, at: 1), packet(1, at: 2), packet(11, at: 3), packet(16, at: 4),
            packet(1, at: 5, type: 8), Array(packet(1, at: 6).prefix(13)), [],
        ] { keys.append(listener.key(in: bytes)) }
        #expect(keys == ["1", nil, "1", "#", nil, nil, nil, nil])
    }

    @Test("No bytes bring the readers of sound, keys and offers down")
    func fuzz() {
        let seconds = Double(ProcessInfo.processInfo.environment["ZHILI_FUZZ_SECONDS"] ?? "") ?? 1
        let end = Date().addingTimeInterval(seconds)
        let head =
            Array("RIFF....WAVEfmt ".utf8) + [16, 0, 0, 0, 1, 0, 1, 0, 0x22, 0x56, 0, 0]
            + [UInt8](repeating: 16, count: 24)
        while Date() < end {
            var bytes = head + (0..<40).map { _ in UInt8.random(in: 0...255) }
            for _ in 0..<Int.random(in: 0...6) { bytes[Int.random(in: 0..<bytes.count)] = UInt8.random(in: 0...255) }
            bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count)))
            _ = WaveFile.read(bytes)
            _ = CallSDP.place(bytes)
            var listener = KeyListener()
            _ = listener.key(in: bytes)
        }
    }

    @Test(
        "The Mandarin voice speaks, where it is installed",
        .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/espeak-ng")))
    func speech() async throws {
        let sound = try #require(await Speech.mandarin("云汐镇玩具厂二楼烟感报警"))
        #expect(sound.count > 8_000)
        #expect(Set(sound).count > 32)
    }
}
