/// Reads back what ``FragmentWriter`` wrote: for clips, and for mending a segment whose end is missing.
public struct FragmentReader: Sendable {
    /// One fragment, `moof` with its `mdat`.
    public struct Fragment: Sendable, Equatable {
        /// Where it lies in the bytes.
        public var range: Range<Int>
        /// Its time at 90 kHz.
        public var time: UInt64
        /// How long its picture is shown, at 90 kHz.
        public var duration: UInt32
        /// Whether decoding may begin here.
        public var isKey: Bool
        /// Where the time stands, eight bytes.
        var timeAt: Int
        /// Where the number stands, four bytes.
        var numberAt: Int
    }

    /// `ftyp` and `moov`.
    public let head: Range<Int>
    /// As RFC 6381 writes it; empty when the head does not tell.
    public let codec: String
    /// Every whole fragment.
    public let fragments: [Fragment]

    /// Reads, up to the first piece that is not whole; `nil` when there is no whole head.
    public init?(_ bytes: [UInt8]) {
        var index = 0
        var headEnd: Int?
        var found: [Fragment] = []
        var pending: (start: Int, parts: Parts)?
        while let (type, size) = Self.box(bytes, at: index), index + size <= bytes.count {
            switch type {
            case "moov": headEnd = index + size
            case "moof":
                guard headEnd != nil, let parts = Parts(bytes, index..<index + size) else { break }
                pending = (index, parts)
            case "mdat":
                if let (start, parts) = pending {
                    found.append(
                        Fragment(
                            range: start..<index + size, time: parts.time, duration: parts.duration, isKey: parts.isKey,
                            timeAt: parts.timeAt, numberAt: parts.numberAt))
                }
                pending = nil
            default: break
            }
            index += size
        }
        guard let headEnd else { return nil }
        head = 0..<headEnd
        codec = Self.codec(bytes[..<headEnd])
        fragments = found
    }

    /// How long it plays, at 90 kHz.
    public var duration: UInt64 {
        guard let last = fragments.last, let first = fragments.first else { return 0 }
        return last.time - min(last.time, first.time) + UInt64(last.duration)
    }

    private static func codec(_ head: ArraySlice<UInt8>) -> String {
        for (name, isAVC) in [("avcC", true), ("hvcC", false)] {
            let wanted = Array(name.utf8)
            var index = head.startIndex
            while index + 18 <= head.endIndex {
                if head[index] == wanted[0], head[index..<index + 4].elementsEqual(wanted) {
                    return isAVC
                        ? "avc1." + PictureFormat.hex(head[index + 5..<index + 8])
                        : PictureFormat.hvcName(Array(head[index + 5..<index + 17]))
                }
                index += 1
            }
        }
        return ""
    }

    private struct Parts {
        var time: UInt64 = 0
        var duration: UInt32 = 0
        var isKey = false
        var timeAt = 0
        var numberAt = 0

        init?(_ bytes: [UInt8], _ moof: Range<Int>) {
            var index = moof.lowerBound + 8
            while let (type, size) = FragmentReader.box(bytes, at: index), index + size <= moof.upperBound {
                switch type {
                case "mfhd" where size >= 16: numberAt = index + 12
                case "traf":
                    // Its boxes follow as if they were the fragment's own.
                    index += 8
                    continue
                case "tfdt" where size >= 20 && bytes[index + 8] == 1:
                    timeAt = index + 12
                    time =
                        UInt64(FragmentReader.u32(bytes, timeAt)) << 32 | UInt64(FragmentReader.u32(bytes, timeAt + 4))
                case "trun" where size >= 36:
                    duration = FragmentReader.u32(bytes, index + 20)
                    isKey = FragmentReader.u32(bytes, index + 28) & 0x10000 == 0
                default: break
                }
                index += size
            }
            guard timeAt > 0, numberAt > 0 else { return nil }
        }
    }

    private static func u32(_ bytes: [UInt8], _ index: Int) -> UInt32 {
        UInt32(bytes[index]) << 24 | UInt32(bytes[index + 1]) << 16 | UInt32(bytes[index + 2]) << 8
            | UInt32(bytes[index + 3])
    }

    private static func box(_ bytes: [UInt8], at index: Int) -> (String, Int)? {
        guard index + 8 <= bytes.count else { return nil }
        let size = Int(u32(bytes, index))
        guard size >= 8 else { return nil }
        return (String(decoding: bytes[index + 4..<index + 8], as: UTF8.self), size)
    }
}

/// Joins segments to one file that plays by itself.
public struct ClipWriter: Sendable {
    /// What was joined so far.
    public private(set) var bytes: [UInt8] = []
    private var head: [UInt8] = []
    private var number: UInt32 = 0
    /// The first picture's place, and where the last one ends from there.
    private var base: Int64?
    private var end: Int64 = 0

    /// Nothing joined yet.
    public init() {}

    /// Appends the pictures of a segment that lie within `from..<to`; a clip begins with the key frame before `from`. All
    /// times at 90 kHz: `start` is the segment's in the clip's clock, `from` and `to` likewise. The pictures' times begin
    /// at 0 and never step back: a segment that begins before the last one ended is put behind it.
    /// - Returns: `false` when the segment is of another format than the first, or none at all.
    public mutating func append(_ segment: [UInt8], start: Int64, from: Int64, to: Int64) -> Bool {
        guard let reader = FragmentReader(segment), let first = reader.fragments.first else { return false }
        let found = Array(segment[reader.head])
        if head.isEmpty {
            head = found
            bytes = found
        }
        guard found == head else { return false }
        let place = { (fragment: FragmentReader.Fragment) in
            start &+ Int64(truncatingIfNeeded: fragment.time &- first.time)
        }
        let begin = reader.fragments.lastIndex { $0.isKey && place($0) <= from } ?? 0
        let zero = base ?? place(reader.fragments[begin])
        base = zero
        let shift = max(0, end - (place(reader.fragments[begin]) - zero))
        for fragment in reader.fragments[begin...] where place(fragment) < to {
            number &+= 1
            let at = bytes.count - fragment.range.lowerBound
            bytes += segment[fragment.range]
            let time = max(end, place(fragment) - zero + shift)
            end = time + Int64(fragment.duration)
            put(UInt64(number), 4, at: at + fragment.numberAt)
            put(UInt64(time), 8, at: at + fragment.timeAt)
        }
        return true
    }

    private mutating func put(_ value: UInt64, _ count: Int, at index: Int) {
        for offset in 0..<count {
            bytes[index + offset] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - offset)))
        }
    }
}
