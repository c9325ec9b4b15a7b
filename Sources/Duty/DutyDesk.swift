import Identity
import Kernel
import Storage
import Web

extension Permission {
    /// See rosters, shifts and who is on duty.
    public static let dutyRead = Permission(
        "duty.read", [.officer, .leader, .brigade, .patrol, .grid, .clerk, .admin, .auditor])
    /// Stand watches: check in, keep the log, hand over, exchange.
    public static let dutyServe = Permission("duty.serve", [.officer, .leader, .brigade, .patrol, .grid])
    /// Make rosters and put people in for others.
    public static let dutyManage = Permission("duty.manage", [.leader, .admin])
}

/// What other rooms ask about duty.
public struct DutyDesk: Sendable {
    /// Why these people and no others.
    public enum Source: String, Sendable, CaseIterable {
        /// A shift of the roster runs.
        case roster
        /// There is a roster, and nobody who can be reached is on it now: everybody with the role is named.
        case gap
        /// There is no roster for the role: everybody with it is named.
        case none
    }

    /// Who is on duty, and why.
    public struct Found: Sendable {
        /// Whom to call, in this order.
        public var people: [StaffDirectory.Contact]
        /// Why these.
        public var source: Source
    }

    /// A time in which nobody is there who must be.
    public struct Gap: Sendable, Equatable {
        /// As what.
        public var role: Role
        /// For which area; `nil` is the whole town.
        public var area: AreaID?
        /// From when.
        public var from: Instant
        /// Until when.
        public var until: Instant
    }

    let within: @Sendable ([AreaID], AreaID) -> Bool

    /// A desk.
    /// - Parameter within: whether an area lies in one of those a shift is for.
    public init(within: @escaping @Sendable ([AreaID], AreaID) -> Bool) { self.within = within }

    /// Who is on duty as `role` for `area` at `moment`. Where the roster names nobody, everybody with the role is
    /// returned and ``Found/source`` says so: an alarm is never held back by a hole in a list.
    public func find(_ role: Role, for area: AreaID?, at moment: Instant, in db: any Reading) throws -> Found {
        let rosters = try RosterStore.all(in: db).filter { $0.isActive && $0.role == role }
        guard !rosters.isEmpty else {
            return Found(
                people: try StaffDirectory.onDuty(role: role, area: area, within: within, in: db), source: .none)
        }
        let ids = OnCall.people(
            as: role, for: area, at: moment, among: try ShiftStore.running(at: moment, in: db), within: within)
        let contacts = try StaffDirectory.contacts(of: ids, in: db)
        let people = ids.compactMap { contacts[$0] }.filter { !$0.phone.isEmpty }
        guard people.isEmpty else { return Found(people: people, source: .roster) }
        return Found(people: try StaffDirectory.onDuty(role: role, area: area, within: within, in: db), source: .gap)
    }

    /// The part of a person's watch that runs at `moment`, from their coming to its end; `nil` where they stand none or
    /// have not come.
    public func stood(by person: StaffID, at moment: Instant, in db: any Reading) throws -> Range<Instant>? {
        try ShiftStore.page(ShiftFilter(staff: person, from: moment, until: moment + 1), limit: 20, in: db)
            .compactMap(\.attended).first { $0.contains(moment) }
    }

    /// How the watches that began in a stretch of time were stood, with the names of who should have.
    public func attendance(
        in span: Range<Instant>, now: Instant, in db: any Reading
    ) throws -> (attendance: Attendance, names: [StaffID: String]) {
        let shifts = try ShiftStore.page(
            ShiftFilter(from: span.lowerBound, until: min(span.upperBound, now)), limit: 5_000, in: db
        ).filter { $0.startsAt >= span.lowerBound }
        return (Attendance(shifts, now: now), try StaffDirectory.names(of: shifts.map(\.staff), in: db))
    }

    /// The hours of `window` in which a roster that must be covered names nobody who can be reached.
    public func gaps(in window: Range<Instant>, in db: any Reading) throws -> [Gap] {
        let rosters = try RosterStore.all(in: db).filter { $0.isActive && $0.mustCover }
        guard !rosters.isEmpty else { return [] }
        let shifts = try ShiftStore.page(
            ShiftFilter(from: window.lowerBound, until: window.upperBound), limit: 20_000, in: db)
        let reachable = try StaffDirectory.contacts(of: shifts.map(\.staff), in: db).filter { !$0.value.phone.isEmpty }
        var gaps: [Gap] = []
        var seen: Set<String> = []
        for roster in rosters where seen.insert("\(roster.role.rawValue) \(roster.area?.description ?? "")").inserted {
            let spans = shifts.filter { shift in
                guard shift.role == roster.role, reachable[shift.staff] != nil else { return false }
                guard let own = shift.area else { return true }
                return roster.area.map { within([own], $0) } ?? false
            }
            gaps += OnCall.gaps(in: window, covered: spans.map { $0.startsAt..<$0.endsAt })
                .map { Gap(role: roster.role, area: roster.area, from: $0.lowerBound, until: $0.upperBound) }
        }
        return gaps.sorted { $0.from < $1.from }
    }
}
