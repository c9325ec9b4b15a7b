import Cases
import Identity
import Kernel
import Storage
import Web

/// Hands a watch over: what is there is written down and signed, and the next one takes it item by item.
struct Handovers {
    /// Milliseconds before its end from which a watch may be handed over.
    static let earlyMs: Int64 = 3_600_000

    let audit: Audit
    let cases: CaseDesk
    /// What other rooms leave to the next watch.
    let outstanding: DutyRoom.Outstanding

    /// Everything that is open now, the gravest first.
    func items(of shift: Shift, in db: any Reading) throws -> [HandoverItem] {
        // Items keep the order in which they are made.
        let left = try outstanding(db)
        let open = try cases.open(limit: 300, in: db).map { record in
            HandoverItem(
                .openCase, "\(record.number) \(record.title)", href: "/cases/\(record.id)", dueAt: record.dueAt)
        }
        let remarks = try RemarkStore.of(shift.id, in: db).map { HandoverItem(.remark, $0.text) }
        return left + open + remarks
    }

    /// The one on watch signs.
    func give(_ id: ShiftID, by caller: Caller, at now: Instant, in db: any Writing) throws -> Handover {
        guard let shift = try ShiftStore.find(id, in: db) else { throw Problem.notFound }
        guard shift.staff == caller.id else { throw Problem.conflict("duty.not-yours") }
        if let known = try HandoverStore.of(id, in: db) { return known }
        guard shift.checkedInAt != nil else { throw Problem.conflict("duty.not-here") }
        guard now >= shift.endsAt - Self.earlyMs else { throw Problem.conflict("duty.too-early") }
        guard let next = try HandoverStore.next(after: shift, in: db) else { throw Problem.conflict("duty.no-next") }
        let items = try items(of: shift, in: db)
        let handover = try Handover(from: shift, to: next, at: now, items: items)
        try HandoverStore.insert(handover, items, in: db)
        if items.isEmpty { try HandoverStore.finish(handover.id, at: now, in: db) }
        try audit.record(
            AuditEntry(
                at: now, actor: caller.id, actorName: caller.name, action: "shift.hand-over",
                subject: "handovers/\(handover.id)",
                detail: try JSON.text(["sha256": handover.digest, "items": String(items.count)])), in: db)
        try DutyEvents.publish("shift.handed-over", shift, in: db)
        return handover
    }

    /// The next one takes an item, or leaves it where it is.
    func decide(
        _ id: HandoverID, _ item: ID<HandoverItem>?, takes: Bool, note: String, by caller: Caller, at now: Instant,
        in db: any Writing
    ) throws -> Handover {
        guard let handover = try HandoverStore.find(id, in: db) else { throw Problem.notFound }
        guard try HandoverStore.taker(of: handover, in: db) == caller.id else {
            throw Problem.conflict("duty.not-taker")
        }
        let open = try HandoverStore.items(of: id, in: db).filter { $0.state == .offered }
        let chosen = item.map { [$0] } ?? open.map(\.id)
        if let item, try !HandoverStore.items(of: id, in: db).contains(where: { $0.id == item }) {
            throw Problem.notFound
        }
        for one in chosen {
            guard try HandoverStore.decide(one, of: id, takes ? .accepted : .kept, note: note, at: now, in: db) else {
                throw Problem.conflict("duty.decided")
            }
        }
        try HandoverStore.finish(id, at: now, in: db)
        try audit.record(
            AuditEntry(
                at: now, actor: caller.id, actorName: caller.name,
                action: takes ? "shift.take-over" : "shift.leave", subject: "handovers/\(id)",
                detail: try JSON.text(["items": chosen.map(\.description).joined(separator: ","), "note": note])),
            in: db)
        if let shift = try ShiftStore.find(handover.shift, in: db) {
            try DutyEvents.publish("shift.taken-over", shift, in: db)
        }
        return try HandoverStore.find(id, in: db) ?? handover
    }
}
