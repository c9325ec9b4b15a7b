import Foundation
import Kernel
import Testing
import Web

@testable import Cases

@Suite("The rules of cases")
struct CaseRuleTests {
    private let officer = StaffID(rawValue: 1)
    private let clerk = StaffID(rawValue: 2)

    private func opened(_ kind: CaseKind, at now: Instant) -> CaseEntry {
        var content = CaseEntry.Content(.opened)
        content.kind = kind
        content.severity = .serious
        return CaseEntry(seq: 1, at: now, actor: .system("test"), content: content)
    }

    private func entry(_ type: EntryType, _ who: StaffID, at now: Instant) -> CaseEntry {
        CaseEntry(seq: 2, at: now, actor: .staff(who, "x"), content: CaseEntry.Content(type))
    }

    @Test("Who reported a case handled cannot close it; somebody else can")
    func ownWork() throws {
        let now = CivilTime.instant(2026, 11, 24, 9)
        let state = try #require(
            CaseState([opened(.report, at: now), entry(.assigned, officer, at: now), entry(.handled, officer, at: now)])
        )
        #expect(!CaseMove.close.isAllowed(state, roles: [.officer], by: officer))
        #expect(CaseMove.close.isAllowed(state, roles: [.officer], by: clerk))
    }

    @Test("The department's clock stands still while a case is suspended, the citizen's does not")
    func suspension() throws {
        let day = CivilTime.instant(2026, 11, 24, 9)
        let hour: Int64 = 3_600_000
        let state = try #require(
            CaseState([
                opened(.report, at: day), entry(.assigned, officer, at: day),
                entry(.suspended, officer, at: day + hour), entry(.resumed, officer, at: day + 2 * hour),
            ]))
        let measure = state.measure(WorkCalendar())
        #expect(state.departmentClock.elapsed(at: day + 3 * hour, measure) == 2 * hour)
        #expect(state.citizenClock.elapsed(at: day + 3 * hour, measure) == 3 * hour)
    }

    @Test("A make-up Saturday is worked, a holiday on a weekday is not")
    func calendar() throws {
        let calendar = try WorkCalendar.load()
        #expect(calendar.isWorkday(CivilTime.dayNumber(year: 2026, month: 2, day: 28)))
        #expect(!calendar.isWorkday(CivilTime.dayNumber(year: 2026, month: 10, day: 1)))
        #expect(!calendar.isWorkday(CivilTime.dayNumber(year: 2026, month: 11, day: 28)))
        #expect(calendar.isWorkday(CivilTime.dayNumber(year: 2026, month: 11, day: 24)))
    }

    @Test("Working time agrees with a count minute by minute on random spans")
    func naive() throws {
        let calendar = try WorkCalendar.load()
        var random = SystemRandomNumberGenerator()
        let start = CivilTime.instant(2026, 1, 1)
        for _ in 0..<60 {
            let from = start + Int64.random(in: 0..<300 * 24 * 60, using: &random) * 60_000
            let minutes = Int64.random(in: 0..<6 * 24 * 60, using: &random)
            var count: Int64 = 0
            for minute in 0..<minutes {
                let time = CivilTime(from + minute * 60_000)
                let day = CivilTime.dayNumber(year: time.year, month: time.month, day: time.day)
                let clock = time.hour * 60 + time.minute
                let isWorking = (510..<720).contains(clock) || (840..<1_050).contains(clock)
                if calendar.isWorkday(day), isWorking { count += 1 }
            }
            let span = calendar.working(from: from, to: from + minutes * 60_000)
            #expect(span == count * 60_000)
            if count > 0, span > 0 {
                let end = calendar.moment(after: span, from: from)
                #expect(calendar.working(from: from, to: end) == span)
            }
        }
    }

    @Test("A year's holidays may be put into the data folder; a year that nobody told of counts weekdays alone")
    func ownYear() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("zhili-\(UUID().uuidString)")
        let place = folder.appendingPathComponent("calendar")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (friday, sunday) = (
            CivilTime.dayNumber(year: 2031, month: 10, day: 3), CivilTime.dayNumber(year: 2031, month: 9, day: 28)
        )
        let unknown = try WorkCalendar.load(data: folder)
        #expect(unknown.years[2031] == nil && unknown.isWorkday(friday) && !unknown.isWorkday(sunday))
        let file = place.appendingPathComponent("2031.json")
        try Data(#"{"year":2031,"holidays":["2031-10-01/2031-10-07"],"workdays":["2031-09-28"]}"#.utf8).write(to: file)
        let known = try WorkCalendar.load(data: folder)
        #expect(known.years[2031] != nil && !known.isWorkday(friday) && known.isWorkday(sunday))
        for wrong in [
            "{}", #"{"year":2031,"holidays":["2031-13-01"],"workdays":[]}"#,
            #"{"year":2031,"holidays":["2030-10-01"],"workdays":[]}"#,
            #"{"year":2031,"holidays":["2031-10-07/2031-10-01"],"workdays":[]}"#,
        ] {
            try Data(wrong.utf8).write(to: file)
            #expect {
                _ = try WorkCalendar.load(data: folder)
            } throws: {
                "\($0)".contains("2031.json")
            }
        }
    }
}
