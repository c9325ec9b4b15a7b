import Foundation
import Kernel
import Web

/// How values are written for people; it gets what the policy has left of them.
enum Shown {
    static func text(_ value: JudgedRecord.Value, _ call: Call) -> String {
        guard value.sight == .plain, !value.value.isEmpty else { return value.value }
        return text(value.value, value.field, call)
    }

    static func text(_ value: String, _ field: Field, _ call: Call) -> String {
        switch field.type {
        case .code: return field.codeName(value, call.language)
        case .flag: return call.word(value == "1" ? "registry.yes" : "registry.no")
        case .integer, .decimal: return value + (field.unit.map { " " + $0 } ?? "")
        case .point:
            let parts = value.split(separator: ",").compactMap { Double($0) }
            return parts.map { String(format: "%.5f", $0) }.joined(separator: ", ")
        default: return value
        }
    }

    /// One cell of a list or one fact of a page.
    static func cell(_ value: JudgedRecord.Value, _ call: Call) -> [String: Any] {
        [
            "label": value.field.name.text(call.language), "text": text(value, call),
            "masked": value.sight == .masked && !value.value.isEmpty,
            "mono": [.idNumber, .creditCode, .phone].contains(value.field.type),
            "number": value.field.type == .integer || value.field.type == .decimal,
        ]
    }

    /// `11-24 09:05`, with the year where it is another one's.
    static func short(_ moment: Instant) -> String {
        let text = moment.text
        return text.prefix(4) == Instant.now.text.prefix(4)
            ? String(text.dropFirst(5).prefix(11)) : String(text.prefix(10))
    }

    static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    /// Those of the query's values that have one, for links.
    static func query(_ call: Call, _ names: [String]) -> String {
        names.compactMap { name in call.query(name).map { "\(name)=\(escaped($0))" } }.joined(separator: "&")
    }

    /// A count as everybody may read it: of people, one below 5 is held back.
    static func count(_ number: Int64, aboutPeople: Bool) -> String {
        aboutPeople && number > 0 && number < Self.smallest ? "<\(smallest)" : String(number)
    }

    /// The smallest count of people that is told.
    static let smallest: Int64 = 5

    static func tint(_ record: JudgedRecord, at now: Instant) -> (tint: String, key: String) {
        if record.doubts > 0 { return ("warn", "doubt") }
        if record.dueAt <= now { return ("", "due") }
        return ("ok", "holds")
    }
}
