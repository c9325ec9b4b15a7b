import Foundation
import Identity
import Kernel
import Places
import Storage
import Web

/// A roster as it comes in: from the API, or from the page's form.
struct RosterDraft: Codable, Sendable {
    var name: String
    var role: String
    var areaId: AreaID?
    /// Who takes turns, in order.
    var members: [StaffID]
    /// Such as `白班 08:00-20:00`.
    var watches: [String]
    /// `every`, `workdays` or `restdays`.
    var days: String
    var crew: Int?
    var turn: Int?
    /// The first day, `2026-11-25`.
    var firstDay: String
    var mustCover: Bool?
    var isActive: Bool?

    /// The roster, or what is wrong with which field.
    func checked(_ id: RosterID, holders: (Role) throws -> Set<StaffID>, knowsArea: (AreaID) -> Bool) throws -> Roster {
        var check = FieldCheck()
        let name = check.text(name, "name", 1...60)
        let role = Role(rawValue: role)
        check.expect(role.map(DutyRoom.roles.contains) ?? false, "role", "invalid")
        check.expect((1...60).contains(members.count), "members", members.isEmpty ? "required" : "too-many")
        check.expect(Set(members).count == members.count, "members", "duty.twice")
        if let role { check.expect(try holders(role).isSuperset(of: members), "members", "duty.role") }
        if let areaId { check.expect(knowsArea(areaId), "areaId", "unknown") }
        let parsed = watches.compactMap(Rotation.Watch.init)
        check.expect(
            parsed.count == watches.count && (1...8).contains(parsed.count), "watches", "duty.watch")
        let days = Rotation.Days(rawValue: days)
        check.expect(days != nil, "days", "invalid")
        check.expect((1...20).contains(crew ?? 1) && (crew ?? 1) <= max(1, members.count), "crew", "out-of-range")
        check.expect((1...60).contains(turn ?? 1), "turn", "out-of-range")
        let first = Instant(firstDay)?.dayNumber
        let today = Instant.now.dayNumber
        check.expect(first.map { abs($0 - today) <= 1_100 } ?? false, "firstDay", "invalid")
        try check.finish()
        guard let role, let days, let first else { throw Problem.invalid(["name": "invalid"]) }
        return Roster(
            id: id, name: name, role: role, area: areaId, members: members,
            rotation: Rotation(days: days, watches: parsed, crew: crew ?? 1, turn: turn ?? 1, firstDay: first),
            mustCover: mustCover ?? false, isActive: isActive ?? true, changedAt: .now)
    }

    init(_ roster: Roster) {
        name = roster.name
        role = roster.role.rawValue
        areaId = roster.area
        members = roster.members
        watches = roster.rotation.watches.map(\.line)
        days = roster.rotation.days.rawValue
        crew = roster.rotation.crew
        turn = roster.rotation.turn
        firstDay = Instant(ms: Int64(roster.rotation.firstDay) * CivilTime.dayMs - CivilTime.offsetMs).date
        mustCover = roster.mustCover
        isActive = roster.isActive
    }

    /// Reads the page's form: each person has a number for the place in the rotation, none is not in it.
    init(_ form: Form) {
        name = form["name"] ?? ""
        role = form["role"] ?? ""
        areaId = form["areaId"].flatMap(AreaID.init)
        let places = form.values.compactMap { key, value -> (Int, StaffID)? in
            guard key.hasPrefix("place-"), let place = Int(value), let id = StaffID(String(key.dropFirst(6))) else {
                return nil
            }
            return (place, id)
        }
        members = places.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.1)
        watches = (form["watches"] ?? "").split(whereSeparator: \.isNewline).map(String.init)
            .filter { !$0.allSatisfy(\.isWhitespace) }
        days = form["days"] ?? ""
        crew = form["crew"].flatMap { Int($0) }
        turn = form["turn"].flatMap { Int($0) }
        firstDay = form["firstDay"] ?? ""
        mustCover = form["mustCover"] == "1"
        isActive = form["isActive"] == "1"
    }

    static let shape = Shape.object(
        [
            "name": .text, "role": .text, "areaId": .id, "members": .list(.id), "watches": .list(.text),
            "days": .oneOf(Rotation.Days.allCases.map(\.rawValue)), "crew": .integer, "turn": .integer,
            "firstDay": .text, "mustCover": .flag, "isActive": .flag,
        ], required: ["name", "role", "members", "watches", "days", "firstDay"])
}

/// A roster as the API shows it.
struct RosterItem: Codable, Sendable {
    var id: RosterID
    var roster: RosterDraft
    var plannedUntil: String

    init(_ roster: Roster) {
        id = roster.id
        self.roster = RosterDraft(roster)
        plannedUntil = Instant(ms: Int64(roster.plannedTo) * CivilTime.dayMs - CivilTime.offsetMs).date
    }

    static let shape = Shape.object(
        ["id": .id, "roster": RosterDraft.shape, "plannedUntil": .text], required: ["id", "roster", "plannedUntil"])
}

