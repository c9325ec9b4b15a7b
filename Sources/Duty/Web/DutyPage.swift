import Cases
import Foundation
import Identity
import Kernel
import Office
import Places
import Storage
import Web

extension DutyRoom {
    func dutyPage(_ routes: inout Routes) {
        routes.get("/duty", .needs(.dutyRead), "Who is on duty, what is unmanned, and the week's watches") { call in
            try await overview(call)
        }
        routes.get("/duty/shifts.xlsx", .needs(.dutyRead), "Shifts as a workbook") { call in try await export(call) }
        routes.post("/duty/shifts/{id}/check-in", .needs(.dutyServe), "Come to a watch, from the page") { call in
            let (id, caller): (ShiftID, Caller) = (try call.id(), try call.signedIn())
            _ = try await database.write { [audit] db in
                try ShiftMoves(audit: audit).checkIn(id, by: caller, at: .now, in: db)
            }
            return .redirect(to: "/duty?done=duty.checkedIn")
        }
    }

    /// Everything the page needs, read in one snapshot.
    private struct Snapshot: Sendable {
        var found: [(role: Role, found: DutyDesk.Found)]
        var running: [Shift]
        var gaps: [DutyDesk.Gap]
        var mine: [Shift]
        var rosters: [Roster]
        var week: [Shift]
        var names: [StaffID: String]
        var waiting: [Handover]
        var kept: [HandoverItem]
        var swaps: [(swap: Swap, shift: Shift, theirs: Shift?)]
    }

    private func overview(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let now = Instant.now
        let chosen = call.query("week").flatMap { Instant($0) } ?? now
        let monday = chosen.dayNumber - chosen.weekday
        let (weekStart, weekEnd) = (Instant.midnight(of: monday), Instant.midnight(of: monday + 7))
        let data = try await database.read { [desk] db in
            let rosters = try RosterStore.all(in: db)
            let active = Set(rosters.filter(\.isActive).map(\.role))
            let week = try ShiftStore.page(ShiftFilter(from: weekStart, until: weekEnd), limit: 2_000, in: db)
            let running = try ShiftStore.running(at: now, in: db)
            let swaps = try SwapStore.waiting(for: caller.id, in: db).compactMap { swap in
                try ShiftStore.find(swap.shift, in: db).map { shift in
                    (swap: swap, shift: shift, theirs: try swap.otherShift.flatMap { try ShiftStore.find($0, in: db) })
                }
            }
            return Snapshot(
                found: try Self.roles.filter(active.contains).map {
                    ($0, try desk.find($0, for: nil, at: now, in: db))
                },
                running: running, gaps: try desk.gaps(in: now..<(now + 14 * CivilTime.dayMs), in: db),
                mine: try ShiftStore.page(ShiftFilter(staff: caller.id, from: now), limit: 6, in: db),
                rosters: rosters, week: week,
                names: try StaffDirectory.names(
                    of: (week + running).map(\.staff) + swaps.map(\.swap.asker), in: db),
                waiting: try HandoverStore.waiting(for: caller.id, in: db),
                kept: try HandoverStore.kept(by: caller.id, since: now - 7 * CivilTime.dayMs, in: db), swaps: swaps)
        }
        return try call.page(
            "duty", title: call.word("duty.title"),
            [
                "on": data.found.map { onCard($0.role, $0.found, data, call) },
                "gaps": data.gaps.prefix(20).map { gap in
                    [
                        "text": call.word(
                            "duty.gap",
                            [
                                "role": call.word("role.\(gap.role.rawValue)")
                                    + (gap.area.map { " " + areas.name(of: $0) } ?? ""),
                                "weekday": call.weekday(gap.from), "span": call.span(gap.from, gap.until),
                            ])
                    ]
                },
                "waiting": data.waiting.map { ["href": "/duty/handovers/\($0.id)", "at": $0.at.shortText] },
                "hasSwaps": !data.swaps.isEmpty,
                "swaps": data.swaps.map { swap, shift, theirs in
                    let name = data.names[swap.asker] ?? ""
                    let own = call.weekday(shift.startsAt) + " " + call.span(shift.startsAt, shift.endsAt)
                    let other = theirs.map { call.weekday($0.startsAt) + " " + call.span($0.startsAt, $0.endsAt) }
                    return [
                        "id": swap.id.description, "reason": swap.reason,
                        "text": call.word(
                            other == nil ? "duty.swap.line" : "duty.swap.lineExchange",
                            ["name": name, "span": own, "other": other ?? ""]),
                    ]
                },
                "hasKept": !data.kept.isEmpty,
                "kept": data.kept.map { ["text": $0.text, "href": $0.href.isEmpty ? "/duty" : $0.href] },
                "mine": data.mine.map { mineRow($0, at: now, call) },
                "isServing": caller.may(.dutyServe), "canManage": caller.may(.dutyManage),
                "days": (0..<7).map { offset -> [String: Any] in
                    let day = Instant.midnight(of: monday + offset)
                    return [
                        "weekday": call.weekday(day), "date": String(day.date.dropFirst(5)),
                        "isToday": day.dayNumber == now.dayNumber,
                        "isRest": !planning.calendar.isWorkday(day.dayNumber),
                    ]
                },
                "rosters": data.rosters.filter { $0.isActive || caller.may(.dutyManage) }.map {
                    rosterTable($0, monday: monday, data, caller.id, call)
                },
                "week": String(weekStart.date), "previous": Instant.midnight(of: monday - 7).date,
                "following": Instant.midnight(of: monday + 7).date,
                "export": "/duty/shifts.xlsx?from=\(weekStart.date)&until=\(weekEnd.date)",
            ])
    }

