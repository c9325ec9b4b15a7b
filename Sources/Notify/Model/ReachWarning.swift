import Kernel
import Storage

/// Something that would keep a message from arriving, found before one had to.
struct ReachWarning: Sendable, RowDecodable {
    /// What was found.
    enum Kind: String, Sendable, CaseIterable, SQLConvertible {
        /// A step of a policy would call nobody at all.
        case nobody
        /// A roster names nobody: everybody with the role would be called instead.
        case uncovered
        /// A carrier is down, or its connection is.
        case carrier
        /// A carrier's daily trial did not go through.
        case trial
    }

    var id: ID<ReachWarning>
    var kind: Kind
    /// What it is about; two findings of one subject whose times touch are one warning.
    var subject: String
    /// In the town's words.
    var text: String
    var from: Instant
    /// `nil` where no end is known.
    var until: Instant?
    var foundAt: Instant
    var endedAt: Instant?
    var caseID: CaseID?

    static let columns = "id, kind, subject, text, from_at, until_at, found_at, ended_at, case_id"

    init(row: inout Row) throws {
        id = try row.next()
        kind = try row.next()
        subject = try row.next()
        text = try row.next()
        from = try row.next()
        until = try row.next()
        foundAt = try row.next()
        endedAt = try row.next()
        caseID = try row.next()
    }
}

/// What a look at the centre's own ways found, before it is compared with what is known.
struct ReachFinding: Sendable, Equatable {
    var kind: ReachWarning.Kind
    var subject: String
    var text: String
    var from: Instant
    var until: Instant?

    /// Whether a known warning tells of it already.
    func isTold(by warning: ReachWarning) -> Bool {
        guard kind == warning.kind, subject == warning.subject else { return false }
        return from <= warning.until ?? .distantFuture && warning.from <= until ?? .distantFuture
    }
}

extension Instant {
    fileprivate static let distantFuture = Instant(ms: .max)
}
