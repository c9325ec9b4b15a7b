import Foundation
import Simulator
import Testing

@testable import Media

@Suite("Program streams")
struct ProgramStreamTests {
    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16, uppercase: true) + String($0 & 15, radix: 16, uppercase: true) }.joined()
    }

    /// A picture of `size` bytes: a slice whose body holds no start code.
    private func picture(_ size: Int, key: Bool = true) -> [UInt8] {
        let sets: [UInt8] =
            key ? [0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x1E, 0xAB, 0xCD, 0, 0, 0, 1, 0x68, 0xCE, 0x3C, 0x80] : []
        return sets + [0, 0, 0, 1, key ? 0x65 : 0x61] + (0..<size).map { UInt8(($0 * 7 + 1) % 250 + 1) }
    }

    private func videos(_ demuxer: inout PSDemuxer) -> [PSUnit] {
        defer { demuxer.units = [] }
        return demuxer.units.filter { $0.kind == .video }
    }

    @Test("The simulated camera writes what the standard's examples say")
    func vectors() {
        #expect(hex(PSMuxer.pack(90_000)) == "000001BA440016FC8401005F6BF8")
        #expect(hex(PSMuxer.pack((1 << 32) + 12_345)) == "000001BA64000581CC01005F6BF8")
        #expect(hex(PSMuxer(audioType: 0x90).map) == "000001BC0012E0FF000000081BE0000090C00000FEDFB1D7")
        #expect(hex(PSMuxer().map) == "000001BC000EE0FF000000041BE00000F4DCBD45")
    }

    @Test("Pictures come out byte for byte, however the stream is cut", arguments: [1, 7, 1_400, 1 << 20])
    func whole(_ piece: Int) {
        let muxer = PSMuxer(audioType: 0x90)
        let sizes = [200_000, 900, 70_000, 12]
        var bytes: [UInt8] = []
        for (index, size) in sizes.enumerated() {
            bytes += muxer.video(picture(size, key: index == 0), pts: UInt64(index) * 3_600, isKey: index == 0)
            bytes += muxer.audio([UInt8](repeating: 0xD5, count: 320), pts: UInt64(index) * 3_600)
        }
        var demuxer = PSDemuxer()
        for start in stride(from: 0, to: bytes.count, by: piece) {
            demuxer.feed(bytes[start..<min(bytes.count, start + piece)])
        }
        demuxer.endOfFrame()
        let units = demuxer.units
        #expect(units.filter { $0.kind == .audio }.map(\.bytes.count) == [320, 320, 320, 320])
        let found = units.filter { $0.kind == .video }
        #expect(found.map(\.pts) == [0, 3_600, 7_200, 10_800])
        #expect(found.map(\.bytes) == sizes.enumerated().map { picture($1, key: $0 == 0) })
        #expect(found.allSatisfy { $0.streamType == 0x1B })
    }

    @Test(
        "Wrong PES lengths cost nothing where frames are told apart by the carrier",
        arguments: [
            StreamMischief.longLengths, .shortLengths, .zeroLengths,
        ])
    func lengths(_ mischief: StreamMischief) {
        let muxer = PSMuxer(mischief: [mischief])
        var demuxer = PSDemuxer()
        var found: [PSUnit] = []
        for index in 0..<5 {
            demuxer.feed(muxer.video(picture(5_000, key: index == 0), pts: UInt64(index) * 3_600, isKey: index == 0))
            demuxer.endOfFrame()
            found += videos(&demuxer)
        }
        #expect(found.map(\.bytes) == (0..<5).map { picture(5_000, key: $0 == 0) })
    }

    @Test(
        "Without a map, or with one that forgets the video, the picture is found all the same",
        arguments: [
            StreamMischief.noMap, .mapWithoutVideo,
        ])
    func noMap(_ mischief: StreamMischief) {
        let muxer = PSMuxer(audioType: 0x90, mischief: [mischief])
        var demuxer = PSDemuxer()
        demuxer.feed(muxer.video(picture(500), pts: 0, isKey: true))
        demuxer.endOfFrame()
        let found = videos(&demuxer)
        #expect(found.map(\.bytes) == [picture(500)])
        #expect(found.first?.streamType == nil)
        #expect(VideoCodec.sniff(found[0].bytes) == .h264)
    }

    @Test("After a loss nothing comes out before the next pack header")
    func loss() {
        let muxer = PSMuxer()
        var demuxer = PSDemuxer()
        let first = muxer.video(picture(9_000), pts: 0, isKey: true)
        demuxer.feed(first[..<4_000])
        demuxer.lost()
        demuxer.feed(first[5_400...])
        demuxer.endOfFrame()
        #expect(videos(&demuxer).isEmpty && !demuxer.isSynchronised)
        demuxer.feed(muxer.video(picture(100), pts: 3_600, isKey: true))
        demuxer.endOfFrame()
        #expect(videos(&demuxer).map(\.bytes) == [picture(100)])
    }

    @Test("Parameter sets in a PES of their own belong to the picture behind them")
    func apart() {
        let pes = { (id: UInt8, payload: [UInt8], time: [UInt8]) -> [UInt8] in
            let length = 3 + time.count + payload.count
            return [
                0, 0, 1, id, UInt8(length >> 8), UInt8(length & 255), 0x80, time.isEmpty ? 0 : 0x80, UInt8(time.count),
            ]
                + time + payload
        }
        let sets: [UInt8] = [0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x1E, 0xAB]
        let slice: [UInt8] = [0, 0, 0, 1, 0x65, 1, 2, 3]
        var demuxer = PSDemuxer()
        for frame in 0..<2 {
            let time: [UInt8] = frame == 0 ? [0x21, 0, 5, 0xBF, 0x21] : [0x21, 0, 7, 0xBF, 0x21]
            demuxer.feed(PSMuxer.pack(90_000) + pes(0xE0, sets, []) + pes(0xE0, slice, time))
        }
        demuxer.endOfFrame()
        let found = videos(&demuxer)
        #expect(found.map(\.bytes) == [sets + slice, sets + slice])
        #expect(found.first?.pts == 90_000)
    }

    @Test("The bare pack header of some H.265 cameras is passed over")
    func barePack() {
        var bytes: [UInt8] = [0, 0, 1, 0xBA] + PSMuxer().video(picture(300), pts: 0, isKey: true).dropFirst(14)
        bytes += PSMuxer.pack(3_600)
        var demuxer = PSDemuxer()
        demuxer.feed(bytes)
        demuxer.endOfFrame()
        #expect(videos(&demuxer).map(\.bytes) == [picture(300)])
    }

    @Test("A stream without end of frame holds no more than the bound")
    func endless() {
        var demuxer = PSDemuxer()
        demuxer.feed(PSMuxer.pack(0) + [0, 0, 1, 0xE0, 0, 0, 0x80, 0, 0])
        for _ in 0..<600 { demuxer.feed([UInt8](repeating: 0x55, count: 10_000)) }
        #expect(demuxer.errors > 0 && demuxer.units.isEmpty)
    }

    @Test("Mutated streams neither trap nor grow")
    func fuzz() {
        var random = SplitMix(state: fuzzSeconds > 0 ? UInt64.random(in: 0...UInt64.max) : 13_818)
        let end = ContinuousClock.now + .seconds(fuzzSeconds)
        var runs = 0
        repeat {
            let mischief = Set([StreamMischief.allCases.randomElement(using: &random) ?? .noMap])
            let muxer = PSMuxer(audioType: 0x90, mischief: mischief)
            var bytes: [UInt8] = []
            for index in 0..<4 {
                bytes += muxer.video(
                    picture(Int.random(in: 1...900, using: &random), key: index % 2 == 0),
                    pts: UInt64.random(in: 0...UInt64(1) << 33, using: &random), isKey: index % 2 == 0)
                bytes += muxer.audio([UInt8](repeating: 0xD5, count: 80), pts: 0)
            }
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            var demuxer = PSDemuxer()
            var stream = PictureStream()
            var writer = FragmentWriter()
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...700, using: &random))
                rest = rest.dropFirst(piece.count)
                demuxer.feed(piece)
                switch Int.random(in: 0..<8, using: &random) {
                case 0: demuxer.endOfFrame()
                case 1: demuxer.lost()
                default: break
                }
            }
            demuxer.endOfFrame()
            for unit in demuxer.units where unit.kind == .video {
                for output in stream.take(unit.bytes, streamType: unit.streamType, pts: unit.pts, dts: unit.dts, at: 1)
                {
                    switch output {
                    case .format(let format): _ = FragmentWriter.start(format)
                    case .picture(let picture): _ = writer.fragment(picture, time: picture.time, duration: 1)
                    }
                }
            }
            #expect(demuxer.units.reduce(0) { $0 + $1.bytes.count } <= bytes.count)
            runs += 1
        } while runs < 2_000 || ContinuousClock.now < end
    }
}
