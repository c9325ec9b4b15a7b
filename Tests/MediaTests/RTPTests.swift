import Foundation
import NIOCore
import Testing

@testable import Media

/// Pseudo-random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Seconds to go on for, beyond what every run does: `make fuzz` sets it.
let fuzzSeconds = ProcessInfo.processInfo.environment["ZHILI_FUZZ_SECONDS"].flatMap { Double($0) } ?? 0

func rtp(_ sequence: UInt16, _ timestamp: UInt32 = 0, ssrc: UInt32 = 7, marker: Bool = false, payload: [UInt8] = [1])
    -> RTPPacket
{
    RTPPacket(
        payloadType: 96, marker: marker, sequence: sequence, timestamp: timestamp, ssrc: ssrc,
        payload: ByteBuffer(bytes: payload))
}

func framed(_ packet: RTPPacket) -> ByteBuffer {
    var bytes = ByteBuffer(integer: UInt16(12 + packet.payload.readableBytes))
    packet.write(to: &bytes)
    return bytes
}

@Suite("RTP")
struct RTPTests {
    @Test("A packet is read without its sources, extension and padding")
    func fields() throws {
        let bytes: [UInt8] =
            [0xB1, 0xE0, 0x12, 0x34, 0, 0, 0, 9, 0x0B, 0xEB, 0xC2, 0x11, 1, 1, 1, 1, 0xBE, 0xDE, 0, 1, 5, 5, 5, 5]
            + [0xAA, 0xBB, 0, 0, 3]
        let packet = try #require(RTPPacket(ByteBuffer(bytes: bytes)))
        #expect(packet.marker && packet.payloadType == 96 && packet.sequence == 0x1234 && packet.timestamp == 9)
        #expect(packet.ssrc == 0x0BEB_C211)
        #expect(Array(packet.payload.readableBytesView) == [0xAA, 0xBB])
    }

    @Test("RTCP, other versions and lengths that do not fit are no packets")
    func refused() {
        let good: [UInt8] = [0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7, 1]
        #expect(RTPPacket(ByteBuffer(bytes: good)) != nil)
        #expect(RTPPacket(ByteBuffer(bytes: [0x80, 200] + good[2...])) == nil)
        #expect(RTPPacket(ByteBuffer(bytes: [0x40] + good[1...])) == nil)
        #expect(RTPPacket(ByteBuffer(bytes: [0x8F] + good[1...])) == nil)
        #expect(RTPPacket(ByteBuffer(bytes: [0xA0] + good[1...12].dropLast() + [99])) == nil)
        #expect(RTPPacket(ByteBuffer(bytes: good[..<11])) == nil)
    }

    private func sequences(_ outputs: [RTPOrder.Output]) -> [Int] {
        outputs.map { if case .packet(let packet) = $0 { Int(packet.sequence) } else { -1 } }
    }

    @Test("Packets that overtake each other come out in order, over the wrap of the counter")
    func order() {
        var order = RTPOrder()
        let found = [65_534, 0, 65_535, 1, 3, 2].flatMap { order.take(rtp(UInt16($0)), at: 0) }
        #expect(sequences(found) == [65_534, 65_535, 0, 1, 2, 3])
        #expect(order.lost == 0)
    }

    @Test("A gap is waited for, then said once")
    func gap() {
        var order = RTPOrder()
        #expect(sequences(order.take(rtp(1), at: 0)) == [1])
        #expect(order.take(rtp(3), at: 10).isEmpty)
        #expect(order.tick(at: 100).isEmpty)
        #expect(sequences(order.tick(at: 160)) == [-1, 3])
        #expect(order.lost == 1)
        #expect(order.take(rtp(2), at: 170).isEmpty)
        #expect(order.late == 1)
    }

    @Test("A sender that starts anew is followed at once")
    func restart() {
        var order = RTPOrder()
        _ = order.take(rtp(100), at: 0)
        #expect(sequences(order.take(rtp(40_000), at: 1)) == [-1, 40_000])
    }

    @Test("What waits is bounded, however large the gap")
    func bounded() {
        var order = RTPOrder()
        _ = order.take(rtp(0), at: 0)
        var out = 0
        for sequence in 2..<2_000 { out += order.take(rtp(UInt16(sequence)), at: 0).count }
        #expect(out > 1_800)
    }

    @Test("A connection's packets come out whole however it is cut", arguments: [1, 2, 3, 13, 500])
    func framing(_ piece: Int) {
        var bytes = ByteBuffer()
        for index in 1...5 {
            bytes.writeImmutableBuffer(framed(rtp(UInt16(index), payload: [UInt8](repeating: 1, count: index * 20))))
        }
        var framing = RTPFraming()
        var found: [UInt16] = []
        while let part = bytes.readSlice(length: min(piece, bytes.readableBytes)), part.readableBytes > 0 {
            framing.append(part)
            while let packet = framing.next() { found.append(packet.sequence) }
        }
        #expect(found == [1, 2, 3, 4, 5])
    }

    @Test("After bytes that are no packet the next one of the same sender is found")
    func resync() {
        var bytes = framed(rtp(1, ssrc: 0x0102_0304, payload: [UInt8](repeating: 9, count: 40)))
        bytes.writeBytes([0xFF, 0xFF, 0x80, 0x33] + (0..<300).map { UInt8($0 & 255) })
        bytes.writeImmutableBuffer(framed(rtp(2, ssrc: 0x0102_0304, payload: [UInt8](repeating: 9, count: 40))))
        var framing = RTPFraming()
        framing.append(bytes)
        #expect(framing.next()?.sequence == 1)
        #expect(framing.next()?.sequence == 2)
        #expect(framing.skipped > 300)
    }

    @Test("Frames of RTSP and empty ones are understood")
    func interleaved() {
        var bytes = ByteBuffer(bytes: [0, 0, 0x24, 0])
        bytes.writeImmutableBuffer(framed(rtp(1, payload: [UInt8](repeating: 2, count: 30))))
        var framing = RTPFraming()
        framing.append(bytes)
        #expect(framing.next()?.sequence == 1)
    }

    @Test("Whatever is sent neither traps nor is kept")
    func fuzz() {
        var random = SplitMix(state: fuzzSeconds > 0 ? UInt64.random(in: 0...UInt64.max) : 3_550)
        let end = ContinuousClock.now + .seconds(fuzzSeconds)
        var runs = 0
        repeat {
            var framing = RTPFraming()
            var order = RTPOrder()
            for _ in 0..<8 {
                var bytes: [UInt8] = []
                for _ in 0..<Int.random(in: 0...6, using: &random) {
                    let packet = rtp(
                        UInt16.random(in: 0...UInt16.max, using: &random),
                        payload: (0..<Int.random(in: 0...60, using: &random)).map { _ in
                            UInt8.random(in: 0...255, using: &random)
                        })
                    bytes += Array(framed(packet).readableBytesView)
                }
                for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                _ = RTPPacket(ByteBuffer(bytes: bytes))
                framing.append(ByteBuffer(bytes: bytes))
                while let packet = framing.next() { _ = order.take(packet, at: Int64(runs)) }
            }
            runs += 1
        } while runs < 3_000 || ContinuousClock.now < end
    }
}
