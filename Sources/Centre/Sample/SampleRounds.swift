import Cases
import Geo
import Identity
import Kernel
import Patrol
import Places
import Storage

/// The sample town's rounds: along the river by day, through two villages in the evening.
struct SampleRounds {
    let map: SampleMap
    let audit: Audit

    func add(at now: Instant, in db: any Writing) throws {
        let desk = PatrolDesk(cases: CaseDesk(calendar: try WorkCalendar.load()), audit: audit) { _, _, _ in
            nil
        } word: { key, _ in
            key
        }
        let bends = map.landmarks.filter { $0.kind == .bend }.prefix(4).compactMap { bend in
            SampleCameras.point(bend.geometry).map { (bend.name, $0) }
        }
        let villages = map.plots.prefix(4).compactMap { plot in
            SampleCameras.middle(of: plot.corners).map { (plot.village + plot.name + "路口", $0) }
        }
        for (name, starts, minutes, places) in [
            ("河道巡查（示例）", [9 * 60, 13 * 60, 17 * 60], 120, bends), ("夜间防火巡查（示例）", [19 * 60, 22 * 60], 90, villages),
        ] where !places.isEmpty {
            let round = Round(
                name: name, content: Round.Content(starts: starts, minutes: minutes, grace: 30), at: now)
            let points = places.enumerated().map { place, item in
                CheckPoint(round: round.id, seq: place + 1, name: item.0, point: item.1)
            }
            try desk.save(round, points: points, by: nil, at: now, in: db)
        }
    }
}
