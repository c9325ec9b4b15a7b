import Foundation
import Testing

@testable import Watch

@Suite("Sound files")
struct SoundFileTests {
    /// Two seconds of 440 Hz in stereo, made by ffmpeg.
    private func tone(_ arguments: [String], seconds: Int = 2) async throws -> [UInt8] {
        let found = await ChildProcess.output(
            of: "/usr/bin/ffmpeg",
            ["-nostdin", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:duration=\(seconds)", "-ac", "2"]
                + arguments + ["pipe:1"], seconds: 30, most: 40 << 20)
        return try #require(found)
    }

    /// How strongly 440 Hz is in there, of 1 for nothing else.
    private func share(of samples: [Int16]) -> Double {
        var (sine, cosine, all) = (0.0, 0.0, 0.0)
        for (index, sample) in samples.enumerated() {
            let angle = Double(index) * 440 * 2 * .pi / 8_000
            sine += Double(sample) * sin(angle)
            cosine += Double(sample) * cos(angle)
            all += Double(sample) * Double(sample)
        }
        return 2 * (sine * sine + cosine * cosine) / (all * Double(samples.count))
    }

    @Test(
        "Every usual kind becomes what loudspeakers take",
        arguments: [
            ["-f", "wav"], ["-f", "mp3"], ["-f", "ogg", "-c:a", "libopus"], ["-f", "flac"], ["-f", "adts"],
            ["-f", "webm", "-c:a", "libopus"], ["-movflags", "frag_keyframe+empty_moov", "-f", "mp4"],
            ["-ar", "44100", "-f", "wav"],
        ])
    func kinds(_ arguments: [String]) async throws {
        let samples = try await SoundFile.samples(of: try await tone(arguments), atMost: 60)
        #expect((15_000...17_500).contains(samples.count))
        #expect(share(of: samples) > 0.9)
    }

    @Test("What is longer than may be is refused, and what is just as long is not")
    func length() async throws {
        let long = try await tone(["-f", "mp3"], seconds: 4)
        await #expect(throws: SoundFile.Flaw.tooLong) { try await SoundFile.samples(of: long, atMost: 3) }
        #expect(try await SoundFile.samples(of: long, atMost: 5).count > 31_000)
    }

    @Test("What is no sound, names another file, or is cut off is refused or read as far as it goes")
    func hostile() async throws {
        let secret = FileManager.default.temporaryDirectory.appendingPathComponent("zhili-\(UUID().uuidString).wav")
        try Data(try await tone(["-f", "wav"])).write(to: secret)
        defer { try? FileManager.default.removeItem(at: secret) }
        let lists = [
            "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n\(secret.path)\n#EXT-X-ENDLIST\n",
            "ffconcat version 1.0\nfile '\(secret.path)'\n", "", "RIFF", String(repeating: "x", count: 100_000),
        ]
        for text in lists {
            await #expect(throws: SoundFile.Flaw.unreadable, "\(text.prefix(20))") {
                try await SoundFile.samples(of: Array(text.utf8), atMost: 60)
            }
        }
        var random = SystemRandomNumberGenerator()
        let whole = try await tone(["-f", "mp3"])
        for _ in 0..<8 {
            var bytes = Array(whole.prefix(Int.random(in: 1...whole.count, using: &random)))
            for _ in 0..<50 { bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255) }
            if let samples = try? await SoundFile.samples(of: bytes, atMost: 60) { #expect(samples.count <= 480_000) }
        }
    }

    @Test("A program that writes too much or takes too long is ended")
    func bounded() async {
        #expect(await ChildProcess.output(of: "/usr/bin/yes", [], seconds: 30, most: 1_000) == nil)
        #expect(await ChildProcess.output(of: "/bin/sleep", ["60"], seconds: 1, most: 1_000) == nil)
        #expect(await ChildProcess.output(of: "/bin/cat", [], input: [1, 2], seconds: 30, most: 2) == [1, 2])
    }
}
