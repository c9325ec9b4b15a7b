import Kernel
import Storage

/// Takes signals from all gateways: stored, judged, cased, told, in one transaction. When ``take(_:)`` returns, the
/// gateway may acknowledge.
public struct Ingest: Sendable {
    let database: any Database
    let desk: any Desk
    let rules: AlarmRules
    let presence: Presence

    /// What became of a signal.
    public enum Outcome: Sendable, Equatable {
        /// A second try of one that is stored.
        case known
        /// Folded into that alarm.
        case folded(AlarmID)
        /// A new alarm with its case.
        case raised(AlarmID, CaseID)
        /// Counted in the one alarm that stands for what the bounds leave out.
        case counted(AlarmID)
        /// No alarm: stored, and work opened or ended where it says so.
        case stored
    }

    /// Takes the signals of one transmission: all or none.
    @discardableResult
    public func take(_ signals: [FireSignal]) async throws -> [Outcome] {
        guard !signals.isEmpty else { return [] }
        let taken = try await database.write { db in
            try signals.map { signal -> (outcome: Outcome, origin: Origin) in
                var origin = try Origin(of: signal, in: db)
                switch signal.kind == .fire ? try AnnouncedFire.find(signal, in: db) : nil {
                case .drill: origin.playDrill()
                case .trial(let mark):
                    try GatewayTrialStore.heard(mark, at: signal.receivedAt, in: db)
                    origin.playDrill()
                    return (outcome: .stored, origin: origin)
                case nil: break
                }
                return (outcome: try take(signal, origin, in: db), origin: origin)
            }
        }
        for (signal, taken) in zip(signals, taken) where !taken.origin.isDrill {
            if case .raised = taken.outcome { Counters.raised.add() }
            if case .folded = taken.outcome { Counters.folded.add() }
            // The platform's word that a device is gone is no sign of its life.
            guard signal.kind != .offline else { continue }
            if let id = taken.origin.gateway?.id { presence.touch(.gateway(id), at: signal.receivedAt) }
            if let id = taken.origin.detector?.id {
                presence.touch(.detector(id), at: signal.receivedAt, battery: signal.battery)
            }
        }
        return taken.map(\.outcome)
    }

    /// Takes one signal inside a transaction.
    private func take(_ signal: FireSignal, _ origin: Origin, in db: any Writing) throws -> Outcome {
        // A panel tells thousands of times that all is well; it is stored when it ends something.
        if signal.kind == .alive { return .stored }
        if signal.kind == .batteryOK, origin.detector?.isBatteryLow != true { return .stored }
        if signal.kind == .restore, try !endsSomething(origin, in: db) { return .stored }
        guard let row = try SignalStore.insert(signal, source: origin.key, in: db) else { return .known }
        switch signal.kind {
        case .fire:
            return try fire(signal, row: row, origin, in: db)
        case .restore:
            try restore(.source(origin.key), signal, origin, in: db)
            if let detector = origin.detector { try DeviceStore.setInAlarm(false, detector.id, in: db) }
            try end(.fault, origin, at: signal.receivedAt, in: db)
        case .reset:
            guard let gateway = origin.gateway else { break }
            try restore(.gateway(gateway.id), signal, origin, in: db)
            try DeviceStore.endAlarms(at: gateway.id, in: db)
        case .fault: try open(.fault, origin, at: signal.receivedAt, text: signal.text, in: db)
        case .lowBattery: try open(.lowBattery, origin, at: signal.receivedAt, text: "", in: db)
        case .batteryOK: try end(.lowBattery, origin, at: signal.receivedAt, in: db)
        case .offline: try open(.offline, origin, at: signal.receivedAt, text: "", in: db)
        case .online: try end(.offline, origin, at: signal.receivedAt, in: db)
        case .rollCallAnswered:
            if let gateway = origin.gateway {
                try RollCallStore.answered(gateway.id, at: signal.receivedAt, in: db)
            }
        case .test, .operation, .alive: break
        }
        return .stored
    }

    private func endsSomething(_ origin: Origin, in db: any Reading) throws -> Bool {
        if let detector = origin.detector, detector.isInAlarm || detector.isFaulty { return true }
        if try AlarmStore.isWaitingForRestore(origin.key, in: db) { return true }
        guard let thing = origin.thing else { return false }
        return try TroubleStore.isOpen(.fault, thing: Troubles.slot(thing, origin.part), in: db)
    }

    // MARK: Fire

