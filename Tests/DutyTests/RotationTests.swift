import Kernel
import Testing

@testable import Duty

@Suite("Rotations")
struct RotationTests {
    private let monday = CivilTime.dayNumber(year: 2026, month: 11, day: 23)
    private let day = Rotation.Watch(name: "白班", start: 480, minutes: 720)
    private let night = Rotation.Watch(name: "夜班", start: 1_200, minutes: 720)

    private func members(_ rotation: Rotation, _ days: Int, of count: Int, from first: Int = 0) -> [Int] {
        rotation.slots(in: (monday + first)..<(monday + days), members: count) { ($0 + 3) % 7 < 5 }.map(\.member)
    }

    @Test("Two watches a day of three people go round, and each begins where the one before ends")
    func round() {
        let rotation = Rotation(watches: [day, night], firstDay: monday)
        #expect(members(rotation, 3, of: 3) == [0, 1, 2, 0, 1, 2])
        let slots = rotation.slots(in: monday..<(monday + 2), members: 3) { _ in true }
        #expect(slots.first?.from == CivilTime.instant(2026, 11, 23, 8))
        #expect(zip(slots, slots.dropFirst()).allSatisfy { $0.until == $1.from })
    }

    @Test("A turn of several watches keeps a person, a crew stands together")
    func turnsAndCrews() {
        #expect(members(Rotation(watches: [day], turn: 2, firstDay: monday), 5, of: 2) == [0, 0, 1, 1, 0])
        #expect(members(Rotation(watches: [day], crew: 2, firstDay: monday), 2, of: 3) == [0, 1, 2, 0])
    }

    @Test("Planning from the middle gives the same people as planning from the start")
    func resumes() {
        for days in Rotation.Days.allCases {
            let rotation = Rotation(days: days, watches: [day, night], turn: 3, firstDay: monday)
            let whole = rotation.slots(in: monday..<(monday + 40), members: 5) { ($0 + 3) % 7 < 5 }
            let parts = [0..<13, 13..<14, 14..<40].flatMap {
                rotation.slots(in: (monday + $0.lowerBound)..<(monday + $0.upperBound), members: 5) { ($0 + 3) % 7 < 5 }
            }
            #expect(whole == parts)
        }
    }

    @Test("Days off have their own watches, and nobody's turn is lost over them")
    func daysOff() {
        let rest = Rotation(days: .restdays, watches: [day], firstDay: monday)
        #expect(members(rest, 14, of: 3) == [0, 1, 2, 0])
        #expect(members(rest, 5, of: 3).isEmpty)
    }

    @Test("Nobody, no watch and a day before the first give nothing")
    func nothing() {
        #expect(members(Rotation(watches: [day], firstDay: monday), 5, of: 0).isEmpty)
        #expect(members(Rotation(watches: [], firstDay: monday), 5, of: 2).isEmpty)
        #expect(members(Rotation(watches: [day], firstDay: monday + 9), 5, of: 2).isEmpty)
    }

    @Test(
        "A watch is read as people write it",
        arguments: [
            ("白班 08:00-20:00", 480, 720), ("夜班 20:00–08:00", 1_200, 720), ("全天 8:00-8:00", 480, 1_440),
            ("中 班 16：00~24:00", 960, 480),
        ])
    func watch(_ line: String, _ start: Int, _ minutes: Int) throws {
        let watch = try #require(Rotation.Watch(line))
        #expect((watch.start, watch.minutes) == (start, minutes))
        #expect(Rotation.Watch(watch.line) == watch)
    }

    @Test(
        "A watch that is none is refused",
        arguments: [
            "", "白班", "08:00-20:00", "白班 25:00-26:00", "白班 08:00", "白班 08:00-08:10", "x 24:00-02:00", "x 8:60-9:00",
        ])
    func noWatch(_ line: String) { #expect(Rotation.Watch(line) == nil) }

    @Test("Gaps are what no span covers, however the spans overlap")
    func gaps() {
        func at(_ minute: Int64) -> Instant { Instant(ms: minute * 60_000) }
        let window = at(0)..<at(100)
        #expect(OnCall.gaps(in: window, covered: []) == [window])
        #expect(OnCall.gaps(in: window, covered: [at(-5)..<at(200)]).isEmpty)
        #expect(
            OnCall.gaps(in: window, covered: [at(60)..<at(80), at(0)..<at(50), at(10)..<at(20)])
                == [at(50)..<at(60), at(80)..<at(100)])
    }
}
