import Cases
import Duty
import FireGuard
import Identity
import Kernel
import Notify
import Places
import Storage
import Web

/// Joins the fire room to the desk: its cases, messages, people and record.
struct DeskAdapter: Desk {
    let cases: CaseDesk
    let areas: AreaIndex
    let duty: DutyDesk
    let escalations: Escalations
    let outbox = Outbox()
    let audit: Audit
    let catalogue: Catalogue

    func openCase(_ new: NewFireCase, in db: any Writing) throws -> CaseID {
        try cases.open(
            NewCase(
                kind: new.isWork ? .device : .fire, severity: Severity(rawValue: new.severity) ?? .moderate,
                title: new.title, placeText: new.place, point: new.point, area: new.area, subject: new.subject,
                signal: Signal(source: "fire", key: new.signalKey), at: new.at), in: db)
    }

    func join(_ signalKey: String, text: String, to id: CaseID, at: Instant, in db: any Writing) throws {
        try cases.join(Signal(source: "fire", key: signalKey), text: text, to: id, at: at, in: db)
    }

    func raiseSeverity(to severity: Int, reason: String, of id: CaseID, at: Instant, in db: any Writing) throws {
        try cases.raiseSeverity(to: Severity(rawValue: severity) ?? .grave, reason: reason, of: id, at: at, in: db)
    }

    func note(_ text: String, on id: CaseID, by: Person, at: Instant, in db: any Writing) throws {
        try cases.note(text, on: id, by: actor(by), at: at, in: db)
    }

    func acknowledged(_ id: CaseID, by: Person, at: Instant, in db: any Writing) throws {
        try cases.acknowledged(id, by: actor(by), at: at, in: db)
    }

    func verified(_ id: CaseID, verdict: Alarm.Verdict, by: Person, at: Instant, in db: any Writing) throws {
        try cases.verified(id, verdict: Verdict(rawValue: verdict.rawValue) ?? .real, by: actor(by), at: at, in: db)
    }

    func isOpen(_ id: CaseID, in db: any Reading) throws -> Bool { try cases.isOpen(id, in: db) }

    func tell(_ message: FireMessage, in db: any Writing) throws {
        try outbox.enqueue(
            NewMessage(
                channel: message.channel == .sms ? .sms : .call,
                to: Recipient(name: message.to.name, phone: message.to.phone, role: message.to.role),
                text: message.text, caseID: message.caseID, subject: message.subject, key: message.key,
                priority: message.subject.hasPrefix("alarms/") ? .emergency : .routine, at: message.at,
                content: message.content), in: db)
    }

    func withdraw(subject: String, in db: any Writing) throws {
        try outbox.withdraw(subject: subject, at: .now, in: db)
    }

    func escalate(
        subject: String, caseID: CaseID, area: AreaID?, text: String, content: MessageContent, at: Instant,
        in db: any Writing
    ) throws {
        try escalations.start(
            policy: EscalationPolicy.fire.name, subject: subject, caseID: caseID, area: area, text: text,
            content: content, at: at, in: db)
    }

    func endEscalation(subject: String, at: Instant, in db: any Writing) throws {
        try escalations.acknowledge(subject: subject, at: at, in: db)
    }

    func brigade(area: AreaID?, in db: any Reading) throws -> [Contact] {
        try duty.find(.brigade, for: area, at: .now, in: db).people.map {
            Contact(staff: $0.id, name: $0.name, phone: $0.phone, role: "brigade")
        }
    }

    func area(at point: GeoPoint, in db: any Reading) throws -> AreaID? { areas.area(at: point) }

    func audit(
        _ action: String, subject: String, by: Person, purpose: String?, at: Instant, in db: any Writing
    ) throws {
        var id: StaffID?
        if case .staff(let staff, _) = by { id = staff }
        try audit.record(
            AuditEntry(
                at: at, actor: id, actorName: by.name, action: action, subject: subject, purpose: purpose ?? ""),
            in: db)
    }

    func word(_ key: String, _ values: [String: String]) -> String { catalogue.word(key, .zh, values) }

    private func actor(_ person: Person) -> Actor {
        switch person {
        case .staff(let id, let name): .staff(id, name)
        case .system(let rule): .system(rule)
        }
    }
}

extension DutyDesk.Found {
    /// As escalations take it.
    var told: Escalations.OnDuty {
        switch source {
        case .roster: Escalations.OnDuty(people: people)
        case .gap: Escalations.OnDuty(people: people, why: "duty.source.gap", isGap: true)
        case .none: Escalations.OnDuty(people: people, why: "duty.source.none")
        }
    }
}
