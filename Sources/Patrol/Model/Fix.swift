import Kernel
import Storage

/// Where a phone was at a moment of its owner's watch.
public struct Fix: Sendable, RowDecodable, Equatable {
    /// When.
    public var at: Instant
    /// Where.
    public var point: GeoPoint
    /// How exactly, in metres.
    public var accuracy: Int

    /// A fix.
    public init(at: Instant, point: GeoPoint, accuracy: Int) {
        self.at = at
        self.point = point
        self.accuracy = accuracy
    }

    /// Reads `at, lat, lon, accuracy`.
    public init(row: inout Row) throws {
        at = try row.next()
        let (lat, lon): (Double, Double) = (try row.next(), try row.next())
        guard let point = GeoPoint(lat: lat, lon: lon) else { throw StorageError.unexpectedValue("no place") }
        self.point = point
        accuracy = try row.next()
    }
}

/// Somebody looked at somebody's track, for a case.
struct TrackLook: Sendable, RowDecodable {
    var at: Instant
    var viewerName: String
    var caseNumber: String
    var purpose: String

    init(row: inout Row) throws {
        at = try row.next()
        viewerName = try row.next()
        caseNumber = try row.next()
        purpose = try row.next()
    }
}
