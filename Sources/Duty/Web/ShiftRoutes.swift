import Foundation
import Identity
import Kernel
import Office
import Storage
import Web

/// A shift as the API shows it.
struct ShiftItem: Encodable {
    var id: ShiftID
    var rosterId: RosterID
    var role: String
    var areaId: AreaID?
    var watch: String
    var staffId: StaffID
    var name: String
    var plannedId: StaffID
    var startsAt: String
    var endsAt: String
    var origin: String
    var checkedInAt: String?
    var missedAt: String?
    var note: String

    init(_ shift: Shift, names: [StaffID: String]) {
        id = shift.id
        rosterId = shift.roster
        role = shift.role.rawValue
        areaId = shift.area
        watch = shift.watch
        staffId = shift.staff
        name = names[shift.staff] ?? ""
        plannedId = shift.planned
        startsAt = shift.startsAt.rfc3339
        endsAt = shift.endsAt.rfc3339
        origin = shift.origin.rawValue
        checkedInAt = shift.checkedInAt?.rfc3339
        missedAt = shift.missedAt?.rfc3339
        note = shift.note
    }

    static let shape = Shape.object(
        [
            "id": .id, "rosterId": .id, "role": .text, "areaId": .id, "watch": .text, "staffId": .id, "name": .text,
            "plannedId": .id, "startsAt": .time, "endsAt": .time,
            "origin": .oneOf(Shift.Origin.allCases.map(\.rawValue)), "checkedInAt": .time, "missedAt": .time,
            "note": .text,
        ], required: ["id", "rosterId", "role", "watch", "staffId", "name", "startsAt", "endsAt", "origin"])
}

/// Who is on duty in one role.
struct OnDutyItem: Encodable {
    struct Person: Encodable {
        var staffId: StaffID
        var name: String
        var phone: String
    }
    var id: String
    var role: String
    var source: String
    var people: [Person]

    init(_ role: Role, _ found: DutyDesk.Found) {
        id = role.rawValue
        self.role = role.rawValue
        source = found.source.rawValue
        people = found.people.map { Person(staffId: $0.id, name: $0.name, phone: maskedPhone($0.phone)) }
    }
}

struct GapItem: Encodable {
    var id: String
    var role: String
    var areaId: AreaID?
    var from: String
    var until: String

    init(_ gap: DutyDesk.Gap) {
        id = "\(gap.role.rawValue)-\(gap.area?.description ?? "town")-\(gap.from.ms)"
        role = gap.role.rawValue
        areaId = gap.area
        from = gap.from.rfc3339
        until = gap.until.rfc3339
    }
}

extension DutyRoom {
    /// The roles that stand watches.
    static let roles: [Role] = [.officer, .leader, .brigade, .patrol, .grid, .clerk]