extension DutyRoom {
    func rosterRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/rosters", .needs(.dutyRead), "Rosters and their rotations",
            shapes: Shapes(gives: .page(of: RosterItem.shape))
        ) { call in
            let rosters = try await database.read { db in try RosterStore.all(in: db) }
            return try .list(rosters.map(RosterItem.init), next: nil)
        }
        routes.post(
            "/api/v1/rosters", .needs(.dutyManage), "Makes a roster and its shifts",
            shapes: Shapes(takes: RosterDraft.shape, gives: RosterItem.shape)
        ) { call in try .json(try await save(call, nil, try call.json()), status: 201) }
        routes.put(
            "/api/v1/rosters/{id}", .needs(.dutyManage), "Changes a roster and plans it anew from now on",
            shapes: Shapes(takes: RosterDraft.shape, gives: RosterItem.shape)
        ) { call in try .json(try await save(call, try call.id(), try call.json())) }
        routes.get("/duty/rosters/new", .needs(.dutyManage), "The form for a new roster") { call in
            let today = Instant.now.date
            return try await form(
                call, nil,
                RosterDraft(
                    Form("watches=&days=every&crew=1&turn=1&mustCover=1&isActive=1&role=officer&firstDay=\(today)".utf8)
                ),
                errors: [:])
        }
        routes.get("/duty/rosters/{id}", .needs(.dutyManage), "A roster's form") { call in
            let id: RosterID = try call.id()
            guard let roster = try await database.read({ db in try RosterStore.find(id, in: db) }) else {
                throw Problem.notFound
            }
            return try await form(call, id, RosterDraft(roster), errors: [:])
        }
        routes.post("/duty/rosters/new", .needs(.dutyManage), "Make a roster") { call in try await post(call, nil) }
        routes.post("/duty/rosters/{id}", .needs(.dutyManage), "Change a roster") { call in
            try await post(call, try call.id())
        }
    }

    private func save(_ call: Call, _ known: RosterID?, _ draft: RosterDraft) async throws -> RosterItem {
        let caller = try call.signedIn()
        let choices = Set(areas.choices([.village, .cooperative, .grid]).map(\.id))
        return try await call.once { [planning, audit] db in
            if let known, try RosterStore.find(known, in: db) == nil { throw Problem.notFound }
            let roster = try draft.checked(known ?? .next()) { role in
                Set(try StaffDirectory.onDuty(role: role, area: nil, in: db).map(\.id))
            } knowsArea: {
                choices.contains($0)
            }
            let now = Instant.now
            try planning.save(roster, at: now, in: db)
            try audit.record(
                AuditEntry(
                    at: now, actor: caller.id, actorName: caller.name,
                    action: known == nil ? "roster.create" : "roster.change", subject: "rosters/\(roster.id)",
                    detail: try JSON.text(RosterDraft(roster))), in: db)
            try db.publish(
                NewEvent(
                    type: "roster.changed", subject: "rosters/\(roster.id)", permission: "duty.read",
                    data: "{\"id\":\"\(roster.id)\"}"))
            return RosterItem(try RosterStore.find(roster.id, in: db) ?? roster)
        }
    }

    private func post(_ call: Call, _ known: RosterID?) async throws -> Answer {
        let draft = RosterDraft(call.form)
        do {
            _ = try await save(call, known, draft)
            return .redirect(to: "/duty?done=saved")
        } catch let problem as Problem where problem.status == 422 {
            return try await form(call, known, draft, errors: call.fieldWords(problem))
        }
    }

    private func form(
        _ call: Call, _ known: RosterID?, _ draft: RosterDraft, errors: [String: String]
    ) async throws -> Answer {
        let people = try await database.read { db in
            var found: [StaffID: (name: String, roles: [Role])] = [:]
            for role in Self.roles {
                for person in try StaffDirectory.onDuty(role: role, area: nil, in: db) {
                    found[person.id, default: (person.name, [])].roles.append(role)
                }
            }
            return found
        }
        let places = Dictionary(
            draft.members.enumerated().map { ($1, $0 + 1) }, uniquingKeysWith: { first, _ in first })
        let ordered = people.sorted {
            (places[$0.key] ?? .max, $0.value.name, $0.key) < (places[$1.key] ?? .max, $1.value.name, $1.key)
        }
        let title = known == nil ? call.word("duty.roster.new") : draft.name
        return try call.page(
            "roster-edit", title: title,
            [
                "action": known.map { "/duty/rosters/\($0)" } ?? "/duty/rosters/new", "errors": errors,
                "values": [
                    "name": draft.name, "watches": draft.watches.joined(separator: "\n"),
                    "crew": String(draft.crew ?? 1), "turn": String(draft.turn ?? 1), "firstDay": draft.firstDay,
                ],
                "mustCover": draft.mustCover ?? false, "isActive": draft.isActive ?? true,
                "roles": Self.roles.map { role in
                    [
                        "value": role.rawValue, "label": call.word("role.\(role.rawValue)"),
                        "selected": role.rawValue == draft.role,
                    ] as [String: Any]
                },
                "areas": areas.choices([.village]).map { area in
                    ["value": area.id.description, "label": area.name, "selected": area.id == draft.areaId]
                        as [String: Any]
                },
                "days": Rotation.Days.allCases.map { days in
                    [
                        "value": days.rawValue, "label": call.word("duty.days.\(days.rawValue)"),
                        "selected": days.rawValue == draft.days,
                    ] as [String: Any]
                },
                "people": ordered.map { id, person in
                    [
                        "id": id.description, "name": person.name, "place": places[id].map { String($0) } ?? "",
                        "roles": person.roles.map { call.word("role.\($0.rawValue)") }
                            .joined(separator: call.language == .zh ? "、" : ", "),
                    ]
                },
            ], status: errors.isEmpty ? 200 : 422)
    }
}
