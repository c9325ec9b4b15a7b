import Kernel
import Storage

extension WatchRoom {
    /// What a stretch of time came to at a place at the water.
    public struct WaterAccount: Sendable {
        /// Which.
        public var place: WaterPlace
        /// Milliseconds in which it was to be watched.
        public var dueMs: Int64
        /// Times of a quarter of an hour and more in which nobody did.
        public var gaps: [WaterGap]
        /// What was seen, oldest first.
        public var sightings: [Sighting]
    }

    /// The water watch of a stretch of time up to `now`, place by place.
    public static func waterAccounts(
        in span: Range<Instant>, now: Instant, in db: any Reading
    ) throws -> [WaterAccount] {
        let end = min(span.upperBound, now)
        guard span.lowerBound < end else { return [] }
        let stretches = Dictionary(
            grouping: try WaterStore.stretches(from: span.lowerBound, to: end, in: db), by: \.place)
        let sightings = Dictionary(
            grouping: try WaterStore.sightings(from: span.lowerBound, to: end, limit: 5_000, in: db).reversed(),
            by: \.place)
        return try WaterStore.places(in: db).map { place in
            let (gaps, due) = WaterGap.find(
                in: span.lowerBound..<end, season: place.season,
                watched: (stretches[place.id] ?? []).map { (from: $0.from, to: $0.to) })
            return WaterAccount(place: place, dueMs: due, gaps: gaps, sightings: sightings[place.id] ?? [])
        }
    }
}
