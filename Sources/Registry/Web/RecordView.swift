import Kernel
import Web

/// A record as the API shows it to one caller: what is hidden is not there, what is masked is named.
struct RecordView: Codable, Sendable {
    var id: RecordID
    var category: String
    var label: String
    var areaId: AreaID?
    var area: String
    var values: [String: String]
    var masked: [String]
    var point: GeoPoint?
    var dueAt: String
    var doubts: Int64
    var version: Int64
    var changedAt: String

    init(_ record: JudgedRecord, _ areas: TownAreas) {
        id = record.id
        category = record.category.key
        label = record.label
        areaId = record.area
        area = areas.name(of: record.area)
        values = Dictionary(
            record.values.filter { !$0.value.isEmpty }.map { ($0.field.key, $0.value) }
        ) { first, _ in first }
        masked = record.values.filter { $0.sight == .masked && !$0.value.isEmpty }.map(\.field.key)
        point = record.point
        dueAt = record.dueAt.rfc3339
        doubts = record.doubts
        version = record.version
        changedAt = record.changedAt.rfc3339
    }

    static let shape = Shape.object(
        [
            "id": .id, "category": .text, "label": .text, "areaId": .id, "area": .text, "values": .anything,
            "masked": .list(.text), "point": .anything, "dueAt": .time, "doubts": .integer, "version": .integer,
            "changedAt": .time,
        ], required: ["id", "category", "label", "values", "masked", "version"])

    /// A page of a list. The general encoder would take longer than finding the records did.
    static func list(_ views: some Sequence<RecordView>, next: String?) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32_768)
        bytes += Array("{\"items\":[".utf8)
        var isFirst = true
        for view in views {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            view.write(to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
        if let next { Self.put("next", next, to: &bytes, before: ",") }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// The same JSON as the general encoder's.
    private func write(to bytes: inout [UInt8]) {
        Self.put("area", area, to: &bytes, before: "{")
        if let areaId { Self.put("areaId", areaId.description, to: &bytes) }
        Self.put("category", category, to: &bytes)
        Self.put("changedAt", changedAt, to: &bytes)
        bytes += Array(",\"doubts\":\(doubts)".utf8)
        Self.put("dueAt", dueAt, to: &bytes)
        Self.put("id", id.description, to: &bytes)
        Self.put("label", label, to: &bytes)
        bytes += Array(",\"masked\":[".utf8)
        for (index, field) in masked.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            FlatJSON.write(field, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
        if let point { bytes += Array(",\"point\":{\"lat\":\(point.lat),\"lon\":\(point.lon)}".utf8) }
        bytes += Array(",\"values\":{".utf8)
        for (index, pair) in values.sorted(by: { $0.key < $1.key }).enumerated() {
            Self.put(pair.key, pair.value, to: &bytes, before: index == 0 ? "" : ",")
        }
        bytes += Array("},\"version\":\(version)}".utf8)
    }

    private static func put(_ name: String, _ value: String, to bytes: inout [UInt8], before: String = ",") {
        bytes += before.utf8
        FlatJSON.write(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        FlatJSON.write(value, to: &bytes)
    }
}
