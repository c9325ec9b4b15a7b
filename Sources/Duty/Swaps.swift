import Identity
import Kernel
import Storage
import Web

/// Exchanges of watches: nothing changes until the other one agrees.
struct Swaps {
    let moves: ShiftMoves

    /// Asks `other` to take a watch, or, with `otherShift`, to exchange it for that one.
    func ask(
        _ id: ShiftID, of other: StaffID?, for otherShift: ShiftID?, reason: String, by caller: Caller,
        at now: Instant, in db: any Writing
    ) throws -> Swap {
        guard let shift = try ShiftStore.find(id, in: db) else { throw Problem.notFound }
        guard shift.staff == caller.id else { throw Problem.conflict("duty.not-yours") }
        guard shift.startsAt > now else { throw Problem.conflict("duty.begun") }
        guard try !SwapStore.isAsked(id, in: db) else { throw Problem.conflict("duty.swap-asked") }
        var person = other
        if let otherShift {
            guard let theirs = try ShiftStore.find(otherShift, in: db), theirs.role == shift.role,
                theirs.startsAt > now
            else { throw Problem.invalid(["shiftId": "unknown"]) }
            person = theirs.staff
        }
        let holders = try StaffDirectory.onDuty(role: shift.role, area: nil, in: db)
        guard let person, person != caller.id, holders.contains(where: { $0.id == person }) else {
            throw Problem.invalid(["staffId": "unknown"])
        }
        let swap = Swap(
            shift: id, asker: caller.id, other: person, otherShift: otherShift, reason: reason, at: now)
        try SwapStore.insert(swap, in: db)
        try moves.record(
            "shift.swap-ask", shift, by: caller, detail: try JSON.text(["other": person.description]), at: now, in: db)
        try DutyEvents.publish("shift.swap", shift, in: db)
        return swap
    }

    /// The other one agrees or does not. An agreement holds only while both watches are still as they were asked for.
    func decide(
        _ id: ID<Swap>, agrees: Bool, by caller: Caller, at now: Instant, in db: any Writing
    ) throws -> Swap {
        guard var swap = try SwapStore.find(id, in: db) else { throw Problem.notFound }
        guard swap.other == caller.id else { throw Problem.conflict("duty.not-yours") }
        guard swap.state == .asked else { return swap }
        guard var shift = try ShiftStore.find(swap.shift, in: db) else { throw Problem.notFound }
        if agrees {
            guard shift.staff == swap.asker, shift.startsAt > now else { throw Problem.conflict("duty.swap-stale") }
            if let otherID = swap.otherShift {
                guard var theirs = try ShiftStore.find(otherID, in: db), theirs.staff == caller.id,
                    theirs.startsAt > now
                else { throw Problem.conflict("duty.swap-stale") }
                theirs.staff = swap.asker
                theirs.origin = .swap
                theirs.note = swap.reason
                try ShiftStore.update(theirs, in: db)
                try DutyEvents.publish("shift.changed", theirs, in: db)
            }
            shift.staff = caller.id
            shift.origin = .swap
            shift.note = swap.reason
            try ShiftStore.update(shift, in: db)
            db.wake(DutyClerk.topic)
        }
        swap.state = agrees ? .agreed : .refused
        swap.decidedAt = now
        try SwapStore.decide(id, swap.state, at: now, in: db)
        try moves.record(
            agrees ? "shift.swap-agree" : "shift.swap-refuse", shift, by: caller,
            detail: try JSON.text(["asker": swap.asker.description]), at: now, in: db)
        try DutyEvents.publish("shift.changed", shift, in: db)
        return swap
    }
}
