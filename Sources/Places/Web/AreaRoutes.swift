import Geo
import Kernel
import Storage
import Web

extension PlacesRoom {
    private struct AreaView: Encodable {
        var id: AreaID
        var kind: AreaKind
        var name: String
        var parent: AreaID?
        var code: String
        var validFrom: String
        var validUntil: String?

        init(_ area: Area) {
            (id, kind, name, parent, code) = (area.id, area.kind, area.name, area.parent, area.code)
            validFrom = area.validFrom.rfc3339
            validUntil = area.validUntil?.rfc3339
        }
    }

    func areaRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/areas", .needs(.areaRead), "Areas as a list, or as GeoJSON with rivers and roads",
            shapes: Shapes(
                query: [
                    ("format", "geojson for a FeatureCollection (RFC 7946)"),
                    ("at", "how the borders stood then, RFC 3339"), ("after", "the last id seen"),
                    ("limit", "1…500"),
                ],
                gives: .page(
                    of: .object(
                        [
                            "id": .id, "kind": .oneOf(AreaKind.allCases.map(\.rawValue)), "name": .text, "parent": .id,
                            "code": .text, "validFrom": .time, "validUntil": .time,
                        ], required: ["id", "kind", "name", "code", "validFrom"])))
        ) { call in
            let moment = try call.query("at").map { text throws(Problem) in
                guard let moment = Instant(text) else { throw Problem.invalid(["at": "invalid"]) }
                return moment
            }
            if call.query("format") == "geojson" { return try await map(at: moment) }
            let limit = call.limit
            let after = call.query("after").flatMap(AreaID.init)?.rawValue ?? 0
            let areas = try await areas(at: moment).filter { $0.id.rawValue > after }
            let shown = areas.prefix(limit)
            return try .list(
                shown.map(AreaView.init),
                next: areas.count > limit
                    ? shown.last.map { "/api/v1/areas?limit=\(limit)&after=\($0.id)" } : nil)
        }
    }

    private func areas(at moment: Instant?) async throws -> [Area] {
        try await database.read { db in
            if let moment { return try AreaStore.all(at: moment, in: db) }
            return try AreaStore.all(in: db).filter(\.isInForce)
        }
    }

    private func map(at moment: Instant?) async throws -> Answer {
        let areas = try await areas(at: moment)
        let features = try await database.read { db in
            try areas.map { area in
                try Self.feature(
                    [
                        "id": area.id.description, "kind": area.kind.rawValue, "name": area.name,
                        "parent": area.parent?.description ?? "", "code": area.code,
                    ], area.geometry.geoJSON)
            }
                // Houses are many and drawn of tiles.
                + AreaStore.landmarks(in: db).filter(\.guides).map { landmark in
                    try Self.feature(
                        ["id": landmark.id.description, "kind": landmark.kind.rawValue, "name": landmark.name],
                        landmark.geometry.geoJSON)
                }
        }
        return .rawJSON(
            "{\"type\":\"FeatureCollection\",\"features\":[\(features.joined(separator: ","))]}",
            type: "application/geo+json")
    }

    private static func feature(_ properties: [String: String], _ geometry: String) throws -> String {
        "{\"type\":\"Feature\",\"properties\":\(try JSON.text(properties)),\"geometry\":\(geometry)}"
    }
}

extension Landmark {
    /// Whether a map of the whole town shows it: not the houses, and not the lanes without a name.
    fileprivate var guides: Bool { kind != .building && !(kind == .road && name.isEmpty) }
}