    private func fire(
        _ signal: FireSignal, row: ID<FireSignal>, _ origin: Origin, in db: any Writing
    ) throws -> Outcome {
        let facts = try facts(signal, origin, in: db)
        let judgement = rules.judge(signal, source: origin.key, gateway: origin.gateway?.id, facts)
        if let detector = origin.detector, !detector.isInAlarm, !origin.isDrill {
            try DeviceStore.setInAlarm(true, detector.id, in: db)
        }
        switch judgement.action {
        case .fold(let id):
            try AlarmStore.countRepeat(id, at: signal.receivedAt, in: db)
            try SignalStore.link(row, to: id, reasons: judgement.reasons, in: db)
            return .folded(id)
        case .overflow:
            return try overflow(signal, row: row, origin, judgement.reasons, in: db)
        case .raise(let severity, let joining, let raiseCaseTo, let telling):
            var alarm = newAlarm(signal, origin, severity: severity, facts, judgement.reasons)
            if origin.isDrill {
                alarm.verdict = .drill
                alarm.reasons.append(Reason("drill"))
            }
            let caseID = try raise(
                alarm, signal, origin, joining: joining, raiseCaseTo: raiseCaseTo, telling, in: db)
            try SignalStore.link(row, to: alarm.id, reasons: alarm.reasons, in: db)
            if origin.isDrill {
                try FireDrillStore.heard(signal.uniqueKey, as: alarm.id, in: db)
                try desk.verified(caseID, verdict: .drill, by: .system("drill"), at: alarm.raisedAt, in: db)
            }
            return .raised(alarm.id, caseID)
        }
    }

    private func facts(_ signal: FireSignal, _ origin: Origin, in db: any Reading) throws -> AlarmRules.Facts {
        let from = signal.receivedAt - rules.windowMs
        var facts = AlarmRules.Facts(
            detector: origin.detector?.id, site: origin.site?.id,
            kind: origin.detector?.kind ?? signal.detectorKind ?? .other)
        // A drill stands alone: it joins no fire, and no fire joins it.
        guard !origin.isDrill else { return facts }
        facts.newest = try AlarmStore.newest(ofSource: origin.key, desk: desk, in: db)
        if let site = origin.site {
            facts.openAtSite = try AlarmStore.openAt(site.id, desk: desk, in: db).filter { $0.verdict != .drill }
            facts.inMaintenance = site.isInMaintenance(at: signal.receivedAt)
            if !facts.openAtSite.isEmpty {
                facts.recentOfSite = try AlarmStore.count("site = \(site.id)", since: from, in: db)
                facts.recentOfSource = try AlarmStore.count("source_key = \(origin.key)", since: from, in: db)
            }
        } else {
            let unknown = try AlarmStore.unknown(peer: signal.source.peer, limit: rules.unknownInAll, in: db)
            facts.unknownFromPeer = unknown.fromPeer
            facts.unknownInAll = unknown.inAll
            if let gateway = origin.gateway, signal.scope != .component {
                facts.openAtSite = try AlarmStore.openBehind(gateway.id, desk: desk, in: db).filter {
                    $0.verdict != .drill
                }
            }
        }
        return facts
    }

    private func newAlarm(
        _ signal: FireSignal, _ origin: Origin, severity: Int, _ facts: AlarmRules.Facts, _ reasons: [Reason]
    ) -> Alarm {
        Alarm(
            id: .next(), detector: origin.detector?.id, gateway: origin.gateway?.id, site: origin.site?.id,
            area: origin.site?.area, sourceKey: origin.key, scope: signal.scope, kind: facts.kind,
            place: origin.place(signal), state: .raised, verdict: nil, severity: severity,
            isMarkedTest: signal.isMarkedTest, inMaintenance: facts.inMaintenance, raisedAt: signal.receivedAt,
            lastSignalAt: signal.receivedAt, deviceTime: signal.deviceTime, repeats: 0, restoredAt: nil,
            acknowledgedAt: nil, acknowledgedBy: "", verifiedAt: nil, verifiedBy: "", secondSource: nil, note: "",
            clearedAt: nil, caseID: nil, reasons: reasons)
    }

    /// Stores the alarm with its case, its messages and its event.
    private func raise(
        _ new: Alarm, _ signal: FireSignal, _ origin: Origin, joining: CaseID?, raiseCaseTo: Int?,
        _ telling: AlarmRules.Telling, in db: any Writing
    ) throws -> CaseID {
        var alarm = new
        let words = AlarmWords(alarm: alarm, site: origin.site, desk: desk)
        let caseID: CaseID
        if let joining {
            caseID = joining
            try desk.join("alarm/\(alarm.id)", text: words.line, to: joining, at: alarm.raisedAt, in: db)
            if let raiseCaseTo {
                try desk.raiseSeverity(
                    to: raiseCaseTo, reason: words.line, of: joining, at: alarm.raisedAt, in: db)
            }
        } else {
            caseID = try desk.openCase(
                NewFireCase(
                    isWork: false, severity: alarm.severity, title: words.title, place: words.place,
                    point: origin.site?.point, area: alarm.area, subject: alarm.site.map { "sites/\($0)" },
                    signalKey: "alarm/\(alarm.id)", at: alarm.raisedAt),
                in: db)
        }
        alarm.caseID = caseID
        try AlarmStore.insert(alarm, peer: signal.source.peer, in: db)
        try AlarmNotice(desk: desk).send(alarm, site: origin.site, telling, in: db)
        try AlarmEvents.publish("alarm.raised", alarm, in: db)
        return caseID
    }

