import GB28181
import Kernel
import Storage

/// What kind of place a camera looks at, as the town sorts its cameras.
public enum PlaceKind: String, Sendable, CaseIterable, Codable, SQLConvertible {
    case river, school, road, market, square, village, other
}

/// A camera, or another thing of a device's catalogue: a speaker, an alarm input.
public struct Camera: Sendable, RowDecodable {
    /// Its number.
    public var id: CameraID
    /// The device that it is behind.
    public var device: WatchDeviceID
    /// Its 20 digits.
    public var gbID: GBID
    /// What it is.
    public var kind: GBID.Kind
    /// The name that the device gives.
    public var name: String
    /// The name that the town gave; empty where it has not.
    public var givenName = ""
    /// Where it is, in the device's words.
    public var address = ""
    /// Who made it.
    public var manufacturer = ""
    /// Which one it is.
    public var model = ""
    /// What it belongs to, in digits.
    public var parent = ""
    /// What it looks at.
    public var place = PlaceKind.other
    /// The area it lies in.
    public var area: AreaID?
    /// Where it is.
    public var point: GeoPoint?
    /// Whether it can be moved.
    public var canMove = false
    /// Whether the device says that it works.
    public var isOn = true
    /// Whether the last whole catalogue of its device left it out.
    public var isMissing = false

    /// The name to show.
    public var title: String { givenName.isEmpty ? (name.isEmpty ? gbID.description : name) : givenName }

    static let columns = """
        id, device, gb_id, kind, name, given_name, address, manufacturer, model, parent, place, area, lat, lon, ptz,
        online, missing
        """

    /// A thing as a catalogue tells of it.
    public init(id: CameraID, device: WatchDeviceID, item: CatalogItem) {
        self.id = id
        self.device = device
        gbID = item.id
        kind = item.id.kind
        name = item.name
        address = item.address
        manufacturer = item.manufacturer
        model = item.model
        parent = item.parents.first ?? ""
        point = item.point
        canMove = item.canMove
        isOn = item.isOn ?? true
    }

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = try row.next()
        device = try row.next()
        let digits: String = try row.next()
        guard let gbID = GBID(digits) else { throw StorageError.unexpectedValue("\(digits) is no GB name") }
        self.gbID = gbID
        kind = GBID.Kind(rawValue: try row.next()) ?? .other
        name = try row.next()
        givenName = try row.next()
        address = try row.next()
        manufacturer = try row.next()
        model = try row.next()
        parent = try row.next()
        place = PlaceKind(rawValue: try row.next()) ?? .other
        area = try row.next(Int64?.self).map(AreaID.init(rawValue:))
        let (lat, lon) = (try row.next(Double?.self), try row.next(Double?.self))
        if let lat, let lon { point = GeoPoint(lat: lat, lon: lon) }
        canMove = try row.next()
        isOn = try row.next()
        isMissing = try row.next()
    }
}
