import Cases
import FireGuard
import Kernel
import Storage

/// A case's alarms as its page and the desk show them, with the reasons of each judgement in words.
func caseAlarms(_ id: CaseID, in db: any Reading, word: (String) -> String) throws -> [AlarmView] {
    try FireGuard.alarms(of: id, in: db).map { alarmView($0, word: word) }
}

/// An alarm as a case and the desk show it.
func alarmView(_ item: FireGuard.CaseAlarm, word: (String) -> String) -> AlarmView {
    let alarm = item.alarm
    return AlarmView(
        id: alarm.id, caseId: alarm.caseID, kind: alarm.kind.rawValue, state: alarm.state.rawValue,
        verdict: alarm.verdict?.rawValue, severity: alarm.severity, siteId: alarm.site,
        siteName: item.site?.name ?? alarm.place, detectorName: alarm.place, address: alarm.sourceKey,
        unknownPlace: alarm.site == nil, firstAt: alarm.raisedAt.rfc3339, lastAt: alarm.lastSignalAt.rfc3339,
        count: alarm.repeats + 1,
        reasons: alarm.reasons.map { AlarmView.Reason(rule: $0.rule, text: $0.text(word)) }, location: item.site?.point)
}
