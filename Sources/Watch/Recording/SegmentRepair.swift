import Foundation
import Kernel
import Media

/// Finds what a killed recorder left: a part whose end is missing is cut behind its last whole picture and named; a whole
/// segment that the index does not know is told of.
enum SegmentRepair {
    /// Looks through one camera's folder. Blocks.
    /// - Parameter isKnown: whether the index has a file.
    static func run(_ folder: URL, isKnown: (String) -> Bool) -> [RecordedSegment] {
        let manager = FileManager.default
        var result: [RecordedSegment] = []
        for day in (try? manager.contentsOfDirectory(atPath: folder.path)) ?? [] {
            let inside = folder.appendingPathComponent(day)
            for name in (try? manager.contentsOfDirectory(atPath: inside.path)) ?? [] {
                let file = inside.appendingPathComponent(name)
                if name.hasSuffix(".mp4.part") {
                    if let found = mend(file, day: day) { result.append(found) }
                } else if name.hasSuffix(".mp4"), !isKnown("\(day)/\(name)") {
                    if let found = describe(file, day: day) { result.append(found) }
                }
            }
        }
        return result
    }

    private static func mend(_ part: URL, day: String) -> RecordedSegment? {
        guard let bytes = (try? Data(contentsOf: part, options: .mappedIfSafe)).map(Array.init),
            let reader = FragmentReader(bytes), let last = reader.fragments.last
        else {
            try? FileManager.default.removeItem(at: part)
            return nil
        }
        let file = part.deletingPathExtension()
        guard truncate(part.path, off_t(last.range.upperBound)) == 0, rename(part.path, file.path) == 0 else {
            return nil
        }
        return segment(file, day: day, reader, bytes: last.range.upperBound)
    }

    private static func describe(_ file: URL, day: String) -> RecordedSegment? {
        guard let bytes = (try? Data(contentsOf: file, options: .mappedIfSafe)).map(Array.init),
            let reader = FragmentReader(bytes), !reader.fragments.isEmpty
        else { return nil }
        return segment(file, day: day, reader, bytes: bytes.count)
    }

    private static func segment(_ file: URL, day: String, _ reader: FragmentReader, bytes: Int) -> RecordedSegment? {
        guard let start = Int64(file.deletingPathExtension().lastPathComponent) else { return nil }
        return RecordedSegment(
            file: "\(day)/\(file.lastPathComponent)", startMs: start, durationMs: Int64(reader.duration / 90),
            bytes: Int64(bytes), codec: reader.codec, width: 0, height: 0)
    }
}
