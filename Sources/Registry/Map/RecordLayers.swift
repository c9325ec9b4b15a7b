import Geo
import Kernel
import Places
import Storage
import Web

extension RegistryRoom {
    /// Every category as a layer of the town's map: things as points, people counted by area and in no other way. Made
    /// anew at each call, since categories are data.
    public func mapLayers() -> [any Places.MapLayer] {
        book.all.map { RecordLayer(room: self, category: $0) }
    }

    /// Gives records the area they lie in when borders move.
    public var areaFollower: AreaFollower {
        AreaFollower(name: "records") { change, db in
            try reassign(
                in: MapBox(change.box), areas: Array(change.areas.byID.values.filter(\.isInForce)),
                heirs: change.heirs, locate: change.areas.area(at:), in: db)
        }
    }
}

extension RegistryRoom.MapBox {
    init(_ box: Box) { self.init(west: box.west, south: box.south, east: box.east, north: box.north) }
}

/// One category on the map, as the policy leaves it to each caller.
private struct RecordLayer: MapLayer {
    let room: RegistryRoom
    let category: Category

    var name: String { "record-" + category.key }
    var title: (zh: String, en: String)? { (category.name.text(.zh), category.name.text(.en)) }
    var group: MapGroup { hasMarks ? .records : .counted }
    var tint: String? { category.drawn.tint }
    let isOnAtFirst = false
    var hasMarks: Bool { category.drawn.as == .point && !category.isAboutPeople }
    let permission = Permission.registryRead
    let changes = ["record.", "import.", "area.", "category."]
    let hasPast = false

    func isVisible(to caller: Caller) -> Bool {
        guard caller.may(permission) else { return false }
        let viewer = Viewer(caller, room.desk.areas)
        return hasMarks ? RegistryRoom.isDrawn(category, viewer) : Policy.sees(category, viewer)
    }

    func policy(for caller: Caller) -> String { room.policyKey(for: caller) }

    func version(in db: any Reading) throws -> Int64? { try room.dataVersion(in: db) }

    func marks(in window: MapWindow, for caller: Caller, in db: any Reading) throws -> [MapMark] {
        try named("", in: window, for: caller, in: db)
    }

    func named(_ text: String, in window: MapWindow, for caller: Caller, in db: any Reading) throws -> [MapMark] {
        guard hasMarks else { return [] }
        return try room.mapPoints(
            [category.key], holding: text, in: .init(window.box), for: caller, limit: window.limit, in: db
        ).map {
            MapMark(
                subject: "records/\(category.key)/\($0.id)", point: $0.point, kind: category.key,
                state: $0.isStale ? "due" : "normal", label: $0.label, href: "/registry/\(category.key)/\($0.id)")
        }
    }

    func places(in window: MapWindow, for caller: Caller, in db: any Reading) throws -> [GeoPoint]? {
        guard hasMarks else { return [] }
        return try room.mapPlaces(category.key, in: .init(window.box), for: caller, limit: window.limit, in: db)
    }

    func counts(
        in window: MapWindow, for caller: Caller, by part: (AreaID) -> AreaID?, in db: any Reading
    ) throws -> [AreaID: MapCount]? {
        try room.areaCounts(category.key, for: caller, by: part, in: db)
    }
}
