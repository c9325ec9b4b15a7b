import GB28181
import Geo
import Kernel
import Places
import Storage
import Watch

/// The invented town's nine water places and its cameras: `zhili simulate cameras` plays them.
struct SampleCameras {
    let map: SampleMap
    let areas: AreaIndex
    let platform: GBID
    /// The recorders' password.
    let password: String

    private static let dangers = [
        "水流急，河底有坑（示例）", "夏季常有儿童戏水（示例）", "岸边湿滑，无护栏（示例）", "采砂深坑，落差大（示例）", "桥墩旋涡（示例）", "水草多，易缠绕（示例）", "堰坝下游，水位骤变（示例）",
        "浅滩外即深水（示例）", "放学路旁，人流多（示例）",
    ]

    /// Registers all of them: one recorder with one camera at each bend, as the simulator numbers them, and a few more in
    /// the town.
    func register(at now: Instant, in db: any Writing) throws {
        let bends = map.landmarks.filter { $0.kind == .bend }
        try WatchRoom.addWaterPlaces(
            zip(bends, Self.dangers).map { bend, danger in
                let point = Self.point(bend.geometry)
                return (bend.name, danger, point, point.flatMap(areas.area(at:)))
            }, at: now, in: db)
        let names = bends.map(\.name) + ["镇中心小学门口", "云汐集市南口", "文化广场"]
        let kinds = bends.map { _ in PlaceKind.river } + [.school, .market, .square]
        for (index, name) in names.enumerated() {
            let point: GeoPoint? =
                index < bends.count
                ? Self.point(bends[index].geometry) : Self.middle(of: map.plots[(index * 11) % map.plots.count].corners)
            guard let recorder = Self.id(platform, 118, index + 1),
                let camera = Self.id(platform, 132, (index + 1) * 100 + 1)
            else { continue }
            try WatchRoom.addRecorder(
                recorder, name: "\(name)录像机（示例）", password: password, platform: platform,
                cameras: [
                    (
                        camera, "\(name)摄像头（示例）", kinds[index], point, point.flatMap(areas.area(at:)), index % 3 != 2,
                        index < bends.count ? name : nil
                    )
                ], at: now, in: db)
        }
    }

    static func id(_ platform: GBID, _ type: Int, _ serial: Int) -> GBID? {
        let text = String(serial)
        return GBID(platform.domain + "\(type)0" + String(repeating: "0", count: 6 - text.count) + text)
    }

    static func point(_ geometry: Geometry) -> GeoPoint? {
        geometry.positions.first.flatMap { GeoPoint(lat: $0.lat, lon: $0.lon) }
    }

    static func middle(of corners: [Position]) -> GeoPoint? {
        Box(corners).flatMap { GeoPoint(lat: ($0.south + $0.north) / 2, lon: ($0.west + $0.east) / 2) }
    }
}
