import Cases
import Kernel
import Storage
import Web

/// Makes shifts from rosters.
public struct Planning: Sendable {
    /// Days ahead for which there are shifts.
    static let horizon = 35

    let calendar: WorkCalendar

    /// Planning by China's calendar.
    public init(calendar: WorkCalendar) { self.calendar = calendar }

    /// Stores a roster and plans it anew from `now` on. What runs, what has been, and what people have exchanged or
    /// stood in for stays as it is.
    public func save(_ roster: Roster, at now: Instant, in db: any Writing) throws {
        var roster = roster
        let isNew = try RosterStore.find(roster.id, in: db) == nil
        try ShiftStore.dropPlanned(of: roster.id, from: now, in: db)
        roster.changedAt = now
        roster.plannedTo = 0
        try RosterStore.save(roster, in: db)
        guard roster.isActive else { return }
        try plan(roster, from: now.dayNumber - 1, at: now, withRunning: isNew, in: db)
    }

    /// Makes the shifts that are missing up to the horizon.
    func extend(_ roster: Roster, at now: Instant, in db: any Writing) throws {
        guard roster.isActive, roster.plannedTo < now.dayNumber + Self.horizon else { return }
        try plan(roster, from: roster.plannedTo, at: now, withRunning: false, in: db)
    }

    private func plan(
        _ roster: Roster, from first: Int, at now: Instant, withRunning: Bool, in db: any Writing
    ) throws {
        let end = now.dayNumber + Self.horizon
        let kept = try ShiftStore.changed(of: roster.id, from: now, in: db)
        let slots = roster.rotation.slots(
            in: first..<end, members: roster.members.count, isWorkday: calendar.isWorkday)
        for slot in slots
        where !kept.contains(slot.from.ms) && (slot.from >= now || (withRunning && slot.until > now)) {
            try ShiftStore.insert(
                Shift(
                    roster: roster, watch: slot.watch, staff: roster.members[slot.member], from: slot.from,
                    until: slot.until), in: db)
        }
        try RosterStore.setPlanned(roster.id, to: end, in: db)
        db.wake(DutyClerk.topic)
    }
}

extension Planning {
    /// Has everybody whose shift runs be there; for the sample town.
    public func checkInAll(of roster: RosterID, at now: Instant, in db: any Writing) throws {
        for var shift in try ShiftStore.running(at: now, in: db) where shift.roster == roster {
            shift.checkedInAt = min(now, shift.startsAt)
            try ShiftStore.update(shift, in: db)
        }
    }
}
