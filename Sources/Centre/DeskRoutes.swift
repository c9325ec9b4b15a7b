import Cases
import FireGuard
import Kernel
import Patrol
import Storage
import Web

extension Permission {
    /// Sit at the desk.
    static let deskUse = Permission("console.use", [.officer, .leader, .admin])
}

/// The desk, the wall and the phone page: what of the rooms they show together.
struct DeskRoutes {
    let cases: CasesRoom

    /// Alarms that a desk shows at once; the rest are a number.
    static let alarmLimit = 1_000

    private struct Desk: Encodable {
        struct Counts: Encodable {
            var unacknowledgedAlarms: Int64
            var openCases: Int64
            var overdue: Int64
            var offlineDetectors: Int64
        }
        /// Something that waits and is no case yet.
        struct Notice: Encodable {
            var text: String
            var href: String
        }
        var now: String
        var lastEvent: Int64
        var alarms: [AlarmView]
        var part: CasesRoom.DeskPart
        var counts: Counts
        var notices: [Notice]

        enum Keys: String, CodingKey { case now, lastEvent, alarms, counts, notices }

        func encode(to encoder: any Encoder) throws {
            try part.encode(to: encoder)
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(now, forKey: .now)
            try container.encode(lastEvent, forKey: .lastEvent)
            try container.encode(alarms, forKey: .alarms)
            try container.encode(counts, forKey: .counts)
            try container.encode(notices, forKey: .notices)
        }
    }

    func add(to routes: inout Routes) {
        let cases = cases
        routes.get(
            "/api/v1/desk", .needs(.deskUse), "Open alarms and cases, units and counts, as of one event number",
            shapes: Shapes(
                gives: .object(
                    [
                        "now": .time, "lastEvent": .integer, "alarms": .list(.anything), "cases": .list(.anything),
                        "units": .list(.anything),
                        "counts": .object([
                            "unacknowledgedAlarms": .integer, "openCases": .integer, "overdue": .integer,
                            "offlineDetectors": .integer,
                        ]),
                        "notices": .list(.object(["text": .text, "href": .text], required: ["text", "href"])),
                    ], required: ["now", "lastEvent", "alarms", "cases", "units", "counts", "notices"]))
        ) { call in
            let caller = try call.signedIn()
            let desk = try await call.database.read { db in
                let now = Instant.now
                let part = try cases.deskPart(for: caller, at: now, in: db)
                let fire = try FireGuard.counts(in: db)
                return Desk(
                    now: now.rfc3339, lastEvent: try db.lastEvent(),
                    alarms: try FireGuard.openAlarms(for: caller, limit: Self.alarmLimit, in: db)
                        .map { alarmView($0) { call.word($0) } },
                    part: part,
                    counts: Desk.Counts(
                        unacknowledgedAlarms: fire.unacknowledged, openCases: part.open, overdue: part.overdue,
                        offlineDetectors: fire.offline),
                    notices: try PatrolRoom.late(for: caller, at: now, in: db).prefix(20).map { walk in
                        Desk.Notice(
                            text: call.word(
                                "centre.desk.patrolLate",
                                ["round": walk.round, "points": walk.points.joined(separator: "、")]),
                            href: walk.href)
                    })
            }
            return try .json(desk)
        }
        routes.get("/", .anyone, "The first page: the desk, the own tasks, the cases, the own sites, or the account") {
            call in
            let caller = try call.signedIn()
            if caller.may(.deskUse) { return try Self.page(call) }
            if caller.may(.taskReport) { return .redirect(to: "/field") }
            if caller.may(.caseRead) { return .redirect(to: "/cases") }
            return .redirect(to: caller.roles.contains(.owner) ? "/mine" : "/account")
        }
        routes.get("/wall", .needs(.deskUse), "The town at a glance, for a screen on the wall") { call in
            try call.page("wall", title: call.word("townmap.wall.title"))
        }
        routes.get("/field", .needs(.taskReport), "The own unit's tasks, for a phone") { call in
            try call.page(
                "home-field", title: call.word("centre.field.title"),
                ["canWalk": try call.signedIn().may(.patrolWalk)])
        }
    }

    private static func page(_ call: Call) throws -> Answer {
        let caller = try call.signedIn()
        return try call.page(
            "desk", title: call.word("centre.desk.title"),
            ["canAct": !caller.roles.isDisjoint(with: [.officer, .leader])])
    }
}
