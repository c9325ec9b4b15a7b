import Kernel

/// What a person may do with an alarm, and what it takes.
public enum AlarmMoves {
    /// Takes an alarm: from raised to acknowledged; who comes second changes nothing.
    /// - Returns: whether anything changes.
    public static func acknowledge(_ alarm: inout Alarm, by name: String, at now: Instant) -> Bool {
        guard alarm.state == .raised else { return false }
        alarm.state = .acknowledged
        alarm.acknowledgedAt = now
        alarm.acknowledgedBy = name
        return true
    }

    /// Says what it is. Anything but a fire stands the brigade down and takes a second source.
    /// - Returns: whether anything changes.
    public static func verify(
        _ alarm: inout Alarm, as verdict: Alarm.Verdict, secondSource: SecondSource?, note: String, by name: String,
        at now: Instant
    ) throws(Problem) -> Bool {
        guard alarm.state != .cleared else { throw .conflict("alarm.cleared") }
        if alarm.state == .verified, alarm.verdict == verdict { return false }
        var check = FieldCheck()
        if verdict != .real {
            check.expect(secondSource != nil, "secondSource", "required")
            check.expect(!note.isEmpty, "note", "required")
        }
        check.expect(note.count <= 1_000, "note", "too-long")
        try check.finish()
        if alarm.acknowledgedAt == nil {
            alarm.acknowledgedAt = now
            alarm.acknowledgedBy = name
        }
        alarm.state = .verified
        alarm.verdict = verdict
        alarm.verifiedAt = now
        alarm.verifiedBy = name
        alarm.secondSource = secondSource
        alarm.note = note
        return true
    }

    /// How many answers of the people at the site an alarm takes.
    static let answerLimit = 20

    /// Notes what somebody responsible for the site says: a word that the desk weighs, never a verdict. Who says that
    /// it burns raises the severity to the highest; who denies lowers nothing.
    /// - Returns: whether anything changes.
    static func hear(
        _ alarm: inout Alarm, burns: Bool, note: String, by name: String
    ) throws(Problem) -> Bool {
        guard alarm.state != .cleared else { throw .conflict("alarm.over") }
        var check = FieldCheck()
        check.expect(note.count <= 500, "note", "too-long")
        check.expect(burns || !note.isEmpty, "note", "required")
        try check.finish()
        let reason = Reason(burns ? "owner-confirms" : "owner-denies", ["by": name, "note": note])
        let answers = alarm.reasons.filter { $0.rule.hasPrefix("owner-") }
        guard answers.last != reason else { return false }
        guard answers.count < answerLimit else { throw .conflict("alarm.answered-often") }
        alarm.reasons.append(reason)
        if burns { alarm.severity = 4 }
        return true
    }

    /// Puts it into history. It latches: while the device still reports fire, it takes the word of a person that it was
    /// reset by hand.
    /// - Returns: whether anything changes.
    public static func clear(
        _ alarm: inout Alarm, resetByHand: Bool, at now: Instant
    ) throws(Problem) -> Bool {
        guard alarm.state != .cleared else { return false }
        guard alarm.state == .verified else { throw .conflict("alarm.not-verified") }
        guard alarm.restoredAt != nil || resetByHand else { throw .conflict("alarm.still-reporting") }
        alarm.state = .cleared
        alarm.clearedAt = now
        return true
    }
}
