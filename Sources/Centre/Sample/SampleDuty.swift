import Cases
import Duty
import Identity
import Kernel
import Storage
import Web

/// The sample town's rosters: two officers in turns of twelve hours, two leaders in turns of a day, the brigade always,
/// the patrol by day.
struct SampleDuty {
    func plan(at now: Instant, in db: any Writing) throws {
        let planning = Planning(calendar: try WorkCalendar.load())
        let watches: [(role: Role, name: String, watches: [String], mustCover: Bool)] = [
            (.officer, "值班台（示例）", ["白班 08:00-20:00", "夜班 20:00-08:00"], true),
            (.leader, "带班领导（示例）", ["带班 08:00-08:00"], true),
            (.brigade, "消防备勤（示例）", ["备勤 08:00-08:00"], true),
            (.patrol, "巡查（示例）", ["巡查 08:00-20:00"], false),
        ]
        for (role, name, lines, mustCover) in watches {
            let members = try StaffDirectory.onDuty(role: role, area: nil, in: db).map(\.id)
            let roster = Roster(
                id: .next(), name: name, role: role, area: nil, members: members,
                rotation: Rotation(
                    watches: lines.compactMap(Rotation.Watch.init), firstDay: now.dayNumber - 1),
                mustCover: mustCover, changedAt: now)
            try planning.save(roster, at: now, in: db)
            try planning.checkInAll(of: roster.id, at: now, in: db)
        }
    }
}
