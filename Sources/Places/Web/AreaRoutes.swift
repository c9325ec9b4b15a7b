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
    }

    func areaRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/areas", .needs(.areaRead), "Areas as a list, or as GeoJSON with rivers and roads",
            shapes: Shapes(
                query: [
                    ("format", "geojson for a FeatureCollection (RFC 7946)"), ("after", "the last id seen"),
                    ("limit", "1…500"),
                ],
                gives: .page(
                    of: .object(
                        ["id": .id, "kind": .oneOf(AreaKind.allCases.map(\.rawValue)), "name": .text, "parent": .id],
                        required: ["id", "kind", "name"])))
        ) { call in
            if call.query("format") == "geojson" { return try await map() }
            let limit = call.limit
            let after = call.query("after").flatMap(AreaID.init)?.rawValue ?? 0
            let areas = try await database.read { db in try AreaStore.all(in: db) }.filter { $0.id.rawValue > after }
            let shown = areas.prefix(limit)
            return try .list(
                shown.map { AreaView(id: $0.id, kind: $0.kind, name: $0.name, parent: $0.parent) },
                next: areas.count > limit
                    ? shown.last.map { "/api/v1/areas?limit=\(limit)&after=\($0.id)" } : nil)
        }
    }

    private func map() async throws -> Answer {
        let features = try await database.read { db in
            try AreaStore.all(in: db).map { area in
                try Self.feature(
                    [
                        "id": area.id.description, "kind": area.kind.rawValue, "name": area.name,
                        "parent": area.parent?.description ?? "",
                    ], area.geometry.geoJSON)
            }
                + AreaStore.landmarks(in: db).map { landmark in
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
