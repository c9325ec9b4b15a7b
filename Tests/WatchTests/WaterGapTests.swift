import Kernel
import Testing

@testable import Watch

struct WaterGapTests {
    private let season = WaterSeason(from: 501, to: 1_031, minuteFrom: 9 * 60, minuteTo: 19 * 60)
    private func at(_ text: String) -> Instant { Instant(text) ?? Instant(ms: 0) }

    @Test("A gap is where nobody watched for a quarter of an hour within the hours to watch")
    func gaps() {
        let (gaps, due) = WaterGap.find(
            in: at("2026-07-01")..<at("2026-07-02"), season: season,
            watched: [
                (from: at("2026-07-01T12:00"), to: at("2026-07-01T18:50")),
                (from: at("2026-07-01T08:00"), to: at("2026-07-01T11:50")),
            ])
        #expect(due == 10 * 3_600_000)
        #expect(gaps.isEmpty)
        let (open, _) = WaterGap.find(
            in: at("2026-07-01T10:00")..<at("2026-07-01T12:00"), season: season,
            watched: [(from: at("2026-07-01T10:15"), to: at("2026-07-01T11:00"))])
        #expect(open.map(\.from) == [at("2026-07-01T10:00"), at("2026-07-01T11:00")])
        #expect(open.map(\.length) == [900_000, 3_600_000])
    }

    @Test("Out of season and out of hours nothing is due")
    func outside() {
        let winter = WaterGap.find(in: at("2026-12-01")..<at("2026-12-08"), season: season, watched: [])
        #expect(winter.gaps.isEmpty && winter.dueMs == 0)
        let night = WaterGap.find(in: at("2026-07-01T19:00")..<at("2026-07-02T09:00"), season: season, watched: [])
        #expect(night.gaps.isEmpty && night.dueMs == 0)
        let week = WaterGap.find(in: at("2026-07-01")..<at("2026-07-08"), season: season, watched: [])
        #expect(week.gaps.count == 7 && week.dueMs == 70 * 3_600_000)
    }
}
