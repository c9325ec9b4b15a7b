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

    /// One line of the log, whatever it came from.
    private struct Line {
        var at: Instant
        var who: String
        var text: String
        var href: String
        var tint: String
    }

    private func show(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let id: ShiftID = try call.id()
        let now = Instant.now
        let data = try await database.read { [cases] db in
            guard let shift = try ShiftStore.find(id, in: db) else { throw Problem.notFound }
            let remarks = try RemarkStore.of(id, in: db)
            return (
                shift, try RosterStore.find(shift.roster, in: db), try HandoverStore.of(id, in: db),
                try cases.happened(in: shift.startsAt..<shift.endsAt, limit: 500, in: db), remarks,
                try StaffDirectory.names(of: [shift.staff, shift.planned] + remarks.map(\.staff), in: db),
                caller.may(.dutyManage) ? try StaffDirectory.onDuty(role: shift.role, area: nil, in: db) : []
            )
        }
        let (shift, roster, handover, happened, remarks, names, holders) = data
        var lines = happened.map { record, entry in
            Line(
                at: entry.at, who: entry.actorName(call), text: "\(record.number) \(record.title)：\(entry.text(call))",
                href: "/cases/\(record.id)", tint: "")
        }
        lines += remarks.map { Line(at: $0.at, who: names[$0.staff] ?? "", text: $0.text, href: "", tint: "info") }
        if let at = shift.checkedInAt {
            lines.append(
                Line(at: at, who: names[shift.staff] ?? "", text: call.word("duty.log.checkedIn"), href: "", tint: "ok")
            )
        }
        if let at = shift.missedAt {
            lines.append(Line(at: at, who: "", text: call.word("duty.log.missed"), href: "", tint: "bad"))
        }
        lines.sort { $0.at < $1.at }
        let isMine = shift.staff == caller.id
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
                "canRemark": caller.may(.dutyServe), "canSubstitute": !holders.isEmpty && now < shift.endsAt,
                "holders": holders.filter { $0.id != shift.staff }.map { ["id": $0.id.description, "name": $0.name] },
                "lines": lines.map { line in
                    [
                        "at": line.at.rfc3339, "atText": line.at.shortText, "who": line.who, "text": line.text,
                        "href": line.href, "hasHref": !line.href.isEmpty, "tint": line.tint,
                    ] as [String: Any]
                },
            ]))
    }
}
