import Foundation
import Kernel
import Testing

@testable import GB26875

@Suite("Frames of GB/T 26875.3")
struct FrameDecoderTests {
    private func frame(_ serial: UInt16, _ data: [UInt8] = [2, 1, 1, 1, 40]) -> Frame {
        Frame(
            serial: serial, time: [0, 0, 9, 24, 11, 26], source: [1, 2, 3, 4, 5, 6],
            destination: [0, 0, 0, 0, 0, 0], command: Frame.Command.send, data: data)
    }

    private func serials(_ bytes: [UInt8], by piece: Int) -> [UInt16] {
        var decoder = FrameDecoder()
        var found: [UInt16] = []
        var index = 0
        while index < bytes.count {
            decoder.append(bytes[index..<min(bytes.count, index + piece)])
            index += piece
            while case .frame(let frame)? = decoder.next() { found.append(frame.serial) }
        }
        return found
    }

    @Test("Frames come out whole however the stream is cut", arguments: [1, 2, 3, 7, 29, 30, 31, 64, 1_000])
    func cuts(_ piece: Int) {
        let bytes = (1...5).flatMap { frame(UInt16($0), Array(repeating: 0x40, count: $0 * 11)).bytes }
        #expect(serials(bytes, by: piece) == [1, 2, 3, 4, 5])
    }

    @Test("Dirt before, between and after frames is skipped")
    func dirt() {
        let dirt: [UInt8] = [0x40, 0x40, 0x23, 0x23, 0x40, 0xff, 0x00, 0x40]
        let bytes = dirt + frame(1).bytes + dirt + frame(2).bytes + dirt + dirt
        #expect(serials(bytes, by: 3) == [1, 2])
    }

    @Test("A length beyond the standard's 1,024 is not waited for")
    func longLength() {
        var wrong = frame(1).bytes
        wrong[25] = 0xff
        #expect(serials(wrong + frame(2).bytes, by: 10) == [2])
    }

    @Test("A wrong checksum is found as such, and the frame behind it is not lost")
    func badSum() {
        var wrong = frame(1).bytes
        wrong[wrong.count - 3] &+= 1
        var decoder = FrameDecoder()
        decoder.append(wrong + frame(2).bytes)
        guard case .badSum(let first)? = decoder.next(), case .frame(let second)? = decoder.next() else {
            Issue.record("expected a bad sum and a frame")
            return
        }
        #expect((first.serial, second.serial) == (1, 2))
    }

    @Test("An endless stream of beginnings holds no more than one frame's bytes")
    func endless() {
        var decoder = FrameDecoder()
        for _ in 0..<1_000 {
            decoder.append([UInt8](repeating: 0x40, count: 512))
            while decoder.next() != nil {}
        }
        #expect(decoder.skipped > 500_000)
    }

    /// Seconds to go on for, beyond the ten thousand streams of every run: `make fuzz` sets it.
    private static var seconds: Double {
        ProcessInfo.processInfo.environment["ZHILI_FUZZ_SECONDS"].flatMap { Double($0) } ?? 0
    }

    @Test("Mutated streams neither trap nor give a frame that is longer than the standard allows")
    func fuzz() {
        // The same ten thousand in every run; a longer one takes new paths.
        var random = SplitMix(state: Self.seconds > 0 ? UInt64.random(in: 0...UInt64.max) : 26_875)
        let end = ContinuousClock.now + .seconds(Self.seconds)
        var streams = 0
        while streams < 10_000 || ContinuousClock.now < end {
            streams += 1
            var bytes = (0..<3).flatMap {
                frame(UInt16($0), (0..<Int(random.next() % 40)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
                    .bytes
            }
            for _ in 0..<(1 + random.next() % 6) {
                let index = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 3 {
                case 0: bytes[index] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.remove(at: index)
                default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: index)
                }
            }
            var decoder = FrameDecoder()
            decoder.append(bytes)
            while let found = decoder.next() {
                if case .frame(let frame) = found { #expect(frame.data.count <= Frame.dataLimit) }
            }
        }
    }

    @Test("Six bytes that are no time are refused")
    func times() {
        #expect(FrameTime.moment([0, 0, 0, 31, 2, 26][...]) == nil)
        #expect(FrameTime.moment([60, 0, 0, 1, 1, 26][...]) == nil)
        let now = Instant(ms: Instant.now.ms / 1_000 * 1_000)
        #expect(FrameTime.moment(FrameTime.bytes(now)[...]) == now)
    }
}

/// A small generator with a seed, so that a failure can be run again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
