import Kernel
import Storage

/// A fire alarm of one detector (or of an address that nobody registered), from its first frame to its reset.
///
/// It latches: the detector's return to normal is noted, but only a person verifies and clears.
public struct Alarm: Sendable, Equatable {
    /// The steps of its life, in order.
    public enum State: String, Sendable, Codable, CaseIterable, SQLConvertible {
        /// Nobody has answered yet.
        case raised
        /// Somebody at the desk has taken it.
        case acknowledged
        /// It is known what it is.
        case verified
        /// Reset; history.
        case cleared
    }

    /// What it turned out to be.
    public enum Verdict: String, Sendable, Codable, CaseIterable, SQLConvertible {
        /// A fire.
        case real
        /// No fire.
        case `false`
        /// Somebody tested the detector.
        case test
        /// A drill.
        case drill
    }

    /// Its number.
    public var id: AlarmID
    /// The detector, when it is registered.
    public var detector: DetectorID?
    /// The gateway, when it is registered.
    public var gateway: GatewayID?
    /// The site, when it is known.
    public var site: SiteID?
    /// The area of the site.
    public var area: AreaID?
    /// What the source calls itself, so that an unregistered one is found again.
    public var sourceKey: String
    /// Whether a component, a system or the gateway itself spoke.
    public var scope: FireSignal.Scope
    /// What detects.
    public var kind: DetectorKind
    /// Where, in words.
    public var place: String
    /// Where it stands in its life.
    public var state: State
    /// What it turned out to be, once verified.
    public var verdict: Verdict?
    /// 1 (lowest) … 4 (highest).
    public var severity: Int
    /// Whether the device marked it as test.
    public var isMarkedTest: Bool
    /// Whether works or tests went on at the site when it came.
    public var inMaintenance: Bool
    /// When the first signal arrived.
    public var raisedAt: Instant
    /// When the newest signal arrived.
    public var lastSignalAt: Instant
    /// The device's clock at the first signal.
    public var deviceTime: Instant?
    /// How many further signals were folded into it.
    public var repeats: Int
    /// When the device came back to normal after its newest fire signal.
    public var restoredAt: Instant?
    /// When somebody took it.
    public var acknowledgedAt: Instant?
    /// Who.
    public var acknowledgedBy: String
    /// When it was verified.
    public var verifiedAt: Instant?
    /// Who.
    public var verifiedBy: String
    /// What else spoke for the verdict.
    public var secondSource: SecondSource?
    /// The verifier's words.
    public var note: String
    /// When it was cleared.
    public var clearedAt: Instant?
    /// The case on the desk.
    public var caseID: CaseID?
    /// Which rule led to what.
    public var reasons: [Reason]
}

/// What, besides the person who decides, says that there is no fire.
public enum SecondSource: String, Sendable, Codable, CaseIterable, SQLConvertible {
    /// A camera at the site.
    case camera
    /// The owner or a key-holder, at the site.
    case owner
    /// A patrol or grid worker at the site.
    case patrol
    /// The brigade at the site.
    case brigade
    /// The announced test or works, confirmed by who does them.
    case contractor
}

/// One step of a judgement: the rule's name and what it was fed, shown in the reader's words (`fire.rule.` + rule).
public struct Reason: Sendable, Equatable, Codable {
    /// The rule's stable name.
    public var rule: String
    /// What it looked at, by the names that the catalogue's words use.
    public var values: [String: String]

    /// The step as a sentence, from the catalogue's words.
    public func text(_ word: (String) -> String) -> String {
        values.reduce(word("fire.rule.\(rule)")) { text, value in
            let isSource = value.key == "source" && SecondSource(rawValue: value.value) != nil
            return text.replacing(
                "{\(value.key)}", with: isSource ? word("fire.second-source.\(value.value)") : value.value)
        }
    }

    /// A reason.
    public init(_ rule: String, _ values: [String: String] = [:]) {
        self.rule = rule
        self.values = values
    }
}
