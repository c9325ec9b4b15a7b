import Cases
import Identity
import Kernel
import Notify
import Places
import Storage
import Watch
import Web

/// Joins the watch room to the desk.
struct WatchAdapter: WatchDesk {
    let cases: CaseDesk
    let areas: AreaIndex
    let audit: Audit
    let catalogue: Catalogue
    let outbox = Outbox()

    func openCase(_ new: NewWatchCase, by person: WatchPerson, in db: any Writing) throws -> CaseID {
        let id = try cases.open(
            NewCase(
                kind: new.kind == .river ? .river : .hazard, severity: Severity(rawValue: new.severity) ?? .moderate,
                title: new.title, placeText: new.place, point: new.point, area: new.area, subject: new.subject,
                signal: Signal(source: "watch", key: new.key), at: new.at), in: db)
        // Somebody looked: it is taken and real in the same moment.
        if new.kind == .river {
            try cases.acknowledged(id, by: actor(person), at: new.at, in: db)
            try cases.verified(id, verdict: .real, by: actor(person), at: new.at, in: db)
        }
        return id
    }

    func note(_ text: String, on id: CaseID, by person: WatchPerson, at: Instant, in db: any Writing) throws {
        try cases.note(text, on: id, by: actor(person), at: at, in: db)
    }

    func callPatrol(
        to id: CaseID, text: String, by person: WatchPerson, at: Instant, in db: any Writing
    ) throws -> [String] {
        guard let unit = try cases.callOut(kind: "patrol", note: text, to: id, by: actor(person), at: at, in: db)
        else { return [] }
        if !unit.phone.isEmpty {
            for channel in [Channel.call, .sms] {
                try outbox.enqueue(
                    NewMessage(
                        channel: channel, to: Recipient(name: unit.name, phone: unit.phone, role: "patrol"), text: text,
                        caseID: id, subject: "cases/\(id)", key: "watch-\(id)-\(unit.id)-\(channel.rawValue)",
                        priority: .emergency, at: at), in: db)
            }
        }
        return [unit.name]
    }

    func area(at point: GeoPoint) -> AreaID? { areas.area(at: point) }

    func name(of area: AreaID) -> String { areas.name(of: area) }

    func audit(
        _ action: String, subject: String, by person: WatchPerson, purpose: String, at: Instant, in db: any Writing
    ) throws {
        let actor = actor(person)
        try audit.record(
            AuditEntry(
                at: at, actor: actor.staffID, actorName: actor.name, action: action, subject: subject, purpose: purpose),
            in: db)
    }

    func word(_ key: String, _ values: [String: String]) -> String { catalogue.word(key, .zh, values) }

    private func actor(_ person: WatchPerson) -> Actor {
        switch person {
        case .staff(let id, let name): .staff(id, name)
        case .system(let rule): .system(rule)
        }
    }
}
