import Kernel
import Storage

/// A fire that the centre made itself to see that a way in is open: heard it is counted, and nobody is told.
struct GatewayTrial: Sendable, RowDecodable {
    /// Why a trial did not come through.
    enum Failure: String, Sendable, CaseIterable, SQLConvertible {
        /// The port, the broker or the page could not be reached.
        case unreachable
        /// It was answered, and refused.
        case refused
        /// It was handed over, and never came in.
        case unheard
    }

    /// What no other signal has: its key, or the address of the device that it plays.
    var mark: String
    /// Which way, by ``TrialWay/name``.
    var way: String
    var sentAt: Instant
    var heardAt: Instant?
    /// `nil` as long as it is under way.
    var failure: Failure?
    /// The work that a failure opened.
    var caseID: CaseID?

    static let columns = "mark, way, sent_at, heard_at, failure, case_id"

    init(row: inout Row) throws {
        mark = try row.next()
        way = try row.next()
        sentAt = try row.next()
        heardAt = try row.next()
        failure = try row.next()
        caseID = try row.next()
    }
}

/// A way by which alarms come in.
struct TrialWay: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        /// The port of GB/T 26875.3.
        case line
        /// A topic of the broker.
        case topic(TopicRule)
        /// The address that a gateway's platform pushes to.
        case push(Gateway)
    }

    var kind: Kind

    /// The same for the same way, from day to day.
    var name: String {
        switch kind {
        case .line: "gb26875"
        case .topic(let rule): "mqtt/\(rule.prefix)"
        case .push(let gateway): "push/\(gateway.address)"
        }
    }
}
