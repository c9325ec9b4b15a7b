import CAP
import Cases
import Identity
import Kernel
import Storage
import Web

/// Writes, issues, cancels and hears; each call is a part of the caller's transaction.
struct BroadcastDesk: Sendable {
    let centre: @Sendable () -> CentreName
    let areas: @Sendable () -> [BroadcastArea]
    let areaAt: @Sendable (GeoPoint) -> AreaID?
    let cases: CaseDesk
    let audit: Audit

    /// The message as it is or would be on the wire.
    func alert(_ one: Broadcast, at now: Instant, in db: any Reading) throws -> Alert {
        let centre = centre()
        var earlier: [Alert.Reference] = []
        if let id = one.earlier, let before = try BroadcastStore.find(id, in: db), let issued = before.issuedAt,
            let identifier = before.identifier
        {
            earlier = [
                Alert.Reference(
                    sender: centre.sender, identifier: identifier, sent: Instant(ms: issued.ms / 1_000 * 1_000))
            ]
        }
        let all = areas()
        let chosen =
            one.content.areas.isEmpty ? all.filter(\.isTown) : all.filter { one.content.areas.contains($0.id) }
        let sent = one.issuedAt ?? now
        return one.alert(
            centre, identifier: one.identifier ?? Broadcast.identifier(centre.code, at: sent, serial: 0), sent: sent,
            areas: chosen, earlier: earlier)
    }

    /// Issues a draft. What is meant takes a leader; nothing goes out that breaks the protocol's rules.
    func issue(_ id: ID<Broadcast>, by caller: Caller, at now: Instant, in db: any Writing) throws {
        guard let one = try BroadcastStore.find(id, in: db) else { throw Problem.notFound }
        guard one.issuedAt == nil else { throw Problem.conflict("broadcast.issued-already") }
        if one.content.status == .actual { try caller.require(.broadcastActual) }
        let centre = centre()
        guard one.content.scope != .public || centre.mayWarnPublic else {
            throw Problem.conflict("broadcast.not-public")
        }
        let faults = AlertRules.faults(try alert(one, at: now, in: db))
        guard faults.isEmpty else {
            throw Problem(
                422, "broadcast.unsound", detail: faults.prefix(5).map(\.description).joined(separator: "; "))
        }
        let names = (0...9).map { Broadcast.identifier(centre.code, at: now, serial: $0) }
        guard let name = try names.first(where: { try !BroadcastStore.isTaken($0, in: db) }) else {
            throw Problem(503, "broadcast.too-many", retryAfter: 1)
        }
        try BroadcastStore.issue(id, identifier: name, by: caller.id, name: caller.name, at: now, in: db)
        if one.kind == .cancel, let earlier = one.earlier { try BroadcastStore.end(earlier, at: now, in: db) }
        if let caseID = one.content.caseID {
            try cases.note(one.content.headline, on: caseID, by: .staff(caller.id, caller.name), at: now, in: db)
        }
        try record("broadcast.issue", id, caller, at: now, in: db)
    }

    /// Cancels what is in force by a message of its own.
    func cancel(_ id: ID<Broadcast>, reason: String, by caller: Caller, at now: Instant, in db: any Writing) throws
        -> ID<Broadcast>
    {
        guard var one = try BroadcastStore.find(id, in: db) else { throw Problem.notFound }
        guard one.kind != .cancel, one.state(at: now) == .issued else {
            throw Problem.conflict("broadcast.not-in-force")
        }
        one.id = .next()
        one.identifier = nil
        one.kind = .cancel
        one.earlier = id
        one.content.text = reason
        one.content.instruction = ""
        (one.createdAt, one.createdBy, one.createdName) = (now, caller.id, caller.name)
        (one.issuedAt, one.issuedBy, one.issuedName, one.endedAt) = (nil, nil, "", nil)
        try BroadcastStore.insert(one, in: db)
        try issue(one.id, by: caller, at: now, in: db)
        return one.id
    }

    func record(_ action: String, _ id: ID<Broadcast>, _ caller: Caller, at now: Instant, in db: any Writing) throws {
        try audit.record(
            AuditEntry(
                at: now, actor: caller.id, actorName: caller.name, action: action, subject: "broadcasts/\(id)"), in: db)
    }

    /// Takes another centre's alert; the same one again changes nothing. A grave one that is meant becomes a case, what
    /// updates or cancels it joins that case.
    func take(_ alert: Alert, document: String, at now: Instant, in db: any Writing) throws -> ID<ReceivedAlert> {
        if let known = try ReceivedStore.find(alert.reference, in: db) { return known.id }
        let id = ID<ReceivedAlert>.next()
        let signal = Signal(source: "cap", key: "\(alert.sender),\(alert.identifier),\(alert.sent.ms)")
        let words = alert.infos.first.map { $0.headline ?? $0.event } ?? alert.kind.rawValue
        var caseID: CaseID?
        for reference in alert.references.prefix(50) where caseID == nil {
            caseID = try ReceivedStore.find(reference, in: db)?.caseID
        }
        if let caseID {
            try cases.join(signal, text: "\(alert.kind.rawValue): \(words)", to: caseID, at: now, in: db)
        } else if ReceivedRules.opensCase(alert), let info = alert.infos.first {
            let point = ReceivedRules.point(info)
            caseID = try cases.open(
                NewCase(
                    kind: .hazard, severity: info.severity == .extreme ? .grave : .serious,
                    title: String(words.prefix(100)),
                    placeText: String((info.areas.first?.description ?? "").prefix(200)), point: point,
                    area: point.flatMap(areaAt), subject: "alerts-received/\(id)", signal: signal, at: now), in: db)
        }
        try ReceivedStore.insert(alert, id: id, document: document, case: caseID, at: now, in: db)
        return id
    }
}

/// What becomes of another centre's alert.
enum ReceivedRules {
    /// Whether it is meant, grave, and not over.
    static func opensCase(_ alert: Alert) -> Bool {
        guard alert.status == .actual, alert.kind == .alert || alert.kind == .update else { return false }
        return alert.infos.contains {
            ($0.severity == .extreme || $0.severity == .severe) && $0.urgency != .past
                && !$0.responses.contains(.allClear)
        }
    }

    /// A place for the map: the first circle's middle, else the middle of the first ring.
    static func point(_ info: Info) -> GeoPoint? {
        if let circle = info.areas.lazy.flatMap(\.circles).first { return circle.center }
        guard let ring = info.areas.lazy.flatMap(\.polygons).first(where: { !$0.isEmpty }) else { return nil }
        let count = Double(ring.count)
        return GeoPoint(lat: ring.reduce(0) { $0 + $1.lat } / count, lon: ring.reduce(0) { $0 + $1.lon } / count)
    }
}
