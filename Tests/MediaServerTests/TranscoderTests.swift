import Foundation
import Simulator
import Synchronization
import Testing

@testable import Media
@testable import MediaServer

@Suite("H.265 made into H.264")
struct TranscoderTests {
    private let format: PictureFormat
    private let pictures: [Picture]

    init() async throws {
        let feed = try #require(PictureFeed(width: 1_600, height: 900, isHEVC: true))
        defer { feed.stop() }
        let (frames, frame) = AsyncStream<PictureFeed.Frame>.makeStream()
        _ = feed.take { frame.yield($0) }
        var stream = PictureStream()
        var pictures: [Picture] = []
        for await frame in frames {
            let time = UInt64(frame.number) * 3_600
            for case .picture(let picture) in stream.take(frame.bytes, streamType: nil, pts: time, dts: time, at: 0) {
                pictures.append(picture)
            }
            if pictures.count == 60 { break }
        }
        self.pictures = pictures
        format = try #require(stream.format)
    }

    /// What comes of a unit, and `nil` at the coder's end.
    private func coded(_ unit: [UInt8], _ time: Int64, by coder: Transcoder) async -> [Transcoder.Coded]? {
        await withCheckedContinuation { done in
            if !coder.put(unit, time: time, then: { done.resume(returning: $0) }) { done.resume(returning: nil) }
        }
    }

    @Test("Every picture comes out smaller and at its own time, with a key frame each two seconds")
    func codes() async throws {
        let coder = try #require(Transcoder())
        var stream = PictureStream(codec: .h264)
        var times: [UInt64] = []
        var keys: [UInt64] = []
        for picture in pictures {
            let made = try #require(await coded(picture.annexB(format), Int64(picture.time), by: coder))
            for one in made {
                let time = UInt64(one.time)
                for case .picture(let picture) in stream.take(one.unit, streamType: 0x1B, pts: time, dts: time, at: 0) {
                    times.append(picture.time)
                    if picture.isKey { keys.append(picture.time) }
                }
            }
        }
        let found = try #require(stream.format)
        #expect(found.codec == .h264 && found.width == 1_280 && found.height == 720)
        // The decoder holds a few back for the order in which they are shown.
        #expect(times.count >= 50 && times == (0..<times.count).map { UInt64($0) * 3_600 })
        #expect(keys == [0, 180_000].filter { $0 <= times.last ?? 0 })
    }

    @Test("A coder that is behind takes no more, and its source waits for the next key frame")
    func behind() async throws {
        let coder = try #require(Transcoder())
        var refused = 0
        for _ in 0..<5 {
            for picture in pictures {
                if !coder.put(picture.annexB(format), time: Int64(picture.time), then: { _ in }) { refused += 1 }
            }
        }
        #expect(refused > 0)
    }

    @Test("Units that were changed on the way harm nobody")
    func fuzz() async throws {
        let seconds = ProcessInfo.processInfo.environment["ZHILI_FUZZ_SECONDS"].flatMap { Double($0) } ?? 0
        let end = ContinuousClock.now + .seconds(seconds)
        repeat {
            var coder = try #require(Transcoder())
            for picture in pictures {
                var unit = picture.annexB(format)
                for _ in 0..<Int.random(in: 0...20) {
                    unit[Int.random(in: 0..<unit.count)] = UInt8.random(in: 0...255)
                }
                if Bool.random() { unit.removeLast(Int.random(in: 0..<unit.count)) }
                if await coded(unit, Int64(picture.time), by: coder) == nil { coder = try #require(Transcoder()) }
            }
        } while ContinuousClock.now < end
    }
}
