import Foundation
import Geo
import Kernel
import Office
import Places

/// Areas as a file: GeoJSON (RFC 7946), or a Shapefile with its parts in one zip. The datum is converted here and
/// nowhere else.
struct AreaFile {
    /// What a file is called at its end.
    enum Form: String, CaseIterable {
        case geojson
        case shapefile = "shp"

        var type: String { self == .geojson ? "application/geo+json" : "application/zip" }
        var ending: String { self == .geojson ? "geojson" : "zip" }
    }

    /// Why a file is none.
    enum Fault: Error {
        /// Neither GeoJSON nor a zip with .shp and .dbf; or broken, in words.
        case unreadable(String)
        /// A place of the file, from 1, without a name that could be found.
        case noName(Int)
        /// Measured in a datum or projection that is not known; its name.
        case projection(String)
        case tooLarge
    }

    /// Bytes of a file, and of all that it unpacks to.
    static let bodyLimit = 20 << 20
    private static let unpackedLimit = 60 << 20

    // What offices call their columns, the town's own names first.
    private static let names = ["name", "名称", "网格名称", "区域名称", "mc", "zlmc", "wgmc", "qsdwmc", "xzqmc"]
    private static let codes = ["code", "编码", "代码", "网格编码", "bm", "dm", "wgbm", "qsdwdm", "xzqdm"]
    private static let parents = ["parent", "上级", "上级编码", "sjbm", "sjdm"]
    private static let kinds = ["kind", "级别", "类型", "jb"]
    private static let levels: [String: AreaKind] = [
        "town": .town, "village": .village, "cooperative": .cooperative, "grid": .grid, "镇": .town, "乡镇": .town,
        "村": .village, "村居": .village, "社": .cooperative, "组": .cooperative, "网格": .grid,
    ]

