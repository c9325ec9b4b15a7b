import Kernel

/// Judges a fire signal: a repeat of a known alarm, or a new one, and who hears of it.
///
/// All of it is a function of what is handed over; the store hands over what it read in the same transaction.
public struct AlarmRules: Sendable {
    /// An unverified alarm takes repeats up to this long after the device's return to normal.
    public var settleMs: Int64 = 10 * 60_000
    /// An unverified alarm that nobody has touched takes repeats up to this long after the one before.
    public var staleMs: Int64 = 60 * 60_000
    /// A condition that still lasts this long after it was found to be no fire is raised again.
    public var persistMs: Int64 = 10 * 60_000
    /// The window in which alarms of one source or of one site are counted.
    public var windowMs: Int64 = 30 * 60_000
    /// From so many alarms of one source in the window it is flapping.
    public var flapping = 3
    /// From so many alarms of one site in the window it is a storm.
    public var storm = 10
    /// So many alarms of unregistered addresses may be open per far end, and…
    public var unknownPerPeer = 20
    /// …so many in all; beyond either, one alarm counts the rest.
    public var unknownInAll = 400

    /// The usual figures.
    public init() {}

    /// What the judgement needs to know.
    public struct Facts: Sendable, Equatable {
        /// Who speaks: `nil` where the address is not registered.
        public var detector: DetectorID?
        /// The site, when it is known from the detector or its gateway.
        public var site: SiteID?
        /// What detects.
        public var kind: DetectorKind
        /// The newest alarm of the same source.
        public var newest: Known?
        /// Alarms of the site that are not cleared, newest first.
        public var openAtSite: [Known]
        /// Alarms that this source raised in the window.
        public var recentOfSource: Int
        /// Alarms that the site raised in the window.
        public var recentOfSite: Int
        /// Whether works or tests go on at the site.
        public var inMaintenance: Bool
        /// Open alarms of unregistered places from the same far end.
        public var unknownFromPeer: Int
        /// Open alarms of unregistered places in all.
        public var unknownInAll: Int

        /// Facts.
        public init(
            detector: DetectorID?, site: SiteID?, kind: DetectorKind, newest: Known? = nil,
            openAtSite: [Known] = [], recentOfSource: Int = 0, recentOfSite: Int = 0, inMaintenance: Bool = false,
            unknownFromPeer: Int = 0, unknownInAll: Int = 0
        ) {
            self.detector = detector
            self.site = site
            self.kind = kind
            self.newest = newest
            self.openAtSite = openAtSite
            self.recentOfSource = recentOfSource
            self.recentOfSite = recentOfSite
            self.inMaintenance = inMaintenance
            self.unknownFromPeer = unknownFromPeer
            self.unknownInAll = unknownInAll
        }
    }

    /// As much of an alarm as judging another signal needs.
    public struct Known: Sendable, Equatable {
        /// Its number.
        public var id: AlarmID
        /// Its source.
        public var sourceKey: String
        /// The gateway, so that a system's sum is matched with its components.
        public var gateway: GatewayID?
        /// Whether a component, a system or the gateway itself spoke.
        public var scope: FireSignal.Scope
        /// Where it stands.
        public var state: Alarm.State
        /// What it turned out to be.
        public var verdict: Alarm.Verdict?
        /// 1…4.
        public var severity: Int
        /// When its newest signal came.
        public var lastSignalAt: Instant
        /// When the device came back to normal after it.
        public var restoredAt: Instant?
        /// When it was verified or cleared, whichever is later.
        public var settledAt: Instant?
        /// Whether it was raised during works or tests.
        public var inMaintenance: Bool
        /// Its case, while that is open.
        public var openCase: CaseID?

        /// Whether it may still be a fire.
        var mayBeFire: Bool { state == .raised || state == .acknowledged || (state == .verified && verdict == .real) }
    }

    /// Who is told of a new alarm.
    public enum Telling: Sendable, Equatable {
        /// Owner, key-holders and brigade, by text and by call; the desk rings and the escalation starts.
        case everyone
        /// The same people by text alone: they have been called for this case already.
        case update
        /// The desk and the owner: works or tests were announced.
        case ownerAndDesk
        /// The desk's list alone: the case is known and the source flaps or storms.
        case deskOnly
    }

    /// What becomes of a signal.
    public enum Action: Sendable, Equatable {
        /// It repeats that alarm.
        case fold(AlarmID)
        /// It is a new alarm; `joining` an open case, or opening one.
        case raise(severity: Int, joining: CaseID?, raiseCaseTo: Int?, Telling)
        /// One alarm stands for all that the bounds leave out.
        case overflow
    }

    /// An action and the rules that led to it, in order.
    public struct Judgement: Sendable, Equatable {
        /// What to do.
        public var action: Action
        /// Why.
        public var reasons: [Reason]
    }

