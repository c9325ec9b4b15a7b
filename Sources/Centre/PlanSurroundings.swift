import Duty
import FireGuard
import Geo
import Identity
import Kernel
import Places
import Plans
import Storage
import Watch
import Web

/// What the checklist of a case asks of duty and of the map.
struct PlanSurroundings {
    let duty: DutyDesk
    let areas: AreaIndex

    /// How far around a place is looked, in metres, and how much is shown.
    static let (radius, shown) = (500.0, 12)

    var surroundings: PlansRoom.Surroundings {
        PlansRoom.Surroundings(
            onDuty: { role, area, db in
                let found = try duty.find(role, for: area, at: .now, in: db)
                return found.source == .gap
                    ? [] : found.people.map { PlansRoom.OnDuty(name: $0.name, phone: maskedPhone($0.phone)) }
            },
            nearby: { point, caller, db, word in
                let place = Position(lon: point.lon, lat: point.lat)
                guard let box = Measure.box(around: place, metres: Self.radius) else { return [] }
                let window = MapWindow(box: box, limit: 500)
                let layers = (WatchRoom.mapLayers(areas: areas) + FireGuard.mapLayers(areas: areas)).filter {
                    $0.hasMarks && $0.isVisible(to: caller)
                }
                var found: [PlansRoom.Nearby] = []
                for layer in layers {
                    found += try layer.marks(in: window, for: caller, in: db).map { mark in
                        PlansRoom.Nearby(
                            name: mark.label, kind: word("townmap.layer.\(layer.name)"),
                            metres: Int(
                                Measure.metres(place, Position(lon: mark.point.lon, lat: mark.point.lat)).rounded()),
                            href: mark.href)
                    }
                }
                return Array(
                    found.filter { Double($0.metres) <= Self.radius }.sorted { $0.metres < $1.metres }
                        .prefix(Self.shown))
            })
    }
}

/// What drills send through the fire room's gateways.
func drillWire(_ fire: FireGuard) -> DrillWire {
    DrillWire(
        detectors: { db in
            try fire.drillDetectors(limit: 500, in: db).map { DrillWire.Detector(id: $0.id, name: $0.name) }
        },
        announce: { reference, detector, now, db in
            try fire.announceDrill(reference, detector: detector, at: now, in: db)
        }, send: { try await fire.sendDrill($0) }, caseOf: { try FireGuard.drillCase($0, in: $1) },
        end: { reference, name, now, db in try fire.endDrill(reference, by: name, at: now, in: db) })
}
