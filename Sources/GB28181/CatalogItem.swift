import Kernel

/// One thing of a device's catalogue (Annex A.2.1.3), from either edition's places.
public struct CatalogItem: Sendable, Equatable {
    /// What changed, in a notice of a subscription.
    public enum Event: String, Sendable {
        case on = "ON"
        case off = "OFF"
        case lost = "VLOST"
        case defect = "DEFECT"
        case add = "ADD"
        case delete = "DEL"
        case update = "UPDATE"
    }

    /// Its name in digits.
    public var id: GBID
    /// The name that people read.
    public var name: String
    /// Who made it.
    public var manufacturer: String
    /// The model.
    public var model: String
    /// The region's digits.
    public var civilCode: String
    /// Where it is, in words.
    public var address: String
    /// What it belongs to: several are joined by `/`.
    public var parents: [String]
    /// `ON` or `OFF`; `nil` where it does not say.
    public var isOn: Bool?
    /// Where it is; WGS-84 by the standard, and 0,0 is nowhere.
    public var point: GeoPoint?
    /// 0 unknown, 1 dome, 2 half dome, 3 fixed, 4 fixed with remote control, 5 and more see A.2.1.3.
    public var ptzType: Int
    /// Streams that it offers: 0 main, 1 sub.
    public var streams: [Int]
    /// What changed.
    public var event: Event?

    /// Reads an `Item`; `nil` without a valid name.
    public init?(_ element: XMLElement) {
        guard let id = element.value("DeviceID").flatMap({ GBID($0) }) else { return nil }
        self.id = id
        name = String((element.value("Name") ?? "").prefix(100))
        manufacturer = String((element.value("Manufacturer") ?? "").prefix(64))
        model = String((element.value("Model") ?? "").prefix(64))
        civilCode = String((element.value("CivilCode") ?? "").prefix(16))
        address = String((element.value("Address") ?? "").prefix(200))
        parents = (element.value("ParentID") ?? "").split(separator: "/").prefix(8).map(String.init)
        switch element.value("Status")?.uppercased() {
        case "ON"?, "OK"?, "ONLINE"?: isOn = true
        case "OFF"?, "OFFLINE"?: isOn = false
        default: isOn = nil
        }
        if let lat = element.decimal("Latitude"), let lon = element.decimal("Longitude"), lat != 0 || lon != 0 {
            point = GeoPoint(lat: lat, lon: lon)
        }
        ptzType = element.infoValue("PTZType").flatMap { Int($0) } ?? 0
        streams = (element.infoValue("StreamNumberList") ?? "").split(separator: "/").prefix(8).compactMap { Int($0) }
        event = element.value("Event").flatMap { Event(rawValue: $0.uppercased()) }
    }

    /// An item to tell of.
    public init(id: GBID, name: String, parent: GBID?, isOn: Bool, point: GeoPoint?, ptzType: Int) {
        self.id = id
        self.name = name
        manufacturer = ""
        model = ""
        civilCode = String(id.description.prefix(6))
        address = ""
        parents = parent.map { [$0.description] } ?? []
        self.isOn = isOn
        self.point = point
        self.ptzType = ptzType
        streams = []
    }

    /// As an `Item`.
    public var element: XMLElement {
        var children = [
            XMLElement("DeviceID", id.description), XMLElement("Name", name), XMLElement("Manufacturer", manufacturer),
            XMLElement("Model", model), XMLElement("CivilCode", civilCode), XMLElement("Address", address),
            XMLElement("Parental", "0"), XMLElement("ParentID", parents.joined(separator: "/")),
            XMLElement("RegisterWay", "1"), XMLElement("Secrecy", "0"),
            XMLElement("Status", isOn == false ? "OFF" : "ON"),
        ]
        if let point {
            children += [XMLElement("Longitude", "\(point.lon)"), XMLElement("Latitude", "\(point.lat)")]
        }
        children.append(XMLElement("Info", "", [XMLElement("PTZType", String(ptzType))]))
        return XMLElement("Item", "", children)
    }

    /// Whether it can be moved.
    public var canMove: Bool { ptzType == 1 || ptzType == 2 || ptzType == 4 || ptzType == 5 || ptzType == 6 }
}

