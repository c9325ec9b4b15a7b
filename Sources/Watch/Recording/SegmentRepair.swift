import Foundation
import Kernel
import Media

/// Finds what a killed recorder left: a part whose end is missing is cut behind its last whole picture and named; a whole
/// segment that the index does not know is told of, and so is one that only the index knows.
enum SegmentRepair {
    /// What a folder and the index have not in common.
    struct Findings: Sendable {
        /// Segments that the index lacks.
        var segments: [RecordedSegment] = []
        /// Files that the index has and the folder has not.
        var missing: [String] = []
        /// Whether somebody still writes a part.
        var isBusy = false
    }

    /// Looks through one camera's folder. Blocks.
    /// - Parameter known: the files that the index had before.
    static func run(_ folder: URL, known: Set<String>) -> Findings {
        let manager = FileManager.default
        var result = Findings()
        var missing = known
        for day in (try? manager.contentsOfDirectory(atPath: folder.path)) ?? [] {
            let inside = folder.appendingPathComponent(day)
            for name in (try? manager.contentsOfDirectory(atPath: inside.path)) ?? [] {
                let file = inside.appendingPathComponent(name)
                if name.hasSuffix(".mp4.part") {
                    switch mend(file, day: day) {
                    case .mended(let segment): result.segments.append(segment)
                    case .busy: result.isBusy = true
                    case .nothing: break
                    }
                } else if name.hasSuffix(".mp4"), missing.remove("\(day)/\(name)") == nil {
                    if let found = describe(file, day: day) { result.segments.append(found) }
                }
            }
        }
        result.missing = Array(missing)
        return result
    }

    private enum Mending {
        case mended(RecordedSegment)
        case busy
        case nothing
    }

    private static func mend(_ part: URL, day: String) -> Mending {
        let descriptor = open(part.path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return .nothing }
        defer { close(descriptor) }
        // Whoever writes it holds it.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return .busy }
        guard let bytes = (try? Data(contentsOf: part, options: .mappedIfSafe)).map(Array.init) else { return .nothing }
        guard let reader = FragmentReader(bytes), let last = reader.fragments.last else {
            try? FileManager.default.removeItem(at: part)
            return .nothing
        }
        let file = part.deletingPathExtension()
        guard ftruncate(descriptor, off_t(last.range.upperBound)) == 0, fdatasync(descriptor) == 0,
            rename(part.path, file.path) == 0,
            let segment = segment(file, day: day, reader, bytes: last.range.upperBound)
        else { return .nothing }
        return .mended(segment)
    }

    /// A segment that the index lacks; one in which no picture is whole can never play and goes.
    private static func describe(_ file: URL, day: String) -> RecordedSegment? {
        guard let bytes = (try? Data(contentsOf: file, options: .mappedIfSafe)).map(Array.init) else { return nil }
        guard let reader = FragmentReader(bytes), !reader.fragments.isEmpty else {
            try? FileManager.default.removeItem(at: file)
            return nil
        }
        return segment(file, day: day, reader, bytes: bytes.count)
    }

    private static func segment(_ file: URL, day: String, _ reader: FragmentReader, bytes: Int) -> RecordedSegment? {
        guard let start = Int64(file.deletingPathExtension().lastPathComponent) else { return nil }
        return RecordedSegment(
            file: "\(day)/\(file.lastPathComponent)", startMs: start, durationMs: Int64(reader.duration / 90),
            bytes: Int64(bytes), codec: reader.codec, width: 0, height: 0)
    }
}
