import Foundation
import GB28181
import Kernel
import SIP
import Storage

/// Marks identifiers of recorders and cameras that register by themselves.
public enum WatchDeviceMark {}
/// Names one.
public typealias WatchDeviceID = ID<WatchDeviceMark>
/// Marks identifiers of cameras.
public enum CameraMark {}
/// Names a camera, or a speaker or an alarm input of a device.
public typealias CameraID = ID<CameraMark>

/// A recorder, or a camera that registers by itself (GB/T 28181).
public struct WatchDevice: Sendable, RowDecodable {
    /// How pictures are asked for, seen from us.
    public enum Transport: String, Sendable, CaseIterable, SQLConvertible {
        case udp
        /// The device connects to us: the way that survives NAT.
        case tcpPassive = "tcp-passive"
        /// We connect to the device.
        case tcpActive = "tcp-active"
    }

    /// Its number.
    public var id: WatchDeviceID
    /// Its 20 digits.
    public var gbID: GBID
    /// The name that people read.
    public var name: String
    /// The area that its cameras lie in, unless their own places say otherwise.
    public var area: AreaID?
    /// How pictures come.
    public var transport: Transport
    /// The digest that it is challenged with.
    public var algorithm: DigestAlgorithm
    /// The fingerprint of user, realm and password under ``algorithm``; the password itself is not kept.
    public var ha1: String
    /// Who made it, as it says.
    public var manufacturer = ""
    /// Which one it is, as it says.
    public var model = ""
    /// What runs on it.
    public var firmware = ""
    /// The edition that it speaks.
    public var version = GBVersion.v2016
    /// How it departs from the standard; `nil` is what its maker is known for.
    public var quirks: DeviceQuirks?
    /// Where its last registration came from.
    public var hop: SIPHop?
    /// Its `Contact`.
    public var contact = ""
    /// When it registered last.
    public var registeredAt: Instant?
    /// When that ends.
    public var expiresAt: Instant?
    /// When it gave its last sign of life.
    public var lastSeen: Instant?
    /// Whether it counts as reachable.
    public var isOnline = false
    /// Things that its catalogue announced.
    public var announced: Int?
    /// Things of them that came.
    public var received: Int?
    /// When its catalogue came.
    public var catalogueAt: Instant?
    /// Whether it registers by GB/T 28181; else it is a camera that is pulled by its address.
    public var registers = true
    /// What is out of order; empty where nothing is.
    public var trouble = ""

    /// A device that has not registered yet.
    public init(
        id: WatchDeviceID, gbID: GBID, name: String, area: AreaID?, transport: Transport, algorithm: DigestAlgorithm,
        ha1: String
    ) {
        self.id = id
        self.gbID = gbID
        self.name = name
        self.area = area
        self.transport = transport
        self.algorithm = algorithm
        self.ha1 = ha1
    }

    /// The quirks that count.
    public var ownQuirks: DeviceQuirks { quirks ?? DeviceQuirks(manufacturer: manufacturer) }

    static let columns = """
        id, gb_id, name, area, transport, algorithm, ha1, manufacturer, model, firmware, version, quirks, hop, contact,
        registered_at, expires_at, last_seen, online, announced, received, catalogue_at, trouble, way
        """

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = try row.next()
        let digits: String = try row.next()
        guard let gbID = GBID(digits) else { throw StorageError.unexpectedValue("\(digits) is no GB name") }
        self.gbID = gbID
        name = try row.next()
        area = try row.next(Int64?.self).map(AreaID.init(rawValue:))
        transport = try row.next()
        algorithm = DigestAlgorithm(rawValue: try row.next()) ?? .md5
        ha1 = try row.next()
        manufacturer = try row.next()
        model = try row.next()
        firmware = try row.next()
        version = GBVersion(rawValue: try row.next()) ?? .v2016
        let quirksText: String = try row.next()
        quirks = try? JSONDecoder().decode(DeviceQuirks.self, from: Data(quirksText.utf8))
        hop = SIPHop(text: try row.next())
        contact = try row.next()
        registeredAt = try row.next()
        expiresAt = try row.next()
        lastSeen = try row.next()
        isOnline = try row.next()
        announced = try row.next(Int64?.self).map(Int.init)
        received = try row.next(Int64?.self).map(Int.init)
        catalogueAt = try row.next()
        trouble = try row.next()
        registers = try row.next(String.self) == "gb28181"
    }
}

extension SIPHop {
    /// Reads `udp:10.0.0.1:5060`.
    init?(text: String) {
        let parts = text.split(separator: ":")
        guard parts.count >= 3, let transport = Transport(rawValue: String(parts[0])),
            let port = Int(parts[parts.count - 1])
        else { return nil }
        self.init(transport, parts[1..<parts.count - 1].joined(separator: ":"), port)
    }
}