/// Gathers the pages of one answer (Annex M): a set, whatever the order, and whether it is whole.
public struct CatalogCollector: Sendable {
    /// The query's number.
    public let number: Int
    /// What was announced; the newest page counts.
    public private(set) var total: Int?
    /// What came, by name: a page that comes twice changes nothing.
    public private(set) var items: [GBID: CatalogItem] = [:]
    /// Items that could not be read; they count, or one broken name would keep a catalogue open for ever.
    public private(set) var broken = 0
    /// Things that one device may have.
    public static let limit = 20_000

    /// Waits for the answer to a query.
    public init(number: Int) { self.number = number }

    /// Takes a page; one with another number is not of this answer.
    /// - Returns: whether it was of this answer.
    public mutating func take(_ page: ControlMessage) -> Bool {
        guard page.kind == .response, page.command == "Catalog", page.number == number else { return false }
        if let sum = page.element.number("SumNum"), (0...Self.limit).contains(sum) { total = sum }
        for element in (page.element["DeviceList"]?.all("Item") ?? []) where items.count < Self.limit {
            if let item = CatalogItem(element) { items[item.id] = item } else { broken += 1 }
        }
        return true
    }

    /// Whether all that was announced is here.
    public var isComplete: Bool { total.map { items.count + broken >= $0 } ?? false }
}

/// A recording that a device tells of.
public struct RecordItem: Sendable, Equatable {
    /// The camera.
    public var camera: String
    /// The name that people read.
    public var name: String
    /// Where the device keeps it.
    public var path: String
    /// Its beginning.
    public var start: Instant
    /// Its end.
    public var end: Instant
    /// `time`, `alarm` or `manual`.
    public var type: String
    /// Bytes, where the device says.
    public var size: Int64?

    /// Reads an `Item`; `nil` without two times in their order.
    public init?(_ element: XMLElement) {
        guard let start = GBTime.read(element.value("StartTime")), let end = GBTime.read(element.value("EndTime")),
            start <= end
        else { return nil }
        camera = element.value("DeviceID") ?? ""
        name = String((element.value("Name") ?? "").prefix(100))
        path = String((element.value("FilePath") ?? "").prefix(200))
        self.start = start
        self.end = end
        type = element.value("Type")?.lowercased() ?? "time"
        size = element.value("FileSize").flatMap { Int64($0) }
    }
}

/// An alarm of a device (9.4), by MESSAGE or by NOTIFY.
public struct AlarmNotice: Sendable, Equatable {
    /// What reports.
    public var device: String
    /// 1 (highest) … 4.
    public var priority: Int
    /// 1 phone, 2 device, 3 SMS, 4 GPS, 5 video, 6 fault of the device, 7 other.
    public var method: Int
    /// Depends on the method: video 6 is an intrusion.
    public var type: Int?
    /// Of an intrusion: 1 enters, 2 leaves.
    public var eventType: Int?
    /// When, as the device says.
    public var at: Instant?
    /// In words.
    public var text: String
    /// Where.
    public var point: GeoPoint?

    /// Reads a `Notify` of `Alarm`.
    public init?(_ message: ControlMessage) {
        guard message.kind == .notify, message.command == "Alarm", !message.device.isEmpty else { return nil }
        let element = message.element
        device = message.device
        priority = min(4, max(1, element.number("AlarmPriority") ?? 4))
        method = element.number("AlarmMethod") ?? 7
        at = GBTime.read(element.value("AlarmTime"))
        text = String((element.value("AlarmDescription") ?? "").prefix(200))
        let info = element["Info"]
        type = info?.number("AlarmType") ?? element.number("AlarmType")
        eventType = info?["AlarmTypeParam"]?.number("EventType")
        if let lat = element.decimal("Latitude"), let lon = element.decimal("Longitude"), lat != 0 || lon != 0 {
            point = GeoPoint(lat: lat, lon: lon)
        }
    }

    /// The same for the same event, which comes again by repetition and both by MESSAGE and NOTIFY.
    public var key: String { "\(device)|\(method)|\(type ?? 0)|\(at.map { String($0.ms) } ?? text)" }
}
