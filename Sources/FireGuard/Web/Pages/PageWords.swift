import Foundation
import Kernel
import Web

/// What the room's pages have in common: times, choices of a filter, links to the next page and to the workbook.
enum PageWords {
    /// `11-24 09:05` in China Standard Time, with the year where it is another one's.
    static func short(_ moment: Instant, now: Instant = .now) -> String {
        let text = moment.text
        return text.prefix(4) == now.text.prefix(4) ? String(text.dropFirst(5).prefix(11)) : String(text.prefix(16))
    }

    static func choices(_ call: Call, _ name: String, _ values: [String], words: String) -> [[String: Any]] {
        values.map { value in
            ["value": value, "label": call.word("\(words).\(value)"), "selected": call.query(name) == value]
        }
    }

    static func tint(_ state: SiteHealth.State) -> String {
        switch state {
        case .fire: "bad"
        case .fault: "warn"
        case .offline: ""
        case .maintenance: "info"
        case .normal: "ok"
        }
    }

    static func tint(_ state: Alarm.State) -> String {
        switch state {
        case .raised: "solid"
        case .acknowledged: "warn"
        case .verified: "info"
        case .cleared: "ok"
        }
    }

    /// A detector's conditions as badges, the worst first.
    static func badges(_ detector: Detector, _ presence: Presence, _ call: Call) -> [[String: String]] {
        var badges: [[String: String]] = []
        if detector.isInAlarm { badges.append(["tint": "solid", "text": call.word("fire.health.alarm")]) }
        if detector.isFaulty { badges.append(["tint": "warn", "text": call.word("fire.health.fault")]) }
        if detector.isBatteryLow { badges.append(["tint": "warn", "text": call.word("fire.health.battery")]) }
        if detector.isOffline { badges.append(["tint": "", "text": call.word("fire.health.offline")]) }
        guard badges.isEmpty else { return badges }
        // Behind a panel a detector is silent until something happens: its gateway speaks for it.
        let isKnown = (presence.heard(detector) ?? presence.lastSeen(.gateway(detector.gateway))) != nil
        return [["tint": isKnown ? "ok" : "", "text": call.word("fire.health.\(isKnown ? "normal" : "unheard")")]]
    }

    /// The rules that led to an alarm's judgement, in words.
    static func reasons(_ alarm: Alarm, _ call: Call) -> [[String: String]] {
        alarm.reasons.map { ["rule": $0.rule, "text": $0.text { call.word($0) }] }
    }
}
