import Foundation
import GB28181
import Kernel
import Logging
import Media
import SIP
import ServiceLifecycle
import Storage
import Web

/// 雪亮: cameras, live and recorded pictures, voice, water watch.
public struct WatchRoom: Room {
    /// What can be set from outside.
    public struct Configuration: Sendable {
        /// The platform for GB/T 28181; `nil` leaves it out.
        public var gb28181: GBConfiguration?
        /// The media process; `nil` leaves pictures out.
        public var media: (any MediaPlane)?
        /// Where recordings lie, a folder a camera; `nil` records nothing.
        public var recordings: URL?
        /// The data folder, in which the key of cameras' passwords lies; `nil` keeps none beyond the process.
        public var folder: URL?
        /// Whether a case is open: recordings that its clips cover are not deleted.
        public var isCaseOpen: @Sendable (CaseID, any Reading) throws -> Bool = { _, _ in true }

        /// Nothing yet.
        public init() {}
    }

    /// The room's name.
    public let name = "watch"
    /// Its tables.
    public let migrations: [Migration]
    /// The platform, where there is one.
    public let platform: GBPlatform?
    private let desk: any WatchDesk
    private let configuration: Configuration
    private let keeper: RecordingKeeper?
    private let voices: Voices?
    private let network: NetCameras
    private let recordingHealth = RecordingHealth()

    /// The schema, needed before there is a database.
    public static func schema() throws -> [Migration] { try Migration.load(room: "watch", bundle: .module) }
    /// Its templates and words.
    public static var resources: Bundle { .module }
    /// Its templates and words.
    public var bundle: Bundle { .module }

