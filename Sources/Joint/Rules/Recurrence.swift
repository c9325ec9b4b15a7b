import Cases
import Kernel

/// Cases of one kind at one place that come again.
struct Recurrence: Sendable {
    var kind: CaseKind
    var place: String
    /// Those of the week, newest first.
    var week: [CaseRecord]
    /// How many there were in the four weeks before.
    var before: Int

    /// Weeks before the week that is looked at which are compared.
    static let weeksBefore = 4

    /// What recurs in a week: twice in it, or once after it was there in the four weeks before. Drills are left out, and
    /// what has no place.
    /// - Parameter cases: those of the week and of the four weeks before.
    static func find(_ cases: [CaseRecord], in week: Range<Instant>) -> [Recurrence] {
        let counted = cases.filter { $0.verdict != .drill && $0.verdict != .test && !$0.place.isEmpty }
        return Dictionary(grouping: counted) { Key(kind: $0.kind, place: $0.place) }.compactMap { key, cases in
            let now = cases.filter { week.contains($0.openedAt) }.sorted { $0.openedAt > $1.openedAt }
            guard now.count > 1 || (now.count == 1 && cases.count > 1) else { return nil }
            return Recurrence(kind: key.kind, place: key.place, week: now, before: cases.count - now.count)
        }.sorted {
            ($1.week.count, $1.before, $0.place, $0.kind.rawValue)
                < ($0.week.count, $0.before, $1.place, $1.kind.rawValue)
        }
    }

    private struct Key: Hashable {
        var kind: CaseKind
        var place: String
    }
}
