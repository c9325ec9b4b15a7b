import Cases
import Duty
import FireGuard
import Geo
import Identity
import Kernel
import Patrol
import Places
import Storage
import Watch
import Web

/// Joins the rounds to duty, to the map's places and to the desk.
struct PatrolAdapter {
    let duty: DutyDesk
    let areas: AreaIndex
    let cases: CaseDesk
    let audit: Audit
    let catalogue: Catalogue

    /// Layers whose things stand where somebody can walk to.
    private static let walked: Set<String> = ["waters", "sites"]

    var desk: PatrolDesk {
        PatrolDesk(cases: cases, audit: audit) { [duty] staff, moment, db in
            try duty.stood(by: staff, at: moment, in: db)
        } word: { [catalogue] key, values in
            catalogue.word(key, .zh, values)
        }
    }

    func surroundings(address: @escaping @Sendable () -> String?) -> PatrolRoom.Surroundings {
        PatrolRoom.Surroundings(
            places: { [areas] caller, db, word in
                let corners = [Position(lon: -180, lat: -90), Position(lon: 180, lat: 90)]
                guard let world = Box(corners) else { return [] }
                let layers = (WatchRoom.mapLayers(areas: areas) + FireGuard.mapLayers(areas: areas)).filter {
                    Self.walked.contains($0.name) && $0.isVisible(to: caller)
                }
                return try layers.flatMap { layer in
                    try layer.marks(in: MapWindow(box: world, limit: 1_000), for: caller, in: db).map { mark in
                        PatrolRoom.Place(
                            subject: mark.subject, name: mark.label, kind: word("townmap.layer.\(layer.name)"),
                            point: mark.point)
                    }
                }
            },
            isManned: { [duty] area, moment, db in
                // Where neither walks by a roster, nobody is missed.
                let found = try [Role.patrol, .grid].map { try duty.find($0, for: area, at: moment, in: db).source }
                return found.contains(.roster) || !found.contains(.gap)
            }, areas: { [areas] in areas.choices([.village]) }, address: address)
    }
}
