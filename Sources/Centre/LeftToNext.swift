import Duty
import FireGuard
import Kernel
import Storage

/// What the fire room leaves to the next watch, in the town's words.
func leftToNext(in db: any Reading, word: (String) -> String) throws -> [HandoverItem] {
    let left = try FireGuard.outstanding(in: db)
    let alarms = left.alarms.map { item in
        let alarm = item.alarm
        return HandoverItem(
            .alarm, "\(item.site?.name ?? alarm.place) \(word("fire.kind.\(alarm.kind.rawValue)"))",
            href: alarm.caseID.map { "/cases/\($0)" } ?? "/alarms?state=raised")
    }
    let devices = left.troubles.map { trouble, site in
        HandoverItem(
            .device, "\(site) \(word("fire.trouble.\(trouble.kind.rawValue)")) \(trouble.since.text)",
            href: trouble.site.map { "/sites/\($0)" } ?? "/detectors")
    }
    return alarms + devices
}
