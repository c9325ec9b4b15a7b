import Kernel
import Web

extension Instant {
    /// `20:00`, for people.
    var clock: String { String(text.dropFirst(11).prefix(5)) }
    /// `11-25 20:00`, for people.
    var shortText: String { String(text.dropFirst(5).prefix(11)) }
    /// 0 is Monday.
    var weekday: Int { ((dayNumber + 3) % 7 + 7) % 7 }
    /// Midnight in China of the day `day` days after 1970-01-01.
    static func midnight(of day: Int) -> Instant { Instant(ms: Int64(day) * CivilTime.dayMs - CivilTime.offsetMs) }
}

extension Call {
    /// `11-25 20:00 – 11-26 08:00`, the day said once where both lie on one.
    func span(_ from: Instant, _ until: Instant) -> String {
        from.dayNumber == until.dayNumber
            ? "\(from.shortText)–\(until.clock)" : "\(from.shortText) – \(until.shortText)"
    }

    /// `周三`.
    func weekday(_ moment: Instant) -> String { word("duty.weekday.\(moment.weekday)") }
}

/// Values for a template without the empty ones: a section over an empty text would be shown.
func shown(_ values: [String: Any]) -> [String: Any] { values.filter { ($0.value as? String)?.isEmpty != true } }
