import Kernel
import Storage

/// Something at a detector or a gateway that is no fire and needs work.
public struct Trouble: Sendable, Equatable {
    /// What it is.
    public enum Kind: String, Sendable, Codable, CaseIterable, SQLConvertible {
        /// Not heard within its own deadline.
        case offline
        /// Broken.
        case fault
        /// The battery needs changing.
        case lowBattery = "low-battery"
        /// An inspection fell due and was not recorded.
        case inspectionOverdue = "inspection-overdue"
    }

    /// Its number.
    public var id: ID<Trouble>
    /// What it is.
    public var kind: Kind
    /// The detector, or `nil` where the gateway or the site as a whole is meant.
    public var detector: DetectorID?
    /// The gateway, where it is meant.
    public var gateway: GatewayID?
    /// The site, where one is known.
    public var site: SiteID?
    /// When it began.
    public var since: Instant
    /// When it ended.
    public var endedAt: Instant?
    /// The low case on the desk.
    public var caseID: CaseID?
}
