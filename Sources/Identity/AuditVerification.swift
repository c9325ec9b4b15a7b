import Foundation
import Kernel
import Storage

/// What a check of the audit log found.
public struct AuditReport: Sendable, Equatable {
    /// What is wrong, and with which entry.
    public enum Flaw: Sendable, Equatable {
        /// The entry does not match its hash: it, or its order, was changed.
        case changed(Int64)
        /// Entries are missing before this one.
        case missing(before: Int64)
        /// The log ends before the last entry that was known to be in it.
        case cut(last: Int64, known: Int64)
    }

    /// Entries that were read.
    public var count: Int64
    /// The first flaw, or `nil` when the chain holds.
    public var flaw: Flaw?
}

extension Audit {
    /// Recomputes the whole chain and compares it with its head and with the anchor file.
    public func verify(_ database: any Database) async throws -> AuditReport {
        let known = readAnchor()
        return try await database.read { db in
            var previous = ""
            var last: Int64 = 0
            var flaw: AuditReport.Flaw?
            try db.query("SELECT \(raw: AuditRow.columns) FROM audit ORDER BY seq") { row in
                let stored = try AuditRow(row: &row)
                if stored.seq != last + 1 {
                    flaw = .missing(before: stored.seq)
                } else if hash(stored.entry, seq: stored.seq, previous: previous) != stored.hash {
                    flaw = .changed(stored.seq)
                } else if let known, known.seq == stored.seq, known.hash != stored.hash {
                    flaw = .changed(stored.seq)
                }
                last = stored.seq
                previous = stored.hash
                return flaw == nil
            }
            if flaw == nil {
                let head = try Head.read(in: db)
                let expected = max(head.seq, known?.seq ?? 0)
                if last < expected { flaw = .cut(last: last, known: expected) }
            }
            return AuditReport(count: last, flaw: flaw)
        }
    }

    /// Whether the log was written with this key. Both of its ends speak against it only when the key is another's: one
    /// changed entry does not, and is left to ``verify(_:)`` to find.
    public func isOurs(_ database: any Database) async throws -> Bool {
        try await database.read { db in
            let ends =
                try db.all(
                    AuditRow.self, "SELECT \(raw: AuditRow.columns) FROM audit ORDER BY seq LIMIT 1")
                + db.all(
                    AuditRow.self, "SELECT \(raw: AuditRow.columns) FROM audit ORDER BY seq DESC LIMIT 1")
            guard !ends.isEmpty else { return true }
            for row in ends {
                let previous = try db.value(String.self, "SELECT hash FROM audit WHERE seq = \(row.seq - 1)") ?? ""
                if hash(row.entry, seq: row.seq, previous: previous) == row.hash { return true }
            }
            return false
        }
    }

    /// Writes the newest number and hash beside the database; called after commits.
    public func writeAnchor(_ database: any Database) async throws {
        let head = try await database.read { db in try Head.read(in: db) }
        if let known = readAnchor(), known.seq >= head.seq { return }
        try Data("\(head.seq) \(head.hash)\n".utf8).write(to: anchor, options: .atomic)
    }

    private func readAnchor() -> Head? {
        guard let data = FileManager.default.contents(atPath: anchor.path) else { return nil }
        let parts = String(decoding: data, as: UTF8.self).split { $0.isWhitespace }
        guard parts.count == 2, let seq = Int64(parts[0]) else { return nil }
        return Head(seq: seq, hash: String(parts[1]))
    }
}
