import Kernel

/// Where a camera that moves is, as its device tells it (A.2.5.4 of 2016, A.2.5.6 of 2022).
public struct MobilePosition: Sendable, Equatable {
    /// Whose position it is, in digits.
    public var camera: String
    /// Where; WGS-84 by the standard, and 0,0 is nowhere.
    public var point: GeoPoint
    /// When, as the device says.
    public var at: Instant?
    /// Kilometres an hour, where it says so.
    public var speed: Double?

    /// The positions that a notice tells: 2016 names one, 2022 may list several.
    public static func all(in message: ControlMessage) -> [MobilePosition] {
        guard message.kind == .notify, message.command == "MobilePosition" else { return [] }
        let items = message.element["DeviceList"]?.all("Item") ?? []
        if items.isEmpty {
            return MobilePosition(message.element, camera: message.device).map { [$0] } ?? []
        }
        return items.prefix(1_000).compactMap {
            MobilePosition($0, camera: $0.value("DeviceID") ?? message.device)
        }
    }

    private init?(_ element: XMLElement, camera: String) {
        guard let lat = element.decimal("Latitude"), let lon = element.decimal("Longitude"), lat != 0 || lon != 0,
            let point = GeoPoint(lat: lat, lon: lon), !camera.isEmpty
        else { return nil }
        self.camera = camera
        self.point = point
        at = GBTime.read(element.value("Time") ?? element.value("CaptureTime"))
        speed = element.decimal("Speed").flatMap { (0...2_000).contains($0) ? $0 : nil }
    }

    /// A notice of one position, as a device sends it.
    public static func notice(number: Int, of camera: GBID, point: GeoPoint, at: Instant, speed: Double)
        -> ControlMessage
    {
        ControlMessage(
            .notify, "MobilePosition", number: number, device: camera,
            [
                XMLElement("Time", GBTime.text(at)), XMLElement("Longitude", "\(point.lon)"),
                XMLElement("Latitude", "\(point.lat)"), XMLElement("Speed", "\(speed)"),
                XMLElement("Direction", "0"), XMLElement("Altitude", "0"),
            ])
    }
}
