import Kernel
import Storage
import Web

extension PatrolRoom {
    /// Milliseconds before and after now in which a walk is shown on the phone.
    static let (phoneBefore, phoneAhead): (Int64, Int64) = (6 * 3_600_000, 12 * 3_600_000)

    private struct Mine: Encodable {
        struct Watch: Encodable {
            var from: String
            var until: String
        }
        struct Look: Encodable {
            var at: String
            var by: String
            var caseNumber: String
            var purpose: String
        }
        var items: [WalkItem]
        /// The own watch, where it runs and the person has come; without it no track is kept.
        var watch: Watch?
        var trackDays: Int64
        /// Who looked at the own track, newest first.
        var looks: [Look]
    }

    func fieldRoutes(_ routes: inout Routes) {
        routes.get("/field/patrol", .needs(.patrolWalk), "The own rounds, for a phone") { call in
            try call.page(
                "field-patrol", title: call.word("patrol.field.title"),
                ["person": try call.signedIn().username, "days": String(trackDays)])
        }
        routes.get(
            "/api/v1/patrol/mine", .needs(.patrolWalk),
            "The walks around now, the own watch, and who looked at the own track",
            shapes: Shapes(
                gives: .object(
                    [
                        "items": .list(WalkItem.shape), "watch": .object(["from": .time, "until": .time]),
                        "trackDays": .integer,
                        "looks": .list(
                            .object(["at": .time, "by": .text, "caseNumber": .text, "purpose": .text])),
                    ], required: ["items", "trackDays", "looks"]))
        ) { call in
            let caller = try call.signedIn()
            let now = Instant.now
            let mine = try await database.read { [desk, trackDays] db in
                let walks = try WalkStore.list(in: (now - Self.phoneBefore)..<(now + Self.phoneAhead), in: db)
                    .filter { $0.graceAt > now || $0.doneAt != nil || $0.missedAt != nil }
                return Mine(
                    items: try Self.items(walks, at: now, in: db) { desk.sees($0, caller) },
                    watch: try desk.watch(caller.id, now, db).map {
                        Mine.Watch(from: $0.lowerBound.rfc3339, until: $0.upperBound.rfc3339)
                    }, trackDays: trackDays,
                    looks: try TrackStore.looks(at: caller.id, in: db).map {
                        Mine.Look(
                            at: $0.at.rfc3339, by: $0.viewerName, caseNumber: $0.caseNumber, purpose: $0.purpose)
                    })
            }
            return try .json(mine)
        }
    }
}
