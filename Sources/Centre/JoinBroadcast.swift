import Broadcast
import Cases
import Geo
import Kernel
import Places

extension Centre {
    /// The broadcast room over the town and its villages.
    func broadcast(areas: AreaIndex, cases: CaseDesk) throws -> BroadcastRoom {
        let settings = configuration.cap
        return try BroadcastRoom(
            centre: {
                CentreName(
                    sender: settings.sender, code: settings.code, name: areas.townName ?? "智理",
                    mayWarnPublic: settings.mayWarnPublic)
            },
            areas: {
                areas.all.filter { $0.kind == .town || $0.kind == .village }.map { area in
                    BroadcastArea(
                        id: area.id, name: area.name, isTown: area.kind == .town,
                        rings: area.geometry.areas.map { polygon in
                            // The wire wants rings that end where they begin.
                            (polygon.outline + polygon.outline.prefix(1)).compactMap {
                                GeoPoint(lat: $0.lat, lon: $0.lon)
                            }
                        })
                }
            },
            areaAt: { areas.area(at: $0) }, cases: cases, audit: audit, token: settings.token)
    }
}
