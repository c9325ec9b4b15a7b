import Foundation
import Simulator
import Synchronization
import Testing

@testable import Media

@Suite("Pictures")
struct PictureTests {
    /// Coded pictures of the generated clock.
    private func coded(_ count: Int, isHEVC: Bool = false, width: Int = 640, height: Int = 360) async throws
        -> [PictureFeed.Frame]
    {
        let feed = try #require(PictureFeed(width: width, height: height, isHEVC: isHEVC))
        let (stream, taker) = AsyncStream<PictureFeed.Frame>.makeStream()
        _ = feed.take { taker.yield($0) }
        defer { feed.stop() }
        var frames: [PictureFeed.Frame] = []
        for await frame in stream {
            frames.append(frame)
            if frames.count == count { break }
        }
        return frames
    }

    private func file(_ frames: [PictureFeed.Frame]) throws -> (PictureFormat, [UInt8]) {
        var stream = PictureStream()
        var writer = FragmentWriter()
        var bytes: [UInt8] = []
        for frame in frames {
            for output in stream.take(
                frame.bytes, streamType: nil, pts: UInt64(frame.number) * 3_600, dts: nil, at: 0)
            {
                switch output {
                case .format(let format): bytes += FragmentWriter.start(format)
                case .picture(let picture): bytes += writer.fragment(picture, time: picture.time, duration: 3_600)
                }
            }
        }
        return (try #require(stream.format), bytes)
    }

    private func probe(_ bytes: [UInt8], _ arguments: [String]) throws -> String {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("zhili-\(UUID().uuidString).mp4")
        defer { try? FileManager.default.removeItem(at: url) }
        try Data(bytes).write(to: url)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments.map { $0 == "FILE" ? url.path : $0 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }

    @Test(
        "ffprobe reads what is written, H.264 and H.265, with the size that the stream says", arguments: [false, true])
    func written(_ isHEVC: Bool) async throws {
        let (format, bytes) = try file(try await coded(30, isHEVC: isHEVC, width: 648, height: 362))
        #expect(format.width == 648 && format.height == 362)
        #expect(format.codec == (isHEVC ? .h265 : .h264))
        #expect(format.name.hasPrefix(isHEVC ? "hvc1.1.6.L" : "avc1.42"))
        let found = try probe(
            bytes,
            [
                "ffprobe", "-v", "warning", "-count_frames", "-show_entries",
                "stream=codec_name,width,height,nb_read_frames,profile", "-of", "default=nw=1", "FILE",
            ])
        #expect(found.contains("codec_name=\(isHEVC ? "hevc" : "h264")"))
        #expect(found.contains("width=648") && found.contains("height=362"))
        #expect(found.contains("nb_read_frames=30"))
        #expect(try probe(bytes, ["ffmpeg", "-v", "warning", "-i", "FILE", "-f", "null", "-"]).isEmpty)
    }

    @Test("Nothing is shown between a loss and the next key frame")
    func loss() async throws {
        let frames = try await coded(40)
        var stream = PictureStream()
        var shown: [Int] = []
        for frame in frames {
            if frame.number == 5 { stream.lost() }
            for case .picture in stream.take(
                frame.bytes, streamType: 0x1B, pts: UInt64(frame.number) * 3_600, dts: nil, at: 0)
            {
                shown.append(frame.number)
            }
        }
        #expect(shown == Array(0..<5) + Array(25..<40))
    }

    @Test("A map that names the wrong coding does not mislead")
    func wrongType() async throws {
        let frames = try await coded(2)
        var stream = PictureStream()
        _ = stream.take(frames[0].bytes, streamType: 0x24, pts: 0, dts: nil, at: 0)
        #expect(stream.format?.codec == .h264)
    }

    @Test("The clock runs on over wraps, stands and jumps")
    func clock() {
        var clock = MediaClock()
        let wrap: UInt64 = 1 << 33
        #expect(clock.take(pts: wrap - 3_600, dts: nil, at: 1_000).time == 0)
        #expect(clock.take(pts: 0, dts: nil, at: 1_040).time == 3_600)
        #expect(clock.take(pts: 0, dts: nil, at: 1_080).time == 7_200)
        #expect(clock.take(pts: 90_000 * 3_600, dts: nil, at: 1_120).time == 10_800)
        #expect(clock.take(pts: 90_000 * 3_600 + 3_600, dts: nil, at: 1_160).time == 14_400)
        var short = MediaClock()
        _ = short.take(pts: (1 << 32) - 3_600, dts: nil, at: 1)
        #expect(short.take(pts: 0, dts: nil, at: 41).time == 3_600)
        var shuffled = MediaClock()
        #expect(shuffled.take(pts: 7_200, dts: 0, at: 1).offset == 7_200)
    }

    @Test("Every A-law byte survives being decoded and coded")
    func aLaw() {
        for byte in UInt8.min...UInt8.max { #expect(G711.aLaw(G711.fromALaw(byte)) == byte) }
        #expect(G711.aLaw(0) == 0xD5)
        #expect(abs(Int(G711.fromALaw(G711.aLaw(12_345))) - 12_345) < 512)
        #expect(G711.aLaw(.min) == 0x2A && G711.aLaw(.max) == 0xAA)
    }

    @Test("A ticket opens one source until its time is over, and cannot be altered")
    func tickets() throws {
        let key = [UInt8](repeating: 7, count: 32)
        let pass = MediaPass(
            source: SourceID("cameras/1"), viewer: Viewer(name: "张三"), expiresMs: 5_000, nonce: "n")
        let ticket = try pass.sealed(key: key)
        #expect(MediaPass(ticket: ticket, key: key, nowMs: 4_999) == pass)
        #expect(MediaPass(ticket: ticket, key: key, nowMs: 5_000) == nil)
        #expect(MediaPass(ticket: ticket, key: [1], nowMs: 0) == nil)
        #expect(MediaPass(ticket: "7b" + ticket, key: key, nowMs: 0) == nil)
        #expect(SourceID("../etc") == nil && SourceID("") == nil && SourceID("a b") == nil)
    }
}
