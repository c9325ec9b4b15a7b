import Kernel
import Storage

/// Marks identifiers of water places.
public enum WaterPlaceMark {}
/// Names one.
public typealias WaterPlaceID = ID<WaterPlaceMark>
/// Marks identifiers of sightings.
public enum SightingMark {}
/// Names one.
public typealias SightingID = ID<SightingMark>

/// A dangerous place at the water, watched in its season and hours.
public struct WaterPlace: Sendable, RowDecodable {
    /// Its number.
    public var id: WaterPlaceID
    /// The name that people read.
    public var name: String
    /// What is dangerous there.
    public var note: String
    /// The area it lies in.
    public var area: AreaID?
    /// Where it is.
    public var point: GeoPoint?
    /// When it is watched.
    public var season: WaterSeason
    /// What is spoken through there: a loudspeaker, or a camera with one.
    public var speaker: CameraID?

    static let columns = "id, name, note, area, lat, lon, season_from, season_to, minute_from, minute_to, speaker"

    /// A place.
    public init(
        id: WaterPlaceID, name: String, note: String, area: AreaID?, point: GeoPoint?, season: WaterSeason,
        speaker: CameraID? = nil
    ) {
        self.speaker = speaker
        self.id = id
        self.name = name
        self.note = note
        self.area = area
        self.point = point
        self.season = season
    }

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = try row.next()
        name = try row.next()
        note = try row.next()
        area = try row.next(Int64?.self).map(AreaID.init(rawValue:))
        let (lat, lon) = (try row.next(Double?.self), try row.next(Double?.self))
        if let lat, let lon { point = GeoPoint(lat: lat, lon: lon) }
        season = WaterSeason(
            from: try row.next(), to: try row.next(), minuteFrom: try row.next(), minuteTo: try row.next())
        speaker = try row.next()
    }
}

/// Somebody seen in or at the water.
public struct Sighting: Sendable, RowDecodable {
    /// How it ended.
    public enum Outcome: String, Sendable, CaseIterable, SQLConvertible {
        /// They left when spoken to: 劝返.
        case persuaded
        /// They had left before anybody came.
        case gone
        /// Somebody had to be pulled out.
        case rescued
        /// Nobody was in danger.
        case mistaken
    }

    /// Its number.
    public var id: SightingID
    /// Where.
    public var place: WaterPlaceID
    /// On which camera.
    public var camera: CameraID?
    /// The case.
    public var caseID: CaseID
    /// When.
    public var seenAt: Instant
    /// By whom.
    public var seenBy: StaffID
    /// By whom, in words.
    public var seenByName: String
    /// Whether children were seen.
    public var hasChildren: Bool
    /// How it ended; `nil` while it has not.
    public var outcome: Outcome?
    /// Grown people persuaded to leave.
    public var adults: Int
    /// Children persuaded to leave.
    public var children: Int
    /// What else is to be said.
    public var note: String
    /// When it ended.
    public var endedAt: Instant?

    static let columns = """
        id, place, camera, case_id, seen_at, seen_by, seen_by_name, children, outcome, persuaded_adults,
        persuaded_children, note, ended_at
        """

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = try row.next()
        place = try row.next()
        camera = try row.next()
        caseID = try row.next()
        seenAt = try row.next()
        seenBy = try row.next()
        seenByName = try row.next()
        hasChildren = try row.next()
        outcome = try row.next()
        adults = try row.next()
        children = try row.next()
        note = try row.next()
        endedAt = try row.next()
    }
}
