import Geo
import Identity
import Kernel
import Places
import Storage
import Web

extension TownMapRoom {
    private struct CountsView: Encodable {
        var added: Int
        var changed: Int
        var ended: Int
        var same: Int
        var total: Int
    }

    private struct Digits: Codable, Sendable {
        var town: Int
        var village: Int
        var cooperative: Int
        var grid: Int

        var format: AreaCodeFormat {
            AreaCodeFormat(digits: [.town: town, .village: village, .cooperative: cooperative, .grid: grid])
        }
        init(_ format: AreaCodeFormat) {
            town = format.digits[.town] ?? 0
            village = format.digits[.village] ?? 0
            cooperative = format.digits[.cooperative] ?? 0
            grid = format.digits[.grid] ?? 0
        }
        static let shape = Shape.object(
            ["town": .integer, "village": .integer, "cooperative": .integer, "grid": .integer],
            required: ["town", "village", "cooperative", "grid"])
    }

    func areaFileRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/areas/export", .needs(.areaRead), "The areas as a file: GeoJSON, or a Shapefile in a zip",
            shapes: Shapes(query: [
                ("form", "geojson (else) or shp"), ("kind", "town, village, cooperative or grid, else all"),
                ("at", "how the borders stood then, RFC 3339"), ("datum", "wgs84 (else), gcj02 or bd09"),
            ])
        ) { call in
            guard let form = AreaFile.Form(rawValue: call.query("form") ?? "geojson") else {
                throw Problem.invalid(["form": "invalid"])
            }
            let kind = try call.query("kind").map { text throws(Problem) in
                guard let kind = AreaKind(rawValue: text) else { throw Problem.invalid(["kind": "invalid"]) }
                return kind
            }
            let moment = try call.query("at").map { text throws(Problem) in
                guard let moment = Instant(text) else { throw Problem.invalid(["at": "invalid"]) }
                return moment
            }
            let datum = try Self.datum(call)
            let areas = try await database.read { db in try AreaEditor.areas(at: moment ?? .now, in: db) }
                .filter { kind == nil || $0.kind == kind }
            let bytes = try AreaFile.write(areas, as: form, datum: datum)
            return .bytes(bytes, type: form.type).with(
                "Content-Disposition", "attachment; filename=\"areas.\(form.ending)\"")
        }
        routes.post(
            "/api/v1/areas/import", .needs(.areaWrite),
            "Put the borders of a file (GeoJSON, or a zip with .shp and .dbf, as the body) in the place of those in force",
            bodyLimit: AreaFile.bodyLimit,
            shapes: Shapes(query: [
                ("check", "1 says what would change and changes nothing"),
                ("base", "the newest revision that is known"),
                ("datum", "wgs84 (else), gcj02 or bd09"),
            ])
        ) { call in
            let datum = try Self.datum(call)
            let rows: [AreaRow]
            do {
                rows = try AreaFile.read(Array(call.body), datum: datum)
            } catch let error as AreaFile.Fault { return try fileRefusal(error, call) }
            if call.query("check") != nil {
                do {
                    let counts = try await database.read { db in try AreaEditor.tried(rows, at: .now, in: db) }
                    return try .json(
                        CountsView(
                            added: counts.added, changed: counts.changed, ended: counts.ended, same: counts.same,
                            total: rows.count))
                } catch let error as AreaEditError { return try refusal(error, call) }
            }
            let base = call.query("base").flatMap(ID<AreaRevision>.init)
            return try await change(call, "areas.import") { editor, caller, now, db in
                try editor.bring(rows, base: base, by: caller.id, name: caller.name, at: now, in: db)
            }
        }
        routes.get(
            "/api/v1/areas/format", .needs(.areaRead), "How many digits the code of each level adds",
            shapes: Shapes(gives: Digits.shape)
        ) { call in
            try .json(Digits(try await call.database.read { db in try AreaEditor.codeFormat(in: db) }))
        }
        routes.put(
            "/api/v1/areas/format", .needs(.areaWrite), "Number areas otherwise; the codes in force get its lengths",
            shapes: Shapes(takes: Digits.shape)
        ) { call in
            let wanted: Digits = try call.json()
            return try await change(call, "areas.format") { editor, caller, now, db in
                try editor.setCodeFormat(wanted.format, by: caller.id, name: caller.name, at: now, in: db)
            }
        }
    }

    private static func datum(_ call: Call) throws(Problem) -> Datum {
        guard let datum = Datum(rawValue: call.query("datum") ?? "wgs84") else {
            throw Problem.invalid(["datum": "invalid"])
        }
        return datum
    }

    private func fileRefusal(_ fault: AreaFile.Fault, _ call: Call) throws -> Answer {
        struct Refusal: Encodable {
            var type: String
            var title: String
            var status = 422
            var code: String
        }
        let (key, detail): (String, String) =
            switch fault {
            case .unreadable(let what): ("fileUnreadable", what)
            case .noName(let number): ("fileNoName", String(number))
            case .projection(let name): ("fileProjection", name)
            case .tooLarge: ("fileTooLarge", "")
            }
        return try .json(
            Refusal(
                type: "urn:zhili:problem:townmap.\(key)", title: call.word("problem.townmap.\(key)", ["what": detail]),
                code: "townmap.\(key)"), status: 422)
    }
}
