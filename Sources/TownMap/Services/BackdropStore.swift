import Foundation
import Kernel

/// Tiles of somebody else's map on this disk, so that each is fetched once in a while and the map stays when the outside
/// does not answer. Within a bound: the oldest go first.
final class BackdropStore: Sendable {
    struct Kept: Sendable {
        var bytes: [UInt8]
        var at: Instant
    }

    private let folder: URL
    private let limit: Int
    /// Reads and writes in turn, on a thread where waiting for a disk holds nobody up.
    private let queue = DispatchQueue(label: "zhili.backdrop")
    private let index: Index

    /// What lies there; the queue's alone.
    private final class Index: @unchecked Sendable {
        var known: [String: (bytes: Int, at: Int64)]?
        var total = 0
    }

    /// A store of at most about `limit` bytes in `folder`, which is made when the first tile comes.
    init(folder: URL, limit: Int = 256 << 20) {
        self.folder = folder
        self.limit = limit
        index = Index()
    }

    func tile(_ name: String) async -> Kept? {
        await onQueue { store in
            guard let entry = store.entries()[name],
                let data = FileManager.default.contents(atPath: store.folder.appendingPathComponent(name).path)
            else { return nil }
            return Kept(bytes: Array(data), at: Instant(ms: entry.at))
        }
    }

    /// Keeps a tile; a disk that takes nothing only means that it is fetched again.
    /// - Parameter name: digits and hyphens.
    func keep(_ bytes: [UInt8], _ name: String, at now: Instant) async {
        await onQueue { store in
            _ = store.entries()
            try? FileManager.default.createDirectory(
                at: store.folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            guard (try? Data(bytes).write(to: store.folder.appendingPathComponent(name), options: .atomic)) != nil
            else { return }
            store.index.total += bytes.count - (store.index.known?[name]?.bytes ?? 0)
            store.index.known?[name] = (bytes.count, now.ms)
            store.shrink()
        }
    }

    private func shrink() {
        guard index.total > limit, let known = index.known else { return }
        for (name, entry) in known.sorted(by: { $0.value.at < $1.value.at }) {
            // Some room at once, or every tile that comes would sort them all.
            guard index.total > limit / 10 * 9 else { break }
            try? FileManager.default.removeItem(at: folder.appendingPathComponent(name))
            index.known?[name] = nil
            index.total -= entry.bytes
        }
    }

    private func entries() -> [String: (bytes: Int, at: Int64)] {
        if let known = index.known { return known }
        var known: [String: (bytes: Int, at: Int64)] = [:]
        let keys: Set<URLResourceKey> = [.fileSizeKey, .contentModificationDateKey]
        let files =
            (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: Array(keys))) ?? []
        for file in files {
            guard let values = try? file.resourceValues(forKeys: keys), let size = values.fileSize,
                let changed = values.contentModificationDate
            else { continue }
            known[file.lastPathComponent] = (size, Int64(changed.timeIntervalSince1970 * 1_000))
        }
        index.known = known
        index.total = known.values.reduce(0) { $0 + $1.bytes }
        return known
    }

    private func onQueue<Value: Sendable>(_ work: @escaping @Sendable (BackdropStore) -> Value) async -> Value {
        await withCheckedContinuation { continuation in queue.async { continuation.resume(returning: work(self)) } }
    }
}
