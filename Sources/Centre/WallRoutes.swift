import Cases
import Duty
import Identity
import Kernel
import Registry
import Storage
import Watch
import Web

/// What the screen on the wall shows beside alarms and cases: who is on duty, the waters, the day's figures, what
/// happened last. Every number is counted when it is asked for.
struct WallRoutes {
    let duty: DutyDesk

    private struct Wall: Encodable, Sendable {
        struct OnDuty: Encodable, Sendable {
            var role: String
            var names: [String]
            /// `roster`, `gap` (there is a roster, and nobody on it now) or `none` (no roster: all of the role).
            var source: String
        }
        struct Water: Encodable, Sendable {
            var name: String
            var state: String
            var watchers: [String]
        }
        struct Today: Encodable, Sendable {
            var opened: Int64
            var closed: Int64
            var records: Int64
            var verified: Int64
        }
        struct Happening: Encodable, Sendable {
            var at: String
            var step: String
            var title: String
        }
        var duty: [OnDuty]
        var water: [Water]
        var today: Today
        var latest: [Happening]
    }

    private static let roles: [Role] = [.leader, .officer, .brigade, .patrol]

    func add(to routes: inout Routes) {
        let duty = duty
        routes.get(
            "/api/v1/wall", .needs(.deskUse), "Who is on duty, the waters, the day's figures, what happened last",
            shapes: Shapes(
                gives: .object(
                    [
                        "duty": .list(
                            .object(
                                [
                                    "role": .text, "names": .list(.text),
                                    "source": .oneOf(DutyDesk.Source.allCases.map(\.rawValue)),
                                ], required: ["role", "names", "source"])),
                        "water": .list(
                            .object(
                                [
                                    "name": .text, "state": .oneOf(WaterNow.State.allCases.map(\.rawValue)),
                                    "watchers": .list(.text),
                                ], required: ["name", "state", "watchers"])),
                        "today": .object(
                            ["opened": .integer, "closed": .integer, "records": .integer, "verified": .integer],
                            required: ["opened", "closed", "records", "verified"]),
                        "latest": .list(
                            .object(
                                ["at": .time, "step": .text, "title": .text], required: ["at", "step", "title"])),
                    ], required: ["duty", "water", "today", "latest"]))
        ) { call in
            let wall = try await call.database.read { db in
                let now = Instant.now
                let truth = try RegistryRoom.freshness(at: now, in: db)
                let day = try CasesRoom.figures(from: Instant(now.date) ?? now, in: db)
                return Wall(
                    duty: try Self.roles.map { role in
                        let found = try duty.find(role, for: nil, at: now, in: db)
                        return Wall.OnDuty(
                            role: role.rawValue, names: found.people.prefix(6).map(\.name),
                            source: found.source.rawValue)
                    },
                    water: try WatchRoom.waterNow(at: now, in: db).map {
                        Wall.Water(name: $0.place.name, state: $0.state.rawValue, watchers: $0.watchers)
                    },
                    today: Wall.Today(
                        opened: day.opened, closed: day.closed, records: truth.records, verified: truth.verified),
                    latest: try CasesRoom.lately(limit: 12, in: db).map {
                        Wall.Happening(at: $0.at.rfc3339, step: $0.step, title: $0.title)
                    })
            }
            return try .json(wall)
        }
    }
}