    private func overflow(
        _ signal: FireSignal, row: ID<FireSignal>, _ origin: Origin, _ reasons: [Reason], in db: any Writing
    ) throws -> Outcome {
        // The rows of a flood are bounded too: what is left out is a count on one alarm.
        try SignalStore.remove(row, in: db)
        let key = "overflow"
        if let open = try AlarmStore.newest(ofSource: key, desk: desk, in: db),
            open.state == .raised || open.state == .acknowledged
        {
            try AlarmStore.countRepeat(open.id, at: signal.receivedAt, in: db)
            return .counted(open.id)
        }
        var alarm = newAlarm(
            signal, origin, severity: 3,
            AlarmRules.Facts(detector: nil, site: nil, kind: signal.detectorKind ?? .other), reasons)
        alarm.sourceKey = key
        alarm.place = desk.word("fire.place.overflow", ["peer": signal.source.peer])
        let caseID = try raise(alarm, signal, origin, joining: nil, raiseCaseTo: nil, .everyone, in: db)
        return .raised(alarm.id, caseID)
    }

    private func restore(
        _ range: RestoreRange, _ signal: FireSignal, _ origin: Origin, in db: any Writing
    ) throws {
        for found in try AlarmStore.restore(range, at: signal.receivedAt, in: db) {
            guard let alarm = try AlarmStore.find(found.id, in: db) else { continue }
            if let caseID = alarm.caseID {
                try desk.note(
                    desk.word("fire.note.restored", ["place": alarm.place]), on: caseID, by: .system("fire"),
                    at: signal.receivedAt, in: db)
            }
            try AlarmEvents.publish("alarm.changed", alarm, in: db)
        }
    }

    // MARK: Work

    private func open(
        _ kind: Trouble.Kind, _ origin: Origin, at now: Instant, text: String, in db: any Writing
    ) throws {
        guard let thing = origin.thing else { return }
        try Troubles(desk: desk).open(kind, of: thing, part: origin.part, text: text, at: now, in: db)
    }

    private func end(_ kind: Trouble.Kind, _ origin: Origin, at now: Instant, in db: any Writing) throws {
        guard let thing = origin.thing else { return }
        try Troubles(desk: desk).end(kind, of: thing, part: origin.part, at: now, in: db)
    }
}

/// Who speaks: what the register knows of a signal's source.
struct Origin {
    var gateway: Gateway?
    var detector: Detector?
    var site: Site?
    /// The source's stable name, registered or not.
    var key: String
    /// Whether the centre itself speaks, in a drill or a trial: no sign of the device's life.
    private(set) var isDrill = false
    private var address: String

    /// From here on it is the drill's: a source of its own, of which the device's next real word is no repeat.
    mutating func playDrill() {
        isDrill = true
        key += "#drill"
    }

    init(of signal: FireSignal, in db: any Reading) throws {
        address = signal.address
        key = "\(signal.source.kind.rawValue):\(signal.source.address):\(signal.address)"
        gateway = try DeviceStore.gateway(signal.source.kind, address: signal.source.address, in: db)
        if let gateway {
            detector = try DeviceStore.detector(at: gateway.id, address: signal.address, in: db)
            let place = try detector?.site ?? gateway.site ?? DeviceStore.onlySite(of: gateway.id, in: db)
            if let place { site = try SiteStore.find(place, in: db) }
        }
    }

    /// The registered thing that has a fault or falls silent.
    var thing: Thing? { detector.map { .detector($0.id) } ?? gateway.map { .gateway($0.id) } }

    /// The address behind a gateway that is registered no further.
    var part: String { detector == nil ? address : "" }

    /// Where, in words: the register's if it has any, else what the device says, else its address.
    func place(_ signal: FireSignal) -> String {
        if let detector, !detector.place.isEmpty { return detector.place }
        if !signal.text.isEmpty { return signal.text }
        return signal.address.isEmpty ? signal.source.address : "\(signal.source.address) \(signal.address)"
    }
}

enum Counters {
    static let raised = Metrics.shared.counter("zhili_fire_alarms_raised_total", "Fire alarms raised")
    static let folded = Metrics.shared.counter("zhili_fire_alarms_folded_total", "Fire signals folded into an alarm")
}
