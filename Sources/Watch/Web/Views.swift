import Foundation
import GB28181
import Kernel
import SIP
import Web

/// What the room's pages have in common.
enum WatchWords {
    /// `11-24 09:05` in China Standard Time, with the year where it is another one's.
    static func short(_ moment: Instant?, now: Instant = .now) -> String {
        guard let text = moment?.text else { return "" }
        return text.prefix(4) == now.text.prefix(4) ? String(text.dropFirst(5).prefix(11)) : String(text.prefix(16))
    }

    static func choices(_ call: Call, _ values: [String], words: String, chosen: String?) -> [[String: Any]] {
        values.map { ["value": $0, "label": call.word("\(words).\($0)"), "selected": $0 == chosen] }
    }

    /// The same query for another path.
    static func query(_ call: Call, _ names: [String]) -> String {
        names.compactMap { name in
            call.query(name)?.addingPercentEncoding(withAllowedCharacters: .alphanumerics).map { "\(name)=\($0)" }
        }.joined(separator: "&")
    }

    /// Link to the next page of an API's list.
    static func next(_ call: Call, after: String?) -> String? {
        guard let after else { return nil }
        let rest = call.incoming.query.values.filter { $0.key != "after" }.sorted { $0.key < $1.key }.compactMap {
            key, value in value.addingPercentEncoding(withAllowedCharacters: .alphanumerics).map { "\(key)=\($0)" }
        }
        return call.incoming.path + "?" + (rest + ["after=\(after)"]).joined(separator: "&")
    }
}

/// A camera as the API shows it.
struct CameraView: Codable {
    var id: CameraID
    var gbId: String
    var deviceId: WatchDeviceID
    var name: String
    var kind: String
    var place: String
    var areaId: AreaID?
    var point: GeoPoint?
    var canMove: Bool
    var state: String
    var manufacturer: String
    var model: String

    init(_ camera: Camera, device: WatchDevice?) {
        id = camera.id
        gbId = camera.gbID.description
        deviceId = camera.device
        name = camera.title
        kind = camera.kind.rawValue
        place = camera.place.rawValue
        areaId = camera.area
        point = camera.point
        canMove = camera.canMove
        state = CameraView.state(camera, device)
        manufacturer = camera.manufacturer
        model = camera.model
    }

    static func state(_ camera: Camera, _ device: WatchDevice?) -> String {
        if camera.isMissing { return "missing" }
        return camera.isOn && device?.isOnline == true ? "online" : "offline"
    }

    static let shape = Shape.object([
        "id": .id, "gbId": .text, "deviceId": .id, "name": .text, "kind": .text, "place": .text, "areaId": .id,
        "point": .object(["lat": .number, "lon": .number]), "canMove": .flag,
        "state": .oneOf(["online", "offline", "missing"]), "manufacturer": .text, "model": .text,
    ])
}

/// A device as the API shows it; its password's fingerprint never leaves.
struct DeviceView: Codable, Sendable {
    var id: WatchDeviceID
    var gbId: String
    var name: String
    var areaId: AreaID?
    var transport: String
    var algorithm: String
    var manufacturer: String
    var model: String
    var firmware: String
    var version: String
    var address: String?
    var online: Bool
    var state: String
    var registeredAt: String?
    var lastSeenAt: String?
    var announced: Int?
    var received: Int?
    var trouble: String?

    init(_ device: WatchDevice) {
        id = device.id
        gbId = device.gbID.description
        name = device.name
        areaId = device.area
        transport = device.transport.rawValue
        algorithm = device.algorithm.rawValue
        manufacturer = device.manufacturer
        model = device.model
        firmware = device.firmware
        version = device.version.rawValue
        address = device.hop?.description
        online = device.isOnline
        state = Self.state(device)
        registeredAt = device.registeredAt?.rfc3339
        lastSeenAt = device.lastSeen?.rfc3339
        announced = device.announced
        received = device.received
        trouble = device.trouble.isEmpty ? nil : device.trouble
    }

    static func state(_ device: WatchDevice) -> String {
        if device.registeredAt == nil { return "never" }
        return device.isOnline ? "online" : "offline"
    }

    static let shape = Shape.object([
        "id": .id, "gbId": .text, "name": .text, "areaId": .id, "transport": .text, "algorithm": .text,
        "manufacturer": .text, "model": .text, "firmware": .text, "version": .text, "address": .text, "online": .flag,
        "state": .oneOf(["never", "online", "offline"]), "registeredAt": .time, "lastSeenAt": .time,
        "announced": .integer, "received": .integer, "trouble": .text,
    ])
}
