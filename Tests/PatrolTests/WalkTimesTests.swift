import Kernel
import Testing

@testable import Patrol

@Suite("When rounds are walked")
struct WalkTimesTests {
    @Test(
        "Times of day are read however they are divided, sorted, each once",
        arguments: [
            ("08:00 14:30", [480, 870]), ("14:30，8:00、14:30", [480, 870]), ("00:00;23:59", [0, 1_439]), ("8：05", [485]),
        ])
    func reads(_ text: String, _ minutes: [Int]) { #expect(WalkTimes.read(text) == minutes) }

    @Test(
        "What is no time of day is refused as a whole",
        arguments: [
            "", "24:00", "8", "08:60", "08:00 later", "08:00:00", "-1:00", "٠٨:٠٠",
            String(repeating: "08:00 ", count: 25),
        ])
    func refuses(_ text: String) { #expect(WalkTimes.read(text) == nil) }

    @Test("Walks are on the days of China's calendar that the round names, make-up days counted as worked")
    func days() {
        let monday = CivilTime.dayNumber(year: 2026, month: 11, day: 23)
        let worked: Set<Int> = [monday, monday + 1, monday + 6]
        func dates(_ days: Round.Days) -> [Int] {
            WalkTimes.starts(
                Round.Content(starts: [480], minutes: 60, grace: 0, days: days), on: monday..<(monday + 7),
                isWorkday: worked.contains
            ).map { $0.dayNumber - monday }
        }
        #expect(dates(.every) == [0, 1, 2, 3, 4, 5, 6])
        #expect(dates(.workdays) == [0, 1, 6])
        #expect(dates(.restdays) == [2, 3, 4, 5])
    }
}

@Suite("Whether a visit counts")
struct VisitRuleTests {
    private static let start = CivilTime.instant(2026, 11, 25, 8)
    private let place: GeoPoint

    init() throws { place = try #require(GeoPoint(lat: 34, lon: 113)) }

    private var walk: Walk {
        Walk(
            Round(name: "r", content: .init(starts: [480], minutes: 60, grace: 30, isOrdered: true), at: Self.start),
            from: Self.start)
    }
    private var point: CheckPoint {
        CheckPoint(round: walk.round, seq: 2, name: "p", point: place, radius: 50, code: "0123456789abcdef")
    }

    private func judge(
        _ minute: Int64, code: String? = nil, north: Double? = nil, accuracy: Int? = 10, photo: Bool = true,
        before: String? = nil, toldAfter: Int64 = 0
    ) -> String {
        let at = Self.start + minute * 60_000
        let visit = Visit(
            at: at, code: code, point: north.flatMap { GeoPoint(lat: 34 + $0 / 111_195, lon: 113) }, accuracy: accuracy,
            hasPhoto: photo)
        switch VisitRule.judge(visit, at: point, of: walk, missingBefore: before, now: at + toldAfter * 60_000) {
        case .success(let shown): return shown.way.rawValue + (shown.metres.map { " \($0)" } ?? "")
        case .failure(let refusal): return refusal.code
        }
    }

    @Test("By code or by place with a photo, within the walk's time and its grace")
    func counts() {
        #expect(judge(5, code: "0123456789abcdef") == "code")
        #expect(judge(5, code: "0123456789abcdef", north: 400, photo: false) == "code 400")
        #expect(judge(5, north: 40) == "place 40" && judge(5, north: 59) == "place 59")
        #expect(judge(-9, north: 0) == "place 0" && judge(-11, north: 0) == "early")
        #expect(judge(90, north: 0) == "place 0" && judge(91, north: 0) == "over")
    }

    @Test("Too far, too vague, without a photo, with another code, with nothing, or before the point that comes first")
    func refuses() {
        #expect(judge(5, north: 70) == "far" && judge(5, north: 0, accuracy: 101) == "inexact")
        #expect(judge(5, north: 0, accuracy: nil) == "nothing" && judge(5) == "nothing")
        #expect(judge(5, north: 0, photo: false) == "photo")
        #expect(judge(5, code: "0123456789abcdeg", north: 0) == "code")
        #expect(judge(5, north: 0, before: "first") == "order")
    }

    @Test("A phone may keep a visit for a day; neither older nor from the future")
    func clock() {
        #expect(judge(5, north: 0, toldAfter: 24 * 60) == "place 0")
        #expect(judge(5, north: 0, toldAfter: 24 * 60 + 1) == "clock")
        #expect(judge(5, north: 0, toldAfter: -3) == "clock")
    }
}

@Suite("What of a track is kept")
struct TrackRuleTests {
    private let start = CivilTime.instant(2026, 11, 25, 8)
    private let place: GeoPoint

    init() throws { place = try #require(GeoPoint(lat: 34, lon: 113)) }

    private func fix(_ seconds: Int64, accuracy: Int = 10) -> Fix {
        Fix(at: start + seconds * 1_000, point: place, accuracy: accuracy)
    }

    @Test("Nothing outside the watch, nothing vague, one in ten seconds, and no more than a watch holds")
    func keeps() {
        let shift = start..<(start + 3_600_000)
        func keep(_ fixes: [Fix], known: Int = 0, last: Instant? = nil) -> [Int64] {
            TrackRule.keep(fixes, shift: shift, known: known, last: last, now: start + 3_600_000)
                .map { ($0.at - start) / 1_000 }
        }
        #expect(keep([fix(-1), fix(0), fix(3_599), fix(3_600)]) == [0, 3_599])
        #expect(keep([fix(20), fix(0), fix(9), fix(10)]) == [0, 10, 20])
        #expect(keep([fix(0, accuracy: 201), fix(30)]) == [30])
        #expect(keep([fix(5), fix(25)], last: start) == [25])
        #expect(keep([fix(0), fix(10)], known: TrackRule.ofShift - 1) == [0])
        #expect(
            TrackRule.keep([fix(600)], shift: shift, known: 0, last: nil, now: start) == [],
            "the future is not walked yet")
    }
}