    private func onCard(_ role: Role, _ found: DutyDesk.Found, _ data: Snapshot, _ call: Call) -> [String: Any] {
        [
            "role": call.word("role.\(role.rawValue)"), "isGap": found.source == .gap,
            "why": call.word("duty.source.gap", ["role": call.word("role.\(role.rawValue)")]),
            "people": found.source != .roster
                ? [[String: Any]]()
                : found.people.map { person -> [String: Any] in
                    let shift = data.running.first { $0.staff == person.id && $0.role == role }
                    return shown([
                        "name": person.name, "phone": maskedPhone(person.phone), "watch": shift?.watch ?? "",
                        "until": shift.map { call.word("duty.until", ["time": $0.endsAt.shortText]) } ?? "",
                        "href": shift.map { "/duty/shifts/\($0.id)" } ?? "/duty",
                        "state": stateWords(shift, call), "tint": stateTint(shift),
                        "area": shift?.area.map(areas.name(of:)) ?? "",
                    ])
                },
        ]
    }

    func stateWords(_ shift: Shift?, _ call: Call) -> String {
        guard let shift else { return "" }
        if shift.checkedInAt != nil { return call.word("duty.state.here") }
        return call.word(shift.missedAt == nil ? "duty.state.expected" : "duty.state.missed")
    }

    func stateTint(_ shift: Shift?) -> String {
        guard let shift else { return "" }
        if shift.checkedInAt != nil { return "ok" }
        return shift.missedAt == nil ? "" : "bad"
    }

    private func mineRow(_ shift: Shift, at now: Instant, _ call: Call) -> [String: Any] {
        shown([
            "id": shift.id.description, "watch": shift.watch, "role": call.word("role.\(shift.role.rawValue)"),
            "span": call.weekday(shift.startsAt) + " " + call.span(shift.startsAt, shift.endsAt),
            "state": shift.startsAt <= now || shift.checkedInAt != nil ? stateWords(shift, call) : "",
            "tint": stateTint(shift),
            "canCheckIn": shift.checkedInAt == nil && now >= shift.startsAt - ShiftMoves.earlyMs,
        ])
    }

    private func rosterTable(
        _ roster: Roster, monday: Int, _ data: Snapshot, _ me: StaffID, _ call: Call
    ) -> [String: Any] {
        let shifts = data.week.filter { $0.roster == roster.id }
        var watches = roster.rotation.watches.map(\.name)
        for shift in shifts where !watches.contains(shift.watch) { watches.append(shift.watch) }
        return shown([
            "id": roster.id.description, "name": roster.name, "role": call.word("role.\(roster.role.rawValue)"),
            "area": roster.area.map(areas.name(of:)) ?? "", "isActive": roster.isActive, "mustCover": roster.mustCover,
            "rows": watches.map { watch -> [String: Any] in
                [
                    "watch": watch,
                    "times": roster.rotation.watches.first { $0.name == watch }
                        .map { String($0.line.dropFirst(watch.count + 1)) } ?? "",
                    "cells": (0..<7).map { offset -> [String: Any] in
                        let day = monday + offset
                        return [
                            "date": String(Instant.midnight(of: day).date.dropFirst(5)),
                            "people": shifts.filter { $0.watch == watch && $0.startsAt.dayNumber == day }.map {
                                [
                                    "name": data.names[$0.staff] ?? "", "href": "/duty/shifts/\($0.id)",
                                    "isMine": $0.staff == me, "isChanged": $0.origin != .rotation,
                                    "origin": call.word("duty.origin.\($0.origin.rawValue)"),
                                    "isHere": $0.checkedInAt != nil,
                                    "isMissed": $0.missedAt != nil && $0.checkedInAt == nil,
                                ] as [String: Any]
                            },
                        ]
                    },
                ]
            },
        ])
    }

    private func export(_ call: Call) async throws -> Answer {
        let (shifts, names) = try await database.read { db in
            let shifts = try ShiftStore.page(try filter(call, in: db), limit: 20_000, in: db)
            return (shifts, try StaffDirectory.names(of: shifts.map(\.staff) + shifts.map(\.planned), in: db))
        }
        let columns = ["role", "watch", "name", "planned", "starts", "ends", "came", "origin", "note"]
        let book = try Workbook(sheet: "Zhili", columns: columns.map { (call.word("duty.column.\($0)"), 18) })
        for shift in shifts {
            book.add([
                .text(call.word("role.\(shift.role.rawValue)")), .text(shift.watch), .text(names[shift.staff] ?? ""),
                .text(names[shift.planned] ?? ""), .moment(shift.startsAt.ms), .moment(shift.endsAt.ms),
                shift.checkedInAt.map { .moment($0.ms) } ?? .empty,
                .text(call.word("duty.origin.\(shift.origin.rawValue)")),
                .text(shift.note),
            ])
        }
        return .bytes(try book.bytes(), type: Workbook.type, name: call.word("duty.title") + ".xlsx")
    }
}
