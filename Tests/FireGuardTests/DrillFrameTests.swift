import GB26875
import Kernel
import Testing

@testable import FireGuard

@Suite("The frame of a drill")
struct DrillFrameTests {
    @Test("It is the detector's own alarm, says that it is a drill, and its key is known before it is sent")
    func frame() throws {
        let now = CivilTime.instant(2026, 11, 25, 20, 0)
        let made = try #require(
            DrillFrame.make(
                gateway: "00000000beef", detector: "1-2-300-7", mark: "0abc", serial: 513, at: now))
        var decoder = FrameDecoder()
        decoder.append(made.bytes)
        guard case .frame(let frame)? = decoder.next() else {
            Issue.record("no frame")
            return
        }
        let signal = try #require(FrameTranslation.read(frame, peer: "peer", receivedAt: now + 5_000).signals.first)
        #expect(signal.kind == .fire && signal.address == "1-2-300-7" && !signal.isMarkedTest)
        #expect(signal.source.address == "00000000beef" && signal.text == "DRILL 0abc")
        #expect(signal.uniqueKey == made.key)
        // Another drill of the same second has a key of its own.
        let other = DrillFrame.make(gateway: "00000000beef", detector: "1-2-300-7", mark: "0abd", serial: 513, at: now)
        #expect(other?.key != made.key)
    }

    @Test(
        "An address that is none of the protocol makes no frame",
        arguments: [
            ("00000000beef", ""), ("00000000beef", "1-2-3"), ("00000000beef", "256-1-1-1"), ("imei", "1-1-1-1"),
            ("00000000beef", "1-1-65536-0"), ("00000000beef", "a-1-1-1"),
        ])
    func refused(_ gateway: String, _ detector: String) {
        #expect(DrillFrame.make(gateway: gateway, detector: detector, mark: "x", serial: 1, at: .now) == nil)
    }
}
