import Geo
import Kernel

/// What a phone says of a visit.
struct Visit: Sendable, Equatable {
    /// When, by the phone's clock.
    var at: Instant
    /// What the code at the place said.
    var code: String?
    /// Where the phone was.
    var point: GeoPoint?
    /// How exactly it knew, in metres.
    var accuracy: Int?
    /// Whether a photo came with it.
    var hasPhoto: Bool
}

/// Whether a visit counts.
enum VisitRule {
    /// Milliseconds before a walk's time at which a visit already counts.
    static let earlyMs: Int64 = 600_000
    /// Milliseconds for which a phone may keep a visit without signal.
    static let keptMs: Int64 = 24 * 3_600_000
    /// Milliseconds by which a phone's clock may be ahead.
    static let aheadMs: Int64 = 120_000
    /// A place that is known less exactly than so many metres proves nothing.
    static let coarsest = 100

    /// How it was shown that somebody was there, and how far off they were, or why it does not count: the code of a
    /// problem under `patrol.` and what its words are filled with.
    static func judge(
        _ visit: Visit, at point: CheckPoint, of walk: Walk, missingBefore: String?, now: Instant
    ) -> Result<(way: Stop.Way, metres: Int?), Refusal> {
        guard visit.at <= now + aheadMs, visit.at >= now - keptMs else { return .failure(Refusal("clock")) }
        guard visit.at >= walk.startsAt - earlyMs else { return .failure(Refusal("early")) }
        guard visit.at <= walk.graceAt else { return .failure(Refusal("over")) }
        if walk.isOrdered, let missingBefore { return .failure(Refusal("order", missingBefore)) }
        let metres = visit.point.map { place in
            Int(
                Measure.metres(
                    Position(lon: place.lon, lat: place.lat), Position(lon: point.point.lon, lat: point.point.lat)
                ).rounded())
        }
        if let code = visit.code {
            guard code == point.code else { return .failure(Refusal("code")) }
            return .success((.code, metres))
        }
        guard let metres, let accuracy = visit.accuracy else { return .failure(Refusal("nothing")) }
        guard accuracy <= coarsest else { return .failure(Refusal("inexact", String(accuracy))) }
        guard metres <= point.radius + accuracy else { return .failure(Refusal("far", String(metres))) }
        guard visit.hasPhoto else { return .failure(Refusal("photo")) }
        return .success((.place, metres))
    }

    /// Why a visit does not count.
    struct Refusal: Error, Equatable {
        var code: String
        var detail: String?

        init(_ code: String, _ detail: String? = nil) {
            self.code = code
            self.detail = detail
        }
    }
}
