import Kernel
import Testing
import Web

@testable import Duty

struct AttendanceTests {
    private let noon = CivilTime.instant(2026, 11, 25, 12)
    private let hour: Int64 = 3_600_000

    private func shift(comesAfter minutes: Int64?, mustCover: Bool = true) -> Shift {
        let roster = Roster(
            id: .next(), name: "示例", role: .officer, area: nil, members: [],
            rotation: Rotation(watches: [], firstDay: 0), mustCover: mustCover, changedAt: noon)
        var shift = Shift(roster: roster, watch: "白班", staff: StaffID(rawValue: 1), from: noon, until: noon + 4 * hour)
        shift.checkedInAt = minutes.map { noon + $0 * 60_000 }
        return shift
    }

    @Test("Ten minutes late is in time, later is unmanned until then, and never is unmanned to its end")
    func kinds() {
        let shifts = [shift(comesAfter: -20), shift(comesAfter: 10), shift(comesAfter: 30), shift(comesAfter: nil)]
        let attendance = Attendance(shifts, now: noon + 10 * hour)
        #expect(attendance.inTime == 2)
        #expect(attendance.late.map(\.unmannedMs) == [30 * 60_000])
        #expect(attendance.missed.map(\.unmannedMs) == [4 * hour])
    }

    @Test("A running watch counts up to now, one that has just begun not yet, and one that nobody must stand never")
    func running() {
        #expect(Attendance([shift(comesAfter: nil)], now: noon + hour).missed.map(\.unmannedMs) == [hour])
        #expect(Attendance([shift(comesAfter: nil)], now: noon + 60_000).lines.isEmpty)
        #expect(Attendance([shift(comesAfter: nil, mustCover: false)], now: noon + hour).lines.isEmpty)
    }
}
