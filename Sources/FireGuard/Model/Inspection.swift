import Kernel
import Storage

/// A look or a test that a site owes, and its outcome once done.
public struct Inspection: Sendable, Equatable {
    /// What is owed.
    public enum Kind: String, Sendable, Codable, CaseIterable, SQLConvertible {
        /// A walk through the site with the owner.
        case visit
        /// Each detector sounded by its test button.
        case selfTest = "self-test"
        /// A full test by a contractor.
        case annual

        /// Days from one to the next.
        public var periodDays: Int {
            switch self {
            case .visit: 30
            case .selfTest: 30
            case .annual: 365
            }
        }
    }

    /// Its number.
    public var id: ID<Inspection>
    /// Where.
    public var site: SiteID
    /// What.
    public var kind: Kind
    /// By when.
    public var dueAt: Instant
    /// When it was done.
    public var doneAt: Instant?
    /// By whom.
    public var doneBy: String
    /// Whether all was well.
    public var passed: Bool
    /// What was found.
    public var note: String
}
