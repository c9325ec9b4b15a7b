import Kernel
import Web

/// A walk as the API and the pages show it.
struct WalkItem: Encodable {
    struct Point: Encodable {
        var pointId: PointID
        var name: String
        var location: GeoPoint?
        var radius: Int?
        var at: String?
        var toldAt: String?
        var by: String
        var way: String?
        var metres: Int?
        var photoId: AttachmentID?
        var note: String
        var isToldLater: Bool
    }

    var id: WalkID
    var roundId: RoundID
    var round: String
    var state: String
    var startsAt: String
    var endsAt: String
    var graceAt: String
    var isOrdered: Bool
    var doneAt: String?
    var caseId: CaseID?
    var points: [Point]

    init(_ walk: Walk, round: Round?, stops: [Stop], places: [PointID: CheckPoint], at now: Instant) {
        id = walk.id
        roundId = walk.round
        self.round = round?.name ?? ""
        // Who comes ten minutes early has begun.
        let isBegun = walk.state(at: now) == .planned && stops.contains { $0.at != nil }
        state = (isBegun ? .running : walk.state(at: now)).rawValue
        startsAt = walk.startsAt.rfc3339
        endsAt = walk.endsAt.rfc3339
        graceAt = walk.graceAt.rfc3339
        isOrdered = walk.isOrdered
        doneAt = walk.doneAt?.rfc3339
        caseId = walk.caseID
        points = stops.map { stop in
            Point(
                pointId: stop.point, name: stop.name, location: places[stop.point]?.point,
                radius: places[stop.point]?.radius, at: stop.at?.rfc3339, toldAt: stop.toldAt?.rfc3339,
                by: stop.staffName, way: stop.way?.rawValue, metres: stop.metres, photoId: stop.photo, note: stop.note,
                isToldLater: stop.isToldLater)
        }
    }

    static let shape = Shape.object(
        [
            "id": .id, "roundId": .id, "round": .text, "state": .oneOf(Walk.State.allCases.map(\.rawValue)),
            "startsAt": .time, "endsAt": .time, "graceAt": .time, "isOrdered": .flag, "doneAt": .time, "caseId": .id,
            "points": .list(
                .object(
                    [
                        "pointId": .id, "name": .text, "location": .anything, "radius": .integer, "at": .time,
                        "toldAt": .time, "by": .text, "way": .oneOf(Stop.Way.allCases.map(\.rawValue)),
                        "metres": .integer, "photoId": .id, "note": .text, "isToldLater": .flag,
                    ], required: ["pointId", "name", "by", "note", "isToldLater"])),
        ], required: ["id", "roundId", "round", "state", "startsAt", "endsAt", "graceAt", "isOrdered", "points"])
}
