/// Takes a program stream apart (ISO/IEC 13818-1 clause 2.5, GB/T 28181 annex C), as devices really send it.
///
/// An access unit ends where the presentation time changes, where a pack starts with a new unit, or where the carrier
/// says so (``endOfFrame()``: the RTP timestamp changed); never at the end of a PES packet. Lengths that are wrong are
/// survived: too short, and what follows up to the next start code still belongs to the picture (no start code of the
/// system layer can occur within H.264 or H.265); too long or 0, and the frame's end ends it.
public struct PSDemuxer: Sendable {
    /// A frame that grows beyond this is given up.
    public static let largestFrame = 4 << 20
    /// A map naming more streams than this is not believed.
    static let mostStreams = 16

    /// What was found, in order; whoever feeds empties it.
    public var units: [PSUnit] = []
    /// Whether a pack header was found since the start or the last loss.
    public private(set) var isSynchronised = false
    /// Pieces that had to be passed over.
    public private(set) var errors = 0
    /// Stream identifier → stream type, from the program stream map.
    public private(set) var types: [UInt8: UInt8] = [:]

    private struct Pending {
        var id: UInt8
        var pts: UInt64?
        var dts: UInt64?
        var bytes: [UInt8]
    }

    private var buffer: [UInt8] = []
    private var start = 0
    /// Up to here no pack header was found behind a PES of length 0; what was searched is not searched again.
    private var searched = 0
    private var video: Pending?
    private var audio: Pending?
    /// The next PES of video follows a pack header.
    private var afterPack = false
    /// A picture's PES whose length is not to be believed goes on until a start code.
    private var continues = false

    /// Nothing fed yet.
    public init() {}

