import Cases
import Identity
import Kernel
import Storage
import Web

extension DutyRoom {
    func shiftPage(_ routes: inout Routes) {
        routes.get("/duty/shifts/{id}", .needs(.dutyRead), "A watch: who stands it, and its log") { call in
            try await show(call)
        }
        routes.post("/duty/shifts/{id}/substitute", .needs(.dutyManage), "Put somebody in, from the page") { call in
            guard let person = call.form["staffId"].flatMap(StaffID.init) else {
                throw Problem.invalid(["staffId": "required"])
            }
            let shift = try await substitute(call, by: person, reason: call.form["reason"] ?? "")
            return .redirect(to: "/duty/shifts/\(shift.id)?done=saved")
        }
        routes.post("/duty/shifts/{id}/remarks", .needs(.dutyServe), "Add a line to the log, from the page") { call in
            try await remark(call, call.form["text"] ?? "")
            let id: ShiftID = try call.id()
            return .redirect(to: "/duty/shifts/\(id)?done=saved")
        }
    }

    private func show(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let id: ShiftID = try call.id()
        let now = Instant.now
        let (log, wishes, holders) = try await database.read { db in
            let log = try shiftLog(id, call, in: db)
            let shift = log.shift
            return (
                log,
                shift.staff == caller.id && shift.startsAt > now && caller.may(.dutyServe)
                    ? try swapChoices(for: shift, at: now, in: db) : nil,
                caller.may(.dutyManage) ? try StaffDirectory.onDuty(role: shift.role, area: nil, in: db) : []
            )
        }
        let (shift, roster, handover, names) = (log.shift, log.roster, log.handover, log.names)
        let isMine = shift.staff == caller.id
        var wishRows: [[String: Any]] = []
        for person in wishes?.people ?? [] {
            wishRows.append(["value": "p-\(person.id)", "label": call.word("duty.swap.take", ["name": person.name])])
        }
        for (other, name) in wishes?.shifts ?? [] {
            let span = call.weekday(other.startsAt) + " " + call.span(other.startsAt, other.endsAt)
            wishRows.append([
                "value": "s-\(other.id)",
                "label": call.word("duty.swap.exchange", ["name": name, "span": span]),
            ])
        }
        return try call.page(
            "shift", title: "\(shift.watch) \(shift.startsAt.date)",
            shown([
                "id": id.description, "name": names[shift.staff] ?? "",
                "role": call.word("role.\(shift.role.rawValue)"),
                "roster": roster?.name ?? "",
                "span": call.weekday(shift.startsAt) + " " + call.span(shift.startsAt, shift.endsAt),
                "state": shift.startsAt <= now || shift.checkedInAt != nil ? stateWords(shift, call) : "",
                "tint": stateTint(shift), "isChanged": shift.origin != .rotation,
                "origin": call.word("duty.origin.\(shift.origin.rawValue)"), "planned": names[shift.planned] ?? "",
                "note": shift.note,
                "canCheckIn": isMine && caller.may(.dutyServe) && shift.checkedInAt == nil && now < shift.endsAt
                    && now >= shift.startsAt - ShiftMoves.earlyMs,
                "handover": handover.map { $0.id.description } ?? "", "hasHandover": handover != nil,
                "canHandOver": isMine && caller.may(.dutyServe) && handover == nil && shift.checkedInAt != nil
                    && now >= shift.endsAt - Handovers.earlyMs,
                "canSwap": wishes != nil,
                "wishes": wishRows,
                "canRemark": caller.may(.dutyServe), "canSubstitute": !holders.isEmpty && now < shift.endsAt,
                "holders": holders.filter { $0.id != shift.staff }.map { ["id": $0.id.description, "name": $0.name] },
                "isCut": log.isCut, "cut": call.word("duty.log.cut", ["n": String(Self.logLimit)]),
                "lines": log.lines.map { lineRow($0, call) },
            ]))
    }

    private func lineRow(_ line: LogLine, _ call: Call) -> [String: Any] {
        let tints: [LogLine.Kind: String] = [.remark: "info", .watch: "ok"]
        return [
            "at": line.at.rfc3339, "atText": line.at.shortText, "who": line.who, "text": line.text,
            "href": line.href, "hasHref": !line.href.isEmpty, "kind": call.word("duty.log.kind.\(line.kind.rawValue)"),
            "tint": line.isBad ? "bad" : tints[line.kind] ?? "",
        ]
    }

    /// Who might take a watch, and which watches of others it might be exchanged for: those of the next three weeks.
    private func swapChoices(
        for shift: Shift, at now: Instant, in db: any Reading
    ) throws -> (people: [StaffDirectory.Contact], shifts: [(shift: Shift, name: String)]) {
        let people = try StaffDirectory.onDuty(role: shift.role, area: nil, in: db).filter { $0.id != shift.staff }
        let names = Dictionary(people.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        let shifts = try ShiftStore.page(
            ShiftFilter(role: shift.role, from: now, until: now + 21 * CivilTime.dayMs), limit: 200, in: db)
        return (
            people,
            shifts.compactMap { other in
                guard other.startsAt > now, let name = names[other.staff] else { return nil }
                return (shift: other, name: name)
            }
        )
    }
}
