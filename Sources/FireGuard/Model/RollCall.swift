import Kernel
import Storage

/// A question to a duty post whether somebody is there (查岗, GB/T 26875.3 type 91).
public struct RollCall: Sendable, Equatable {
    /// What came of it.
    public enum Outcome: String, Sendable, Codable, CaseIterable, SQLConvertible {
        /// On its way to the device.
        case asked
        /// The device has confirmed it.
        case delivered
        /// The device cannot be reached.
        case undelivered
        /// Somebody pressed the key in time.
        case answered
        /// Somebody pressed it too late.
        case late
        /// Nobody did.
        case unanswered
    }

    /// Its number.
    public var id: ID<RollCall>
    /// The post's device.
    public var gateway: GatewayID
    /// When it was asked.
    public var askedAt: Instant
    /// By whom.
    public var askedBy: String
    /// Minutes for the answer, 1…255.
    public var minutes: Int
    /// When the key was pressed.
    public var answeredAt: Instant?
    /// What came of it.
    public var outcome: Outcome
}
