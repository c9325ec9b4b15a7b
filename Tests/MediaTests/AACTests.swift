import Foundation
import Simulator
import Testing

@testable import Media

@Suite("Sound in AAC")
struct AACTests {
    @Test("Frames come out of ADTS as they went in, however the carrier cut it, and after what is none")
    func cut() throws {
        let tone = try #require(AACTone())
        let format = try #require(AACFormat(config: Array(tone.config.prefix(2))))
        #expect([format.objectType, format.rate, format.channels] == [2, 16_000, 1] && format.name == "mp4a.40.2")
        let sent = Array(tone.frames.prefix(40))
        let bytes = sent.flatMap(tone.adts)
        for size in [1, 7, 100, 1_400, bytes.count] {
            var reader = ADTSReader()
            var found: [ADTSReader.Frame] = []
            var rest = ([0x00, 0xFF, 0xF1, 0x12] + bytes)[...]
            while !rest.isEmpty {
                found += reader.take(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            // Compared first, so that a failure prints no kilobytes.
            let isSame = found.map(\.bytes) == sent
            #expect(isSame, "pieces of \(size)")
            #expect(found.allSatisfy { $0.format.rate == 16_000 && $0.format.channels == 1 })
            #expect(reader.skipped == 4)
        }
        // After a gap it goes on with the next whole frame.
        var reader = ADTSReader()
        _ = reader.take(Array(bytes.prefix(sent[0].count + 20)))
        reader.lost()
        #expect(reader.take(tone.adts(sent[5]) + tone.adts(sent[6])).map(\.bytes) == [sent[5], sent[6]])
    }

    @Test("Configurations that are none are refused")
    func configurations() {
        for config: [UInt8] in [[], [0x14], [0, 0], [0x17, 0x88], [0x14, 0x00], [UInt8](repeating: 0x14, count: 17)] {
            #expect(AACFormat(config: config) == nil, "\(config)")
        }
        #expect(AACFormat(config: [0x12, 0x10]).map { [$0.rate, $0.channels] } == [44_100, 2])
    }

    @Test("ffmpeg decodes the track that is written to the samples that were coded")
    func written() throws {
        let tone = try #require(AACTone())
        let format = try #require(AACFormat(config: tone.config))
        var writer = SoundWriter(format)
        var bytes = writer.start
        for start in stride(from: 0, to: 240, by: 24) {
            bytes += writer.fragment(Array(tone.frames[start..<start + 24]))
        }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("aac-\(UUID().uuidString).mp4")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["ffmpeg", "-v", "warning", "-i", file.path, "-f", "s16le", "-"]
        let (out, faults) = (Pipe(), Pipe())
        process.standardOutput = out
        process.standardError = faults
        try process.run()
        let decoded = Array(out.fileHandleForReading.readDataToEndOfFile())
        let said = String(decoding: faults.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(said.isEmpty, "\(said)")
        #expect(decoded.count / 2 == 240 * 1_024)
        let samples = stride(from: 0, to: decoded.count - 1, by: 2).map {
            Int(Int16(bitPattern: UInt16(decoded[$0]) | UInt16(decoded[$0 + 1]) << 8))
        }
        // The tone's half second is loud, the other half is not; the coder begins 1,024 samples late.
        func loudest(_ range: Range<Int>) -> Int { samples[range].map(abs).max() ?? 0 }
        #expect(loudest(4_000..<8_000) > 6_000 && loudest(11_000..<15_000) < 500)
    }

    @Test("Mutated sound neither traps nor grows")
    func fuzz() throws {
        let tone = try #require(AACTone())
        let clean = tone.frames.prefix(30).flatMap(tone.adts)
        var random = SplitMix(state: fuzzSeconds > 0 ? UInt64.random(in: 0...UInt64.max) : 14_496)
        let end = ContinuousClock.now + .seconds(fuzzSeconds)
        var runs = 0
        repeat {
            var bytes = clean
            for _ in 0..<Int.random(in: 1...60, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            var reader = ADTSReader()
            var (taken, rest) = (0, bytes[...])
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...900, using: &random))
                rest = rest.dropFirst(piece.count)
                for frame in reader.take(Array(piece)) {
                    taken += frame.bytes.count
                    var writer = SoundWriter(frame.format)
                    #expect(writer.start.count < 1_000)
                    #expect(writer.fragment([frame.bytes]).count < frame.bytes.count + 200)
                }
            }
            #expect(taken + reader.skipped <= bytes.count)
            runs += 1
        } while ContinuousClock.now < end || runs < 200
    }
}