    /// Judges a signal of kind fire.
    public func judge(_ signal: FireSignal, source: String, gateway: GatewayID?, _ facts: Facts) -> Judgement {
        var reasons: [Reason] = []
        if let folded = fold(signal, gateway: gateway, facts) {
            return Judgement(action: .fold(folded.0), reasons: [folded.1])
        }
        if facts.site == nil, facts.unknownFromPeer >= unknownPerPeer || facts.unknownInAll >= unknownInAll {
            return Judgement(
                action: .overflow,
                reasons: [Reason("unknown-overflow", ["peer": signal.source.peer, "limit": "\(unknownPerPeer)"])])
        }
        if let newest = facts.newest { reasons.append(again(newest, signal)) }
        if facts.site == nil {
            reasons.append(Reason("unknown-place", ["source": signal.source.address, "address": signal.address]))
        } else if facts.detector == nil {
            reasons.append(Reason("unknown-detector", ["address": signal.address]))
        }
        if signal.isMarkedTest { reasons.append(Reason("marked-test")) }

        let others = facts.site == nil ? [] : facts.openAtSite.filter(\.mayBeFire)
        let joining = others.first { $0.openCase != nil }
        if facts.inMaintenance {
            reasons.append(Reason("maintenance"))
            // A case that the brigade follows already is no test: it goes on as a fire.
            if joining.map(\.inMaintenance) ?? true {
                return Judgement(
                    action: .raise(severity: 1, joining: joining?.openCase, raiseCaseTo: nil, .ownerAndDesk),
                    reasons: reasons)
            }
        }
        var severity = facts.kind.isConclusive ? 4 : 3
        if facts.kind.isConclusive { reasons.append(Reason("conclusive", ["kind": facts.kind.rawValue])) }
        guard let joining, let caseID = joining.openCase else {
            reasons.append(Reason("first-at-site"))
            return Judgement(
                action: .raise(severity: severity, joining: nil, raiseCaseTo: nil, .everyone), reasons: reasons)
        }
        let distinct = Set(others.filter { $0.scope == .component }.map(\.sourceKey)).union([source]).count
        if signal.scope == .component, distinct >= 2 {
            severity = 4
            reasons.append(Reason("second-detector", ["count": "\(distinct)"]))
        } else {
            reasons.append(Reason("joins-case"))
        }
        let highest = others.map(\.severity).max() ?? 0
        let raiseTo = severity > highest ? severity : nil
        // Nobody has been called for works; the first alarm outside them calls everyone, and so does a rise.
        if joining.inMaintenance {
            return Judgement(
                action: .raise(severity: severity, joining: caseID, raiseCaseTo: raiseTo, .everyone), reasons: reasons)
        }
        var telling = raiseTo == nil ? Telling.update : .everyone
        if raiseTo == nil, facts.recentOfSite >= storm {
            telling = .deskOnly
            reasons.append(Reason("storm", ["count": "\(facts.recentOfSite + 1)"]))
        } else if raiseTo == nil, facts.recentOfSource >= flapping {
            telling = .deskOnly
            reasons.append(Reason("flapping", ["count": "\(facts.recentOfSource + 1)"]))
        }
        return Judgement(
            action: .raise(severity: severity, joining: caseID, raiseCaseTo: raiseTo, telling), reasons: reasons)
    }

    /// The alarm that the signal repeats, if it is no more than a repeat.
    private func fold(_ signal: FireSignal, gateway: GatewayID?, _ facts: Facts) -> (AlarmID, Reason)? {
        let now = signal.receivedAt
        if let known = facts.newest {
            // An alarm of works that have ended is not one of the fire that comes after them.
            let leftWorks = known.inMaintenance && !facts.inMaintenance
            switch known.state {
            case .raised, .acknowledged:
                let still = known.restoredAt.map { now - $0 <= settleMs } ?? (now - known.lastSignalAt <= staleMs)
                if still, !leftWorks { return (known.id, Reason("repeat")) }
            case .verified where signal.isLevel && known.restoredAt == nil && known.verdict == .real:
                return (known.id, Reason("condition-lasts"))
            case .verified, .cleared:
                if signal.isLevel, known.restoredAt == nil, let settled = known.settledAt, now - settled <= persistMs,
                    !leftWorks
                {
                    return (known.id, Reason("condition-lasts"))
                }
            }
        }
        // A panel's sum of what its components said is no second detector.
        if signal.scope != .component, let gateway,
            let part = facts.openAtSite.first(where: {
                $0.gateway == gateway && $0.scope == .component && ($0.state == .raised || $0.state == .acknowledged)
                    && now - $0.lastSignalAt <= settleMs && (!$0.inMaintenance || facts.inMaintenance)
            })
        {
            return (part.id, Reason("sum-of-components"))
        }
        return nil
    }

    /// Why an earlier alarm of the same source does not take this signal.
    private func again(_ newest: Known, _ signal: FireSignal) -> Reason {
        switch newest.state {
        case .verified, .cleared:
            signal.isLevel && newest.restoredAt == nil ? Reason("condition-persists") : Reason("again-after-settled")
        case .raised, .acknowledged: Reason("again-after-pause")
        }
    }
}