    /// The rows of a file.
    /// - Parameter datum: what a GeoJSON's degrees are measured against; a Shapefile says it by itself unless it has
    ///   been shifted.
    static func read(_ bytes: [UInt8], datum: Datum) throws(Fault) -> [AreaRow] {
        guard bytes.count <= bodyLimit else { throw .tooLarge }
        let features = try bytes.starts(with: [0x50, 0x4B]) ? shapefile(bytes) : geoJSON(bytes)
        var rows: [AreaRow] = []
        for (index, feature) in features.enumerated() {
            let fields = Dictionary(
                feature.fields.map { ($0.key.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
            func field(_ names: [String]) -> String { names.lazy.compactMap { fields[$0] }.first { !$0.isEmpty } ?? "" }
            let name = field(names)
            guard !name.isEmpty else { throw .noName(index + 1) }
            rows.append(
                AreaRow(
                    kind: levels[field(kinds).lowercased()], name: name, code: field(codes), id: fields["id"] ?? "",
                    parent: field(parents), geometry: feature.geometry.mapped(datum.toWGS84)))
        }
        return rows
    }

    private static func shapefile(_ bytes: [UInt8]) throws(Fault) -> [Shapefile.Feature] {
        let endings = [".shp", ".dbf", ".prj", ".cpg"]
        var parts: [String: [UInt8]] = [:]
        do {
            for part in try ZipFolder.read(
                bytes, bound: unpackedLimit,
                wants: { name in endings.contains { name.lowercased().hasSuffix($0) } && !name.hasPrefix("__MACOSX") })
            {
                let ending = String(part.name.lowercased().suffix(4))
                guard parts.updateValue(part.bytes, forKey: ending) == nil else {
                    throw Fault.unreadable("2 × \(ending)")
                }
            }
            guard let shp = parts[".shp"], let dbf = parts[".dbf"] else { throw Fault.unreadable(".shp, .dbf") }
            return try Shapefile(
                shp: shp, dbf: dbf, prj: parts[".prj"].map { String(decoding: $0, as: UTF8.self) },
                cpg: parts[".cpg"].map { String(decoding: $0, as: UTF8.self) }
            ).features
        } catch let fault as Fault {
            throw fault
        } catch ShapefileError.projection(let name) {
            throw .projection(name)
        } catch ShapefileError.tooLarge {
            throw .tooLarge
        } catch ShapefileError.damaged(let what) {
            throw .unreadable(what)
        } catch TableError.tooLarge {
            throw .tooLarge
        } catch {
            throw .unreadable("\(error)")
        }
    }

    private struct Document: Decodable {
        struct Feature: Decodable {
            var properties: [String: Text?]?
            var geometry: Geometry?
        }
        struct System: Decodable {
            struct Properties: Decodable { var name: String? }
            var properties: Properties?
        }
        var type: String
        var features: [Feature]
        var crs: System?
    }

    /// A string, a number or a flag of a property; everything else is nothing.
    private struct Text: Decodable {
        var text: String

        init(from decoder: any Decoder) throws {
            let box = try decoder.singleValueContainer()
            if let text = try? box.decode(String.self) {
                self.text = text
            } else if let number = try? box.decode(Int64.self) {
                text = String(number)
            } else {
                text = ""
            }
        }
    }

    private static func geoJSON(_ bytes: [UInt8]) throws(Fault) -> [Shapefile.Feature] {
        let document: Document
        do {
            document = try JSONDecoder().decode(Document.self, from: Data(bytes))
        } catch { throw .unreadable("GeoJSON") }
        guard document.features.count <= Shapefile.featureLimit else { throw .tooLarge }
        if let name = document.crs?.properties?.name, !["CRS84", "4326", "4490"].contains(where: name.hasSuffix) {
            throw .projection(String(name.prefix(80)))
        }
        // Rivers and roads stand in the same file of the town; areas alone are areas.
        return document.features.compactMap { feature in
            guard let geometry = feature.geometry, !geometry.areas.isEmpty else { return nil }
            let fields = (feature.properties ?? [:]).compactMapValues { $0?.text }
            return fields["kind"].map { levels[$0] == nil } == true
                ? nil : Shapefile.Feature(geometry: geometry, fields: fields)
        }
    }

    /// The areas as a file; a part names its whole by its code, else by its number.
    static func write(_ areas: [Area], as form: Form, datum: Datum) throws -> [UInt8] {
        let codes = Dictionary(areas.map { ($0.id, $0.code) }, uniquingKeysWith: { first, _ in first })
        let features = areas.map { area in
            Shapefile.Feature(
                geometry: area.geometry.mapped(datum.fromWGS84),
                fields: [
                    "id": area.id.description, "kind": area.kind.rawValue, "name": area.name, "code": area.code,
                    "parent": area.parent.map { codes[$0].flatMap { $0.isEmpty ? nil : $0 } ?? $0.description } ?? "",
                    "since": area.validFrom.ms > 0 ? area.validFrom.rfc3339 : "",
                ])
        }
        switch form {
        case .shapefile:
            return try ZipFolder.write(Shapefile(features).parts.map { ("areas.\($0.ending)", $0.bytes) })
        case .geojson:
            let texts = try features.map { feature in
                let fields = String(decoding: try JSONEncoder().encode(feature.fields), as: UTF8.self)
                return "{\"type\":\"Feature\",\"properties\":\(fields),\"geometry\":\(feature.geometry.geoJSON)}"
            }
            return Array("{\"type\":\"FeatureCollection\",\"features\":[\n\(texts.joined(separator: ",\n"))\n]}\n".utf8)
        }
    }
}

extension Geometry {
    /// The same shape with every position put elsewhere.
    func mapped(_ change: (Position) -> Position) -> Geometry {
        func area(_ polygon: Polygon) -> Polygon {
            var copy = polygon
            copy.outline = polygon.outline.map(change)
            copy.holes = polygon.holes.map { $0.map(change) }
            return copy
        }
        return switch self {
        case .point(let position): .point(change(position))
        case .line(let line): .line(line.map(change))
        case .polygon(let polygon): .polygon(area(polygon))
        case .polygons(let polygons): .polygons(polygons.map(area))
        }
    }
}
