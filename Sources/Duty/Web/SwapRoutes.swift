import Crypt
import Identity
import Kernel
import Storage
import Web

/// An exchange as the API shows it.
struct SwapItem: Codable, Sendable {
    var id: ID<Swap>
    var shiftId: ShiftID
    var askerId: StaffID
    var otherId: StaffID
    var otherShiftId: ShiftID?
    var reason: String
    var state: String
    var at: String

    init(_ swap: Swap) {
        id = swap.id
        shiftId = swap.shift
        askerId = swap.asker
        otherId = swap.other
        otherShiftId = swap.otherShift
        reason = swap.reason
        state = swap.state.rawValue
        at = swap.at.rfc3339
    }

    static let shape = Shape.object(
        [
            "id": .id, "shiftId": .id, "askerId": .id, "otherId": .id, "otherShiftId": .id, "reason": .text,
            "state": .oneOf(Swap.State.allCases.map(\.rawValue)), "at": .time,
        ], required: ["id", "shiftId", "askerId", "otherId", "reason", "state", "at"])
}

extension DutyRoom {
    private var swaps: Swaps { Swaps(moves: ShiftMoves(audit: audit)) }

    func swapRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/swaps", .needs(.dutyServe), "Exchanges that wait for the caller's word",
            shapes: Shapes(gives: .page(of: SwapItem.shape))
        ) { call in
            let caller = try call.signedIn()
            let waiting = try await database.read { db in try SwapStore.waiting(for: caller.id, in: db) }
            return try .list(waiting.map(SwapItem.init), next: nil)
        }
        routes.post(
            "/api/v1/shifts/{id}/swap", .needs(.dutyServe),
            "Asks somebody to take a watch, or to exchange it for theirs",
            shapes: Shapes(
                takes: .object(["staffId": .id, "shiftId": .id, "reason": .text], required: ["reason"]),
                gives: SwapItem.shape)
        ) { call in
            struct Body: Decodable { var staffId: StaffID?, shiftId: ShiftID?, reason: String }
            let body: Body = try call.json()
            return try .json(try await ask(call, of: body.staffId, for: body.shiftId, body.reason), status: 201)
        }
        routes.post(
            "/api/v1/swaps/{id}", .needs(.dutyServe), "Agrees to an exchange, or refuses it",
            shapes: Shapes(takes: .object(["agree": .flag], required: ["agree"]), gives: SwapItem.shape)
        ) { call in
            struct Body: Decodable { var agree: Bool }
            let body: Body = try call.json()
            return try .json(SwapItem(try await decide(call, body.agree)))
        }
        routes.post("/duty/shifts/{id}/swap", .needs(.dutyServe), "Ask for an exchange, from the page") { call in
            let wish = call.form["wish"] ?? ""
            let swap = try await ask(
                call, of: wish.hasPrefix("p-") ? StaffID(String(wish.dropFirst(2))) : nil,
                for: wish.hasPrefix("s-") ? ShiftID(String(wish.dropFirst(2))) : nil, call.form["reason"] ?? "")
            return .redirect(to: "/duty/shifts/\(swap.shiftId)?done=duty.swapAsked")
        }
        routes.post("/duty/swaps/{id}", .needs(.dutyServe), "Agree to an exchange, from the page") { call in
            _ = try await decide(call, call.form["agree"] == "1")
            return .redirect(to: "/duty?done=saved")
        }
        routes.post("/duty/calendar", .needs(.dutyServe), "Make a secret address of one's own calendar") { call in
            try call.page(
                "duty-calendar", title: call.word("duty.calendar.title"), ["path": try await calendarPath(call)]
            ).with("Cache-Control", "no-store")
        }
        routes.post(
            "/api/v1/shifts/calendar", .needs(.dutyServe),
            "Makes a secret address of one's own calendar; the one before ends",
            shapes: Shapes(gives: .object(["path": .text], required: ["path"]))
        ) { call in
            try .json(["path": try await calendarPath(call)], status: 201).with("Cache-Control", "no-store")
        }
        routes.get("/duty/calendar/{token}", .device, "One person's watches as iCalendar, behind a secret address") {
            call in
            let token = try call.param("token")
            let now = Instant.now
            let found = try await database.read { db -> ([Shift], [RosterID: String])? in
                guard token.utf8.count == 64, let staff = try CalendarStore.staff(of: token, in: db),
                    try StaffDirectory.contacts(of: [staff], in: db)[staff] != nil
                else { return nil }
                let shifts = try ShiftStore.page(
                    ShiftFilter(staff: staff, from: now - 30 * CivilTime.dayMs), limit: 500, in: db)
                let names = try RosterStore.all(in: db).map { ($0.id, $0.name) }
                return (shifts, Dictionary(names, uniquingKeysWith: { first, _ in first }))
            }
            guard let (shifts, names) = found else { throw Problem.notFound }
            let text = ICalendar.text(
                shifts.map {
                    ICalendar.Entry(
                        id: $0.id.description, from: $0.startsAt, until: $0.endsAt,
                        title: "\($0.watch) \(names[$0.roster] ?? "")", changedAt: now)
                }, name: word("duty.title", [:]))
            return .bytes(Array(text.utf8), type: "text/calendar; charset=utf-8").with("Cache-Control", "no-store")
        }
    }

    private func calendarPath(_ call: Call) async throws -> String {
        let caller = try call.signedIn()
        let token = try Secret.token()
        try await database.write { db in try CalendarStore.save(token, of: caller.id, at: .now, in: db) }
        return "/duty/calendar/\(token)"
    }

    private func ask(
        _ call: Call, of person: StaffID?, for shift: ShiftID?, _ reason: String
    ) async throws -> SwapItem {
        let (id, caller): (ShiftID, Caller) = (try call.id(), try call.signedIn())
        var check = FieldCheck()
        let reason = check.text(reason, "reason", 2...200)
        try check.finish()
        return try await call.once { [swaps] db in
            SwapItem(try swaps.ask(id, of: person, for: shift, reason: reason, by: caller, at: .now, in: db))
        }
    }

    private func decide(_ call: Call, _ agrees: Bool) async throws -> Swap {
        let (id, caller): (ID<Swap>, Caller) = (try call.id(), try call.signedIn())
        return try await database.write { [swaps] db in
            try swaps.decide(id, agrees: agrees, by: caller, at: .now, in: db)
        }
    }
}