    func shiftRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/shifts", .needs(.dutyRead), "Shifts in order of time, from now on where nothing else is asked",
            shapes: Shapes(
                query: [
                    ("role", "one role"), ("roster", "one roster"), ("staff", "one person"),
                    ("from", "ending after this time"), ("until", "starting before this time"),
                    ("after", "the last id seen"), ("limit", "1…500"),
                ], gives: .page(of: ShiftItem.shape))
        ) { call in
            let (shifts, names, more) = try await page(call)
            return try .list(
                shifts.map { ShiftItem($0, names: names) },
                next: more ? shifts.last.map { Self.next("/api/v1/shifts", call, after: $0.id) } : nil)
        }
        routes.get(
            "/api/v1/shifts/on-duty", .needs(.dutyRead), "Who is on duty at a time, by role, and why these people",
            shapes: Shapes(query: [("role", "one role"), ("area", "one area"), ("at", "a time, else now")])
        ) { call in
            let roles = call.query("role").map { [Role(rawValue: $0)].compactMap(\.self) } ?? Self.roles
            guard let at = call.query("at").map({ Instant($0) }) ?? .now else {
                throw Problem.invalid(["at": "invalid"])
            }
            let area = call.query("area").flatMap(AreaID.init)
            let found = try await database.read { [desk] db in
                try roles.map { OnDutyItem($0, try desk.find($0, for: area, at: at, in: db)) }
            }
            return try .list(found, next: nil)
        }
        routes.get(
            "/api/v1/shifts/gaps", .needs(.dutyRead), "Times in which nobody is there who must be",
            shapes: Shapes(query: [("days", "1…30, else 14")])
        ) { call in
            let days = Int64(min(30, max(1, call.query("days").flatMap { Int($0) } ?? 14)))
            let now = Instant.now
            let gaps = try await database.read { [desk] db in
                try desk.gaps(in: now..<(now + days * CivilTime.dayMs), in: db)
            }
            return try .list(gaps.map(GapItem.init), next: nil)
        }
        routes.get(
            "/api/v1/shifts/{id}", .needs(.dutyRead), "A shift", shapes: Shapes(gives: ShiftItem.shape)
        ) { call in
            let id: ShiftID = try call.id()
            return try await item(call) { db in try ShiftStore.find(id, in: db) }
        }
        routes.post(
            "/api/v1/shifts/{id}/check-in", .needs(.dutyServe), "Somebody comes to the watch that is theirs",
            shapes: Shapes(gives: ShiftItem.shape)
        ) { call in
            let (id, caller): (ShiftID, Caller) = (try call.id(), try call.signedIn())
            let shift = try await database.write { [audit] db in
                try ShiftMoves(audit: audit).checkIn(id, by: caller, at: .now, in: db)
            }
            return try await item(call) { _ in shift }
        }
        routes.post(
            "/api/v1/shifts/{id}/substitute", .needs(.dutyManage), "Somebody stands in for another",
            shapes: Shapes(
                takes: .object(["staffId": .id, "reason": .text], required: ["staffId", "reason"]),
                gives: ShiftItem.shape)
        ) { call in
            struct Body: Decodable { var staffId: StaffID, reason: String }
            let body: Body = try call.json()
            let shift = try await substitute(call, by: body.staffId, reason: body.reason)
            return try await item(call) { _ in shift }
        }
        routes.post(
            "/api/v1/shifts/{id}/remarks", .needs(.dutyServe), "Adds a line to the log of a watch",
            shapes: Shapes(takes: .object(["text": .text], required: ["text"]))
        ) { call in
            struct Body: Decodable { var text: String }
            let body: Body = try call.json()
            try await remark(call, body.text)
            return .nothing
        }
    }

    func substitute(_ call: Call, by person: StaffID, reason: String) async throws -> Shift {
        let (id, caller): (ShiftID, Caller) = (try call.id(), try call.signedIn())
        var check = FieldCheck()
        let reason = check.text(reason, "reason", 2...200)
        try check.finish()
        return try await database.write { [audit] db in
            try ShiftMoves(audit: audit).substitute(id, by: person, reason: reason, caller: caller, at: .now, in: db)
        }
    }

    func remark(_ call: Call, _ text: String) async throws {
        let (id, caller): (ShiftID, Caller) = (try call.id(), try call.signedIn())
        var check = FieldCheck()
        let text = check.text(text, "text", 1...500)
        try check.finish()
        try await database.write { [audit] db in
            try ShiftMoves(audit: audit).remark(id, text, by: caller, at: .now, in: db)
        }
    }

    func filter(_ call: Call, in db: any Reading) throws -> ShiftFilter {
        var filter = ShiftFilter(
            role: call.query("role").flatMap(Role.init(rawValue:)), roster: call.query("roster").flatMap(RosterID.init),
            staff: call.query("staff").flatMap(StaffID.init),
            from: call.query("from").flatMap { Instant($0) } ?? .now,
            until: call.query("until").flatMap { Instant($0) })
        if let last = try call.query("after").flatMap(ShiftID.init).flatMap({ try ShiftStore.find($0, in: db) }) {
            filter.after = (last.startsAt, last.id)
        }
        return filter
    }

    func page(_ call: Call) async throws -> (shifts: [Shift], names: [StaffID: String], more: Bool) {
        let limit = call.limit
        return try await database.read { db in
            let found = try ShiftStore.page(try filter(call, in: db), limit: limit + 1, in: db)
            let shifts = Array(found.prefix(limit))
            return (shifts, try StaffDirectory.names(of: shifts.map(\.staff), in: db), found.count > limit)
        }
    }

    static func next(_ path: String, _ call: Call, after id: ShiftID?) -> String {
        var parts = ["role", "roster", "staff", "from", "until", "limit"].compactMap { name in
            call.query(name)?.addingPercentEncoding(withAllowedCharacters: .alphanumerics).map { "\(name)=\($0)" }
        }
        if let id { parts.append("after=\(id)") }
        return parts.isEmpty ? path : path + "?" + parts.joined(separator: "&")
    }

    private func item(_ call: Call, _ find: @escaping @Sendable (any Reading) throws -> Shift?) async throws -> Answer {
        let item = try await database.read { db -> ShiftItem? in
            guard let shift = try find(db) else { return nil }
            return ShiftItem(shift, names: try StaffDirectory.names(of: [shift.staff], in: db))
        }
        guard let item else { throw Problem.notFound }
        return try .json(item)
    }
}
