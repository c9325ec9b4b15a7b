import Kernel
import Storage

/// What a drill asks of the room whose devices it speaks for.
public struct DrillWire: Sendable {
    /// A detector that a drill can speak for.
    public struct Detector: Sendable {
        /// Which.
        public var id: DetectorID
        /// Its name for people.
        public var name: String

        /// A detector.
        public init(id: DetectorID, name: String) {
            self.id = id
            self.name = name
        }
    }

    /// Whose frame can be sent.
    public var detectors: @Sendable (any Reading) throws -> [Detector]
    /// Says that a drill's frame will come, in the transaction of its start.
    public var announce: @Sendable (_ reference: String, DetectorID, Instant, any Writing) throws -> Void
    /// Sends it, and tells whether its gateway confirmed it. It may be sent again.
    public var send: @Sendable (_ reference: String) async throws -> Bool
    /// The case of its alarm, once it was heard.
    public var caseOf: @Sendable (_ reference: String, any Reading) throws -> CaseID?
    /// Stands down whoever was called.
    public var end: @Sendable (_ reference: String, _ by: String, Instant, any Writing) throws -> Void

    /// A wire.
    public init(
        detectors: @escaping @Sendable (any Reading) throws -> [Detector],
        announce: @escaping @Sendable (_ reference: String, DetectorID, Instant, any Writing) throws -> Void,
        send: @escaping @Sendable (_ reference: String) async throws -> Bool,
        caseOf: @escaping @Sendable (_ reference: String, any Reading) throws -> CaseID?,
        end: @escaping @Sendable (_ reference: String, _ by: String, Instant, any Writing) throws -> Void
    ) {
        self.detectors = detectors
        self.announce = announce
        self.send = send
        self.caseOf = caseOf
        self.end = end
    }

    /// No devices: every drill opens at the desk.
    public static let none = DrillWire(
        detectors: { _ in [] }, announce: { _, _, _, _ in throw Problem.invalid(["detectorId": "unknown"]) },
        send: { _ in false }, caseOf: { _, _ in nil }, end: { _, _, _, _ in })
}