    /// Opens the room; `listening` is told the port of GB/T 28181 once it is open.
    public init(
        database: any Database, desk: any WatchDesk, configuration: Configuration, logger: Logger,
        listening: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws {
        migrations = try Self.schema()
        self.desk = desk
        self.configuration = configuration
        let home = try Home.name(in: configuration.folder)
        platform = try configuration.gb28181.map { settings in
            var settings = settings
            settings.home = home
            return try GBPlatform(
                settings, database: database, desk: desk, media: configuration.media, logger: logger, started: listening
            )
        }
        let network = NetCameras(
            database: database, media: configuration.media, store: try StreamStore(folder: configuration.folder),
            logger: logger)
        self.network = network
        voices =
            if let media = configuration.media, let calls = platform?.voices {
                Voices(database: database, media: media, calls: calls, home: home, logger: logger)
            } else {
                nil
            }
        keeper =
            if let media = configuration.media, let folder = configuration.recordings, let platform {
                RecordingKeeper(
                    database: database, media: media, folder: folder,
                    open: { camera in
                        if let stream = try await database.read({ db in try network.store.find(camera, in: db) }) {
                            return try await network.open(camera, stream, substream: false)
                        }
                        return try await platform.open(camera, in: database)
                    },
                    isCaseOpen: configuration.isCaseOpen, health: recordingHealth, logger: logger)
            } else {
                nil
            }
    }

    /// Cameras, devices, water watch.
    public var navigation: [NavigationItem] {
        [
            NavigationItem("/cameras", key: "watch.nav.cameras", icon: "camera", needs: .cameraRead, order: 30),
            NavigationItem("/water", key: "watch.nav.water", icon: "water", needs: .waterRead, order: 31),
            NavigationItem("/watch-devices", key: "watch.nav.devices", icon: "gateways", needs: .deviceRead, order: 32),
            NavigationItem("/speak", key: "watch.nav.speak", icon: "sound", needs: .cameraSpeak, order: 31),
            NavigationItem("/watch/wall", key: "watch.nav.wall", icon: "wall", needs: .wallUse, order: 31),
        ]
    }

    /// Its ways in.
    public func routes(_ routes: inout Routes) {
        CameraRoutes(platform: platform, network: network, media: configuration.media, desk: desk).add(to: &routes)
        CameraPages(platform: platform, desk: desk, recordings: recordingHealth).add(to: &routes)
        let register = NetCameraRegister(
            network: network, platform: configuration.gb28181?.platform ?? .invented, desk: desk)
        NetCameraRoutes(register: register).add(to: &routes)
        NetCameraPages(register: register).add(to: &routes)
        ONVIFRoutes(register: register).add(to: &routes)
        ONVIFPages(register: register).add(to: &routes)
        CameraWorkbook(desk: desk).add(to: &routes)
        CameraMoveRoutes(platform: platform, desk: desk).add(to: &routes)
        DeviceReplayRoutes(
            platform: platform, media: configuration.media, desk: desk, folder: configuration.recordings
        ).add(to: &routes)
        DeviceRoutes(platform: platform, desk: desk).add(to: &routes)
        DevicePages(platform: platform, desk: desk).add(to: &routes)
        WaterRoutes(desk: desk).add(to: &routes)
        WaterPlacePages(desk: desk).add(to: &routes)
        WaterFiguresPages(desk: desk).add(to: &routes)
        WaterPages(desk: desk).add(to: &routes)
        WallRoutes().add(to: &routes)
        VoiceRoutes(platform: platform, voices: voices, desk: desk).add(to: &routes)
        PhraseRoutes(desk: desk).add(to: &routes)
        PhrasePages(desk: desk).add(to: &routes)
        if let folder = configuration.recordings {
            RecordingRoutes(desk: desk, folder: folder, health: recordingHealth).add(to: &routes)
        }
    }

    /// Its servers.
    public func services() -> [any Service] {
        (platform.map { [$0] } ?? []) + [network] + (keeper.map { [$0] } ?? []) + (voices.map { [$0] } ?? [])
    }
}

extension GBPlatform {
    /// Calls a camera by its number, or finds it called; what its pictures are for is the caller's affair.
    /// - Throws: a ``Problem`` when there is no such camera or it cannot be called.
    func open(_ id: CameraID, in database: any Database) async throws -> SourceID {
        let camera = try await database.read { db in try CameraStore.find(id, in: db) }
        guard let camera, let calls, let device = directory.find(camera.device) else { throw Problem.notFound }
        return try await calls.open(camera, of: device, substream: false)
    }
}

extension WatchRoom {
    /// Marks places at the water, for set-up; a place's camera is given by its digits and may not be known yet.
    public static func addWaterPlaces(
        _ places: [(name: String, note: String, point: GeoPoint?, area: AreaID?)], at now: Instant, in db: any Writing
    ) throws {
        for place in places {
            try WaterStore.save(
                WaterPlace(
                    id: .next(), name: place.name, note: place.note, area: place.area, point: place.point,
                    season: WaterSeason(from: 501, to: 1_007, minuteFrom: 8 * 60, minuteTo: 20 * 60)),
                cameras: [], at: now, in: db)
        }
    }

    /// Puts a recorder with its cameras into the register, for set-up. Cameras are joined to the water places of the
    /// given names.
    /// - Parameter password: kept as a fingerprint alone.
    public static func addRecorder(
        _ gbID: GBID, name: String, password: String, platform: GBID,
        cameras: [(
            gbID: GBID, name: String, place: PlaceKind, point: GeoPoint?, area: AreaID?, canMove: Bool, water: String?
        )],
        at now: Instant, in db: any Writing
    ) throws {
        let device = WatchDevice(
            id: .next(), gbID: gbID, name: name, area: nil, transport: .tcpPassive, algorithm: .md5,
            ha1: DigestAlgorithm.md5.ha1(user: gbID.description, realm: platform.domain, password: password))
        try WatchDeviceStore.save(device, at: now, in: db)
        let places = try WaterStore.places(in: db)
        for camera in cameras {
            let item = CatalogItem(
                id: camera.gbID, name: camera.name, parent: gbID, isOn: true, point: camera.point,
                ptzType: camera.canMove ? 1 : 3)
            try CameraStore.upsert(item, of: device, area: camera.area, at: now, in: db)
            guard var known = try CameraStore.find(camera.gbID.description, of: device.id, in: db) else { continue }
            known.place = camera.place
            known.givenName = camera.name
            try CameraStore.save(known, at: now, in: db)
            if let water = camera.water, var place = places.first(where: { $0.name == water }) {
                place.speaker = known.id
                try WaterStore.save(place, cameras: [known.id], at: now, in: db)
            }
        }
    }
}
