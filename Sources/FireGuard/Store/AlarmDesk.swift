import Kernel
import Storage

/// What people do with alarms, each in one transaction with its case, its messages, its audit and its event.
struct AlarmDesk {
    let desk: any Desk

    /// Takes an alarm; the escalation stops.
    func acknowledge(_ id: AlarmID, by person: Person, at now: Instant, in db: any Writing) throws -> Alarm {
        var alarm = try find(id, in: db)
        guard AlarmMoves.acknowledge(&alarm, by: person.name, at: now) else { return alarm }
        try AlarmStore.update(alarm, in: db)
        try desk.endEscalation(subject: alarm.subject, at: now, in: db)
        if let caseID = alarm.caseID { try desk.acknowledged(caseID, by: person, at: now, in: db) }
        try desk.audit("alarm.acknowledge", subject: alarm.subject, by: person, purpose: nil, at: now, in: db)
        try AlarmEvents.publish("alarm.changed", alarm, in: db)
        return alarm
    }

    /// Says what it is, and tells those who were told of it.
    func verify(
        _ id: AlarmID, as verdict: Alarm.Verdict, secondSource: SecondSource?, note: String, by person: Person,
        at now: Instant, in db: any Writing
    ) throws -> Alarm {
        var alarm = try find(id, in: db)
        let before = alarm
        guard
            try AlarmMoves.verify(
                &alarm, as: verdict, secondSource: secondSource, note: note, by: person.name, at: now)
        else { return alarm }
        alarm.reasons.append(
            Reason(
                "verified-\(verdict.rawValue)",
                ["by": person.name, "source": secondSource?.rawValue ?? "", "note": note]))
        if verdict == .real { alarm.severity = 4 }
        try AlarmStore.update(alarm, in: db)
        try desk.endEscalation(subject: alarm.subject, at: now, in: db)
        let site = try alarm.site.flatMap { try SiteStore.find($0, in: db) }
        // What has not gone out yet would contradict what is known now.
        if verdict != .real { try desk.withdraw(subject: alarm.subject, in: db) }
        try AlarmNotice(desk: desk).sendVerdict(alarm, site: site, verdict: verdict, at: now, in: db)
        if let caseID = alarm.caseID {
            if before.acknowledgedAt == nil { try desk.acknowledged(caseID, by: person, at: now, in: db) }
            if verdict == .real {
                try desk.raiseSeverity(
                    to: 4, reason: desk.word("fire.note.verified-real", ["place": alarm.place]), of: caseID, at: now,
                    in: db)
            }
            // One detector that was wrong does not end a case in which another may be right.
            let others = try AlarmStore.ofCase(caseID, in: db).filter { $0.id != alarm.id }
            if verdict == .real || others.allSatisfy({ $0.state == .cleared || ($0.verdict ?? .real) != .real }) {
                try desk.verified(caseID, verdict: verdict, by: person, at: now, in: db)
            } else {
                try desk.note(
                    desk.word("fire.note.verified-\(verdict.rawValue)", ["place": alarm.place]), on: caseID,
                    by: person, at: now, in: db)
            }
        }
        try desk.audit("alarm.verify", subject: alarm.subject, by: person, purpose: nil, at: now, in: db)
        try AlarmEvents.publish("alarm.changed", alarm, in: db)
        return alarm
    }

    /// Hears somebody responsible for the site about alarms there: on each alarm, once in the timeline of each case, and
    /// no further.
    /// - Returns: the alarms as they are now.
    func answer(
        _ ids: [AlarmID], burns: Bool, note: String, by person: Person, at now: Instant, in db: any Writing
    ) throws -> [Alarm] {
        var places: [CaseID: [String]] = [:]
        let alarms = try ids.map { id in
            var alarm = try find(id, in: db)
            guard try AlarmMoves.hear(&alarm, burns: burns, note: note, by: person.name) else { return alarm }
            try AlarmStore.update(alarm, in: db)
            if let caseID = alarm.caseID { places[caseID, default: []].append(alarm.place) }
            try desk.audit("alarm.answer", subject: alarm.subject, by: person, purpose: nil, at: now, in: db)
            try AlarmEvents.publish("alarm.changed", alarm, in: db)
            return alarm
        }
        for (caseID, places) in places {
            let text = desk.word(
                "fire.note.owner-\(burns ? "confirms" : "denies")",
                ["place": places.joined(separator: "、"), "note": note])
            try desk.note(text, on: caseID, by: person, at: now, in: db)
            if burns { try desk.raiseSeverity(to: 4, reason: text, of: caseID, at: now, in: db) }
        }
        return alarms
    }

    /// Puts it into history.
    func clear(
        _ id: AlarmID, resetByHand: Bool, by person: Person, at now: Instant, in db: any Writing
    ) throws -> Alarm {
        var alarm = try find(id, in: db)
        guard try AlarmMoves.clear(&alarm, resetByHand: resetByHand, at: now) else { return alarm }
        alarm.reasons.append(
            Reason(alarm.restoredAt == nil ? "cleared-by-hand" : "cleared-restored", ["by": person.name]))
        try AlarmStore.update(alarm, in: db)
        if let caseID = alarm.caseID {
            try desk.note(
                desk.word("fire.note.cleared", ["place": alarm.place]), on: caseID, by: person, at: now, in: db)
        }
        try desk.audit("alarm.clear", subject: alarm.subject, by: person, purpose: nil, at: now, in: db)
        try AlarmEvents.publish("alarm.changed", alarm, in: db)
        return alarm
    }

    /// Raises what works have covered to a full alarm once they are over.
    func endWorks(_ id: AlarmID, at now: Instant, in db: any Writing) throws {
        var alarm = try find(id, in: db)
        guard alarm.inMaintenance, alarm.state == .raised, alarm.restoredAt == nil else { return }
        alarm.inMaintenance = false
        alarm.severity = alarm.kind.isConclusive ? 4 : 3
        alarm.reasons.append(Reason("works-ended"))
        try AlarmStore.update(alarm, in: db)
        if let caseID = alarm.caseID {
            try desk.raiseSeverity(
                to: alarm.severity, reason: desk.word("fire.note.works-ended", ["place": alarm.place]), of: caseID,
                at: now, in: db)
        }
        let site = try alarm.site.flatMap { try SiteStore.find($0, in: db) }
        try AlarmNotice(desk: desk).send(alarm, site: site, .everyone, in: db)
        try AlarmEvents.publish("alarm.raised", alarm, in: db)
    }

    private func find(_ id: AlarmID, in db: any Reading) throws -> Alarm {
        guard let alarm = try AlarmStore.find(id, in: db) else { throw Problem.notFound }
        return alarm
    }
}
