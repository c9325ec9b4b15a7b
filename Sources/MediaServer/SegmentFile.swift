import Foundation
import Media

/// One segment being written; used on the recorder's queue alone.
final class SegmentFile: @unchecked Sendable {
    private let folder: String
    private let name: String
    /// When its first picture came, in milliseconds since the Unix epoch.
    let startMs: Int64
    private let format: PictureFormat
    private var descriptor: Int32 = -1
    private var bytes: Int64 = 0
    private var hasFailed = false

    init(folder: String, name: String, startMs: Int64, format: PictureFormat) {
        self.folder = folder
        self.name = name
        self.startMs = startMs
        self.format = format
    }

    private var part: String { folder + "/" + name + ".part" }

    func open() {
        try? FileManager.default.createDirectory(
            at: URL(fileURLWithPath: part).deletingLastPathComponent(), withIntermediateDirectories: true)
        descriptor = Glibc.open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
        hasFailed = descriptor < 0
    }

    func write(_ data: [UInt8]) {
        guard !hasFailed else { return }
        var sent = 0
        while sent < data.count {
            let count = data.withUnsafeBytes { raw in
                raw.baseAddress.map { Glibc.write(descriptor, $0 + sent, data.count - sent) } ?? -1
            }
            guard count > 0 else {
                // A full disk: what was written so far still plays.
                hasFailed = true
                return
            }
            sent += count
        }
        bytes += Int64(data.count)
    }

    /// Syncs, names, and describes the segment; `nil` when there is nothing worth keeping.
    func complete(durationMs: Int64) -> RecordedSegment? {
        guard descriptor >= 0 else { return nil }
        fdatasync(descriptor)
        Glibc.close(descriptor)
        descriptor = -1
        guard bytes > 0, durationMs > 0, rename(part, folder + "/" + name) == 0 else {
            unlink(part)
            return nil
        }
        return RecordedSegment(
            file: name, startMs: startMs, durationMs: durationMs, bytes: bytes, codec: format.name,
            width: format.width, height: format.height)
    }
}
