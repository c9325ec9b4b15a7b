import Kernel
import Testing
import Web

@testable import Cases

@Suite("The clocks of a case")
struct ClockHistoryTests {
    private static let minute: Int64 = 60_000

    /// A day in the middle of holidays and make-up workdays.
    private static let start = CivilTime.instant(2026, 9, 24, 8)

    /// Random moves, each at a whole minute, as a town's clerk might make them over three weeks.
    private func history(_ kind: CaseKind, _ random: inout SplitMix) -> [CaseEntry] {
        var content = CaseEntry.Content(.opened)
        content.kind = kind
        content.severity = .minor
        var entries = [CaseEntry(seq: 1, at: Self.start, actor: .system("test"), content: content)]
        var at = Self.start
        for seq in 2...12 {
            at = at + Int64(random.next() % (3 * 24 * 60)) * Self.minute
            let types: [EntryType] = [.accepted, .assigned, .started, .suspended, .resumed, .handled, .returned, .note]
            let type = types[Int(random.next() % UInt64(types.count))]
            // What the desk would refuse is left out, as the moves' own rules do.
            if type == .resumed, CaseState(entries)?.phase != .suspended { continue }
            if type == .suspended, CaseState(entries)?.phase == .suspended { continue }
            entries.append(
                CaseEntry(seq: seq, at: at, actor: .staff(StaffID(rawValue: 1), "x"), content: CaseEntry.Content(type)))
        }
        return entries
    }

    @Test(
        "agree minute by minute with a count that looks at the phase of every minute",
        arguments: [CaseKind.fire, .report])
    func naive(_ kind: CaseKind) throws {
        let calendar = try WorkCalendar.load()
        var random = SplitMix(state: 20_260_924)
        for _ in 0..<40 {
            let entries = history(kind, &random)
            let end = Self.start + Int64(random.next() % (40 * 24 * 60)) * Self.minute
            let state = try #require(CaseState(entries.filter { $0.at <= end }))
            let measure = state.measure(calendar)
            var (citizen, department): (Int64, Int64) = (0, 0)
            var next = 1
            var phase = CasePhase.open
            var moment = Self.start
            var replay = try #require(CaseState([entries[0]]))
            while moment < end {
                while next < entries.count, entries[next].at <= moment {
                    replay.apply(entries[next])
                    next += 1
                }
                phase = replay.phase
                if counts(moment, kind, calendar) {
                    citizen += 1
                    if phase == .assigned || phase == .handling { department += 1 }
                }
                moment = moment + Self.minute
            }
            #expect(state.citizenClock.elapsed(at: end, measure) == citizen * Self.minute)
            #expect(state.departmentClock.elapsed(at: end, measure) == department * Self.minute)
        }
    }

    /// Whether this minute counts: every one of an emergency, those of working time else.
    private func counts(_ moment: Instant, _ kind: CaseKind, _ calendar: WorkCalendar) -> Bool {
        if kind.isEmergency { return true }
        let time = CivilTime(moment)
        let clock = time.hour * 60 + time.minute
        let isWorking = (510..<720).contains(clock) || (840..<1_050).contains(clock)
        return isWorking && calendar.isWorkday(CivilTime.dayNumber(year: time.year, month: time.month, day: time.day))
    }
}

/// A small generator with a seed, so that a failure can be run again.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
