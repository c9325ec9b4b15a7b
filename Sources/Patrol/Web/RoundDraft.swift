import Kernel
import Web

/// A check point as it comes in and goes out; its code does not.
struct PointDraft: Codable, Sendable {
    var id: PointID?
    var name: String
    var lat: Double
    var lon: Double
    /// Metres.
    var radius: Int?
    var subject: String?

    static let shape = Shape.object(
        ["id": .id, "name": .text, "lat": .number, "lon": .number, "radius": .integer, "subject": .text],
        required: ["name", "lat", "lon"])
}

/// A round as it comes in: from the API, or from the page's form.
struct RoundDraft: Codable, Sendable {
    var name: String
    var areaId: AreaID?
    /// Times of day, such as `08:00 14:30`.
    var starts: String
    var minutes: Int
    var grace: Int
    var days: String
    var isOrdered: Bool?
    var isActive: Bool?
    var points: [PointDraft]

    static let pointLimit = 60

    init(_ round: Round, _ points: [CheckPoint]) {
        name = round.name
        areaId = round.area
        starts = WalkTimes.text(round.content.starts)
        minutes = round.content.minutes
        grace = round.content.grace
        days = round.content.days.rawValue
        isOrdered = round.content.isOrdered
        isActive = round.isActive
        self.points = points.map {
            PointDraft(
                id: $0.id, name: $0.name, lat: $0.point.lat, lon: $0.point.lon, radius: $0.radius, subject: $0.subject)
        }
    }

    /// Reads the page's form: a row of fields for each point.
    init(_ form: Form) {
        name = form["name"] ?? ""
        areaId = form["areaId"].flatMap(AreaID.init)
        starts = form["starts"] ?? ""
        minutes = form["minutes"].flatMap { Int($0) } ?? 0
        grace = form["grace"].flatMap { Int($0) } ?? -1
        days = form["days"] ?? ""
        isOrdered = form["isOrdered"] == "1"
        isActive = form["isActive"] == "1"
        let column = { (name: String) in form.all("point-\(name)") }
        let (ids, lats, lons) = (column("id"), column("lat"), column("lon"))
        let (radii, subjects) = (column("radius"), column("subject"))
        points = column("name").enumerated().prefix(Self.pointLimit + 1).map { place, name in
            PointDraft(
                id: ids.count > place ? PointID(ids[place]) : nil, name: name,
                lat: lats.count > place ? Double(lats[place]) ?? .infinity : .infinity,
                lon: lons.count > place ? Double(lons[place]) ?? .infinity : .infinity,
                radius: radii.count > place ? Int(radii[place]) : nil,
                subject: subjects.count > place ? subjects[place] : nil)
        }
    }

    /// The round and its points, or what is wrong with which field.
    /// - Parameter known: the points that the round has.
    func checked(
        _ id: RoundID, known: [CheckPoint], knowsArea: (AreaID) -> Bool, at now: Instant
    ) throws -> (round: Round, points: [CheckPoint]) {
        var check = FieldCheck()
        let name = check.text(name, "name", 2...60)
        if let areaId { check.expect(knowsArea(areaId), "areaId", "unknown") }
        let times = WalkTimes.read(starts)
        check.expect(times != nil, "starts", "patrol.times")
        check.expect((5...720).contains(minutes), "minutes", "out-of-range")
        check.expect((0...240).contains(grace), "grace", "out-of-range")
        let days = Round.Days(rawValue: days)
        check.expect(days != nil, "days", "invalid")
        check.expect(
            (1...Self.pointLimit).contains(points.count), "points", points.isEmpty ? "required" : "too-many")
        let codes = Dictionary(known.map { ($0.id, $0) }) { first, _ in first }
        var placed: [CheckPoint] = []
        for (place, draft) in points.prefix(Self.pointLimit).enumerated() {
            let label = check.text(draft.name, "points", 1...60)
            let point = GeoPoint(lat: draft.lat, lon: draft.lon)
            check.expect(point != nil, "points", "patrol.place")
            check.expect((10...500).contains(draft.radius ?? 50), "points", "patrol.radius")
            check.expect((draft.subject ?? "").utf8.count <= 60, "points", "too-long")
            guard let point else { continue }
            // A point keeps its code, so that what hangs on its wall stays good; nobody takes another round's.
            let old = draft.id.flatMap { codes[$0] }
            placed.append(
                CheckPoint(
                    id: old?.id ?? .next(), round: id, seq: place + 1, name: label, point: point,
                    radius: draft.radius ?? 50, subject: draft.subject ?? "", code: old?.code ?? CheckPoint.newCode()))
        }
        check.expect(Set(placed.map(\.id)).count == placed.count, "points", "invalid")
        try check.finish()
        guard let times, let days else { throw Problem.invalid(["starts": "patrol.times"]) }
        return (
            Round(
                id: id, name: name, area: areaId,
                content: Round.Content(
                    starts: times, minutes: minutes, grace: grace, days: days, isOrdered: isOrdered ?? false),
                isActive: isActive ?? true, at: now), placed
        )
    }

    static let shape = Shape.object(
        [
            "name": .text, "areaId": .id, "starts": .text, "minutes": .integer, "grace": .integer,
            "days": .oneOf(Round.Days.allCases.map(\.rawValue)), "isOrdered": .flag, "isActive": .flag,
            "points": .list(PointDraft.shape),
        ], required: ["name", "starts", "minutes", "grace", "days", "points"])
}

/// A round as the API shows it.
struct RoundItem: Encodable {
    var id: RoundID
    var round: RoundDraft

    static let shape = Shape.object(["id": .id, "round": RoundDraft.shape], required: ["id", "round"])
}
