import Foundation
import Media

/// One segment being written; used on the recorder's queue alone.
final class SegmentFile: @unchecked Sendable {
    /// Why the disk took no more.
    enum Fault: Sendable {
        case full, broken

        init(errno: Int32) { self = [ENOSPC, EDQUOT, EFBIG].contains(errno) ? .full : .broken }
    }

    private let folder: String
    private let name: String
    /// When its first picture came, in milliseconds since the Unix epoch.
    let startMs: Int64
    private let format: PictureFormat
    private var descriptor: Int32 = -1
    /// What is whole, and until when it plays.
    private var bytes: Int64 = 0
    private var endMs: Int64 = 0
    /// What went wrong first, if anything.
    private(set) var fault: Fault?

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
        // The lock ends with the process, however that ends: a repair takes what is locked for what is being written.
        if descriptor < 0 || flock(descriptor, LOCK_EX | LOCK_NB) != 0 { fault = Fault(errno: errno) }
    }

    /// Appends a piece, all of it or nothing that counts.
    /// - Parameter until: how long the segment plays with it, in milliseconds.
    /// - Returns: `false` at the first piece that the disk did not take.
    func write(_ data: [UInt8], until: Int64) -> Bool {
        guard fault == nil else { return true }
        var sent = 0
        while sent < data.count {
            let count = data.withUnsafeBytes { raw in
                raw.baseAddress.map { Glibc.write(descriptor, $0 + sent, data.count - sent) } ?? -1
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                fault = Fault(errno: count == 0 ? ENOSPC : errno)
                return false
            }
            sent += count
        }
        bytes += Int64(data.count)
        endMs = until
        return true
    }

    /// Cuts what is not whole, syncs, names, and describes the segment; `nil` when there is nothing worth keeping.
    func complete() -> RecordedSegment? {
        guard descriptor >= 0 else { return nil }
        defer {
            Glibc.close(descriptor)
            descriptor = -1
        }
        if fault != nil, ftruncate(descriptor, off_t(bytes)) != 0 { endMs = 0 }
        guard endMs > 0 else {
            unlink(part)
            return nil
        }
        guard fdatasync(descriptor) == 0, rename(part, folder + "/" + name) == 0 else {
            // It stays a part, which the next repair takes for what it is.
            fault = fault ?? Fault(errno: errno)
            return nil
        }
        return RecordedSegment(
            file: name, startMs: startMs, durationMs: endMs, bytes: bytes, codec: format.name,
            width: format.width, height: format.height)
    }
}