    /// Adds bytes and takes apart what is complete.
    public mutating func feed(_ bytes: some Collection<UInt8>) {
        if start > 0, start == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            start = 0
            searched = 0
        } else if start > 1 << 16 {
            buffer.removeFirst(start)
            searched = max(0, searched - start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
        parse()
        if buffer.count - start > Self.largestFrame { giveUp() }
    }

    /// The carrier's frame is over: what is there belongs together.
    public mutating func endOfFrame() {
        if start < buffer.count, isSynchronised {
            takeRest()
        }
        flushVideo()
        flushAudio()
        continues = false
    }

    /// Bytes are missing here: what was begun is worth nothing, and the next pack header is looked for.
    public mutating func lost() {
        buffer.removeAll(keepingCapacity: true)
        start = 0
        searched = 0
        video = nil
        audio = nil
        isSynchronised = false
        continues = false
    }

    private mutating func giveUp() {
        errors += 1
        lost()
    }

    // MARK: Parsing

    private mutating func parse() {
        while buffer.count - start >= 4 {
            guard isStartCode(at: start) else {
                passOver()
                if !isStartCode(at: start) { return }
                continue
            }
            let id = buffer[start + 3]
            if id == 0xBA {
                guard let length = packHeaderLength() else { return }
                start += length
                isSynchronised = true
                afterPack = true
                continues = false
                continue
            }
            if !isSynchronised {
                start += 4
                continue
            }
            if id == 0xB9 {
                start += 4
                continue
            }
            guard buffer.count - start >= 6 else { return }
            let length = Int(buffer[start + 4]) << 8 | Int(buffer[start + 5])
            let isMedia = (0xC0...0xEF).contains(id)
            if length == 0, isMedia {
                // Not allowed here and sent all the same: it ends where the next pack or the frame does.
                guard let end = nextPack(from: max(start + 6, searched)) else {
                    searched = max(start + 6, buffer.count - 3)
                    return
                }
                packet(id, start..<end)
                start = end
                continue
            }
            guard buffer.count - start >= 6 + length else { return }
            if isMedia {
                packet(id, start..<start + 6 + length)
            } else if id == 0xBC {
                map(start..<start + 6 + length)
            }
            start += 6 + length
        }
    }

    private func isStartCode(at index: Int) -> Bool {
        index + 4 <= buffer.count && buffer[index] == 0 && buffer[index + 1] == 0 && buffer[index + 2] == 1
            && buffer[index + 3] >= 0xB9
    }

    /// Passes over bytes up to the next start code; within a picture they belong to it.
    private mutating func passOver() {
        let from = start
        while start + 4 <= buffer.count, !isStartCode(at: start) { start += 1 }
        guard start > from else { return }
        if continues, video != nil {
            append(from..<start)
        } else {
            errors += 1
        }
    }

    /// Bytes of the pack header, or `nil` until they are all there.
    private func packHeaderLength() -> Int? {
        // Some H.265 cameras write the bare start code with the next one right behind it.
        if buffer.count - start >= 8, isStartCode(at: start + 4) { return 4 }
        guard buffer.count - start >= 14 else { return nil }
        guard buffer[start + 4] >> 6 == 1 else { return 4 }
        let length = 14 + Int(buffer[start + 13] & 7)
        return buffer.count - start >= length ? length : nil
    }

    private func nextPack(from index: Int) -> Int? {
        buffer.withUnsafeBufferPointer { bytes in
            var index = index
            while index + 4 <= bytes.count {
                // The third byte of a start code is 1: whatever is larger rules out three places at once.
                if bytes[index + 2] > 1 {
                    index += 3
                } else if bytes[index] == 0, bytes[index + 1] == 0, bytes[index + 2] == 1, bytes[index + 3] == 0xBA {
                    return index
                } else {
                    index += 1
                }
            }
            return nil
        }
    }

    /// What is left when a frame is over: a PES whose length promised more.
    private mutating func takeRest() {
        defer { start = buffer.count }
        guard isStartCode(at: start), buffer.count - start > 6 else {
            if continues, video != nil, !isStartCode(at: start) { append(start..<buffer.count) } else { errors += 1 }
            return
        }
        let id = buffer[start + 3]
        errors += 1
        if (0xC0...0xEF).contains(id) { packet(id, start..<buffer.count) }
    }

    private mutating func map(_ range: Range<Int>) {
        guard range.count >= 12 else { return }
        let informed = Int(buffer[range.lowerBound + 8]) << 8 | Int(buffer[range.lowerBound + 9])
        // The map's own length is trusted over that of its list; the checksum is often wrong.
        var index = range.lowerBound + 10 + informed + 2
        let end = range.upperBound - 4
        var found: [UInt8: UInt8] = [:]
        while index + 4 <= end, found.count < Self.mostStreams {
            found[buffer[index + 1]] = buffer[index]
            index += 4 + (Int(buffer[index + 2]) << 8 | Int(buffer[index + 3]))
        }
        if !found.isEmpty { types = found }
    }

    private mutating func packet(_ id: UInt8, _ range: Range<Int>) {
        guard range.count >= 9, buffer[range.lowerBound + 6] >> 6 == 2 else {
            errors += 1
            return
        }
        let flags = buffer[range.lowerBound + 7]
        let header = Int(buffer[range.lowerBound + 8])
        let payload = range.lowerBound + 9 + header
        guard payload <= range.upperBound else {
            errors += 1
            return
        }
        let pts = flags & 0x80 != 0 && header >= 5 ? time(at: range.lowerBound + 9) : nil
        let dts = flags & 0xC0 == 0xC0 && header >= 10 ? time(at: range.lowerBound + 14) : nil
        if id >= 0xE0 {
            beginVideo(id, pts: pts, dts: dts, startsUnit: startsUnit(payload..<range.upperBound))
            append(payload..<range.upperBound)
            continues = true
        } else {
            continues = false
            if audio.map({ $0.id != id || pts != nil && $0.pts != pts }) ?? true {
                flushAudio()
                audio = Pending(id: id, pts: pts, dts: dts, bytes: [])
            }
            if payload < range.upperBound { audio?.bytes.append(contentsOf: buffer[payload..<range.upperBound]) }
            if let size = audio?.bytes.count, size > 1 << 16 { audio = nil }
        }
    }

    private mutating func beginVideo(_ id: UInt8, pts: UInt64?, dts: UInt64?, startsUnit: Bool) {
        defer { afterPack = false }
        if let current = video {
            let isNew =
                if let pts, let known = current.pts { known != pts } else { pts == nil && afterPack && startsUnit }
            if current.id == id, !isNew {
                if current.pts == nil {
                    video?.pts = pts
                    video?.dts = dts
                }
                return
            }
            flushVideo()
            flushAudio()
        }
        video = Pending(id: id, pts: pts, dts: dts, bytes: [])
    }

    private func startsUnit(_ range: Range<Int>) -> Bool {
        let head = buffer[range.prefix(4)]
        return head.starts(with: [0, 0, 1]) || head.starts(with: [0, 0, 0, 1])
    }

    private mutating func append(_ range: Range<Int>) {
        guard let size = video?.bytes.count else { return }
        guard size + range.count <= Self.largestFrame else {
            errors += 1
            video = nil
            return
        }
        video?.bytes.append(contentsOf: buffer[range])
    }

    /// 33 bits in five bytes (ISO/IEC 13818-1 clause 2.4.3.7); marker bits are not insisted upon.
    private func time(at index: Int) -> UInt64? {
        guard index + 5 <= buffer.count else { return nil }
        return UInt64(buffer[index] >> 1 & 7) << 30 | UInt64(buffer[index + 1]) << 22
            | UInt64(buffer[index + 2] >> 1) << 15 | UInt64(buffer[index + 3]) << 7 | UInt64(buffer[index + 4] >> 1)
    }

    private mutating func flushVideo() {
        guard let unit = video, !unit.bytes.isEmpty else {
            video = nil
            return
        }
        video = nil
        units.append(
            PSUnit(kind: .video, streamType: types[unit.id], pts: unit.pts, dts: unit.dts, bytes: unit.bytes))
    }

    private mutating func flushAudio() {
        guard let unit = audio, !unit.bytes.isEmpty else {
            audio = nil
            return
        }
        audio = nil
        units.append(
            PSUnit(kind: .audio, streamType: types[unit.id], pts: unit.pts, dts: nil, bytes: unit.bytes))
    }
}
