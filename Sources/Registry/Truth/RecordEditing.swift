import Kernel
import Storage
import Web

/// One field that two people changed to different values.
struct Conflict: Codable, Sendable, Equatable {
    var field: String
    /// The value that the sender started from.
    var base: String
    var mine: String
    var theirs: String
    /// Who was first.
    var by = ""
    /// When that was, RFC 3339.
    var at = ""
}

/// Changes a record as far as the policy lets the person see it. Two changes of different fields both stay; of the same
/// field, the later one is shown beside the earlier and nothing is stored.
struct RecordEditing: Sendable {
    enum Outcome: Sendable {
        case saved(version: Int64)
        /// Nothing was stored. `untouched` names the fields that the sender sent as they had been.
        case conflict([Conflict], version: Int64, untouched: Set<String>)
    }

    let desk: RegistryDesk
    let category: Category
    let viewer: Viewer
    let hand: Hand

    /// - Parameters:
    ///   - base: the version that the sender saw.
    ///   - sent: field → what was typed; fields that are not sent stay.
    ///   - verified: fields that the sender saw to be true as they are.
    /// - Throws: a 404, or a 422 that names the wrong fields.
    func change(
        _ id: RecordID, base: Int64, sent: [String: String], verified: [String] = [], in db: any Writing
    ) throws -> Outcome {
        let record = try desk.record(id, category, viewer, in: db)
        guard let judged = Policy.judge(record, in: category, for: viewer, today: hand.at.dayNumber) else {
            throw Problem.notFound
        }
        guard (1...record.version).contains(base) else { throw Problem.invalid(["version": "invalid"]) }
        let before = base == record.version ? record.values : try RecordStore.values(record, at: base, in: db)
        let typed = try read(sent) { key in judged.values.first { $0.field.key == key }?.sight ?? .hidden }
        var values = record.values
        var conflicts: [Conflict] = []
        for (field, mine) in typed.all where mine != before.all[field] ?? "" {
            let (base, theirs) = (before.all[field] ?? "", record.values[field] ?? "")
            if theirs != base, theirs != mine {
                conflicts.append(Conflict(field: field, base: base, mine: mine, theirs: theirs))
            }
            values[field] = mine
        }
        // Who says that a value is right has seen the one of the base, and not what somebody has made of it since.
        let seen = verified.filter { category.field($0) != nil && judged[$0] != nil }
        let (sure, stale) = seen.split { before[$0] == record.values[$0] || typed.all[$0] != nil }
        for field in stale where judged.values.contains(where: { $0.field.key == field && $0.sight == .plain }) {
            let base = before[field] ?? ""
            conflicts.append(Conflict(field: field, base: base, mine: base, theirs: record.values[field] ?? ""))
        }
        if !conflicts.isEmpty {
            return .conflict(
                try Self.told(conflicts, of: record, in: db), version: record.version,
                untouched: Set(typed.all.filter { $0.value == before.all[$0.key] ?? "" }.keys))
        }
        try checkRules(values)
        var facts = record.facts
        let isSeen = hand.source == .visit
        for field in category.fields where values[field.key] != record.values[field.key] {
            facts[field.key] = Fact(
                source: hand.source, seenAt: hand.at, seenBy: hand.name, verifiedAt: isSeen ? hand.at : nil,
                verifiedBy: isSeen ? hand.name : "")
        }
        for field in sure {
            facts[field].verifiedAt = hand.at.ms
            facts[field].verifiedBy = hand.name
            facts[field].isDisputed = false
        }
        guard values != record.values || facts != record.facts else { return .saved(version: record.version) }
        do {
            try desk.writer.update(record, to: values, facts: facts, category, by: hand, in: db)
        } catch StorageError.duplicate { throw Problem.conflict("registry.same-record") }
        try RecordWriter.touch(db)
        try RecordWriter.publish("record.changed", id, category.key, area: record.area, in: db)
        return .saved(version: record.version + 1)
    }

    /// The conflicts in the order of their fields, each with who was first and when.
    private static func told(_ conflicts: [Conflict], of record: Record, in db: any Reading) throws -> [Conflict] {
        let history = try RecordStore.history(of: record.id, limit: 500, in: db)
        return conflicts.map { conflict in
            var told = conflict
            if let last = history.first(where: { $0.field == conflict.field }) {
                (told.by, told.at) = (last.by, last.at.rfc3339)
            }
            return told
        }.sorted { $0.field < $1.field }
    }

    /// Stores a new record.
    func create(_ sent: [String: String], in db: any Writing) throws -> RecordID {
        // What the maker of a record may see masked, they may also enter.
        let typed = try read(sent) { key in
            category.field(key).map {
                Policy.sight(of: $0, in: category, for: viewer) == .hidden ? .hidden : .plain
            } ?? .hidden
        }
        let values = FieldValues(typed.all)
        let missing = Validation.missing(values, category)
        guard missing.isEmpty else {
            throw Problem.invalid(Dictionary(missing.map { ($0.key, "required") }) { first, _ in first })
        }
        try checkRules(values)
        let writer = desk.writer
        let place = writer.place(values, category)
        guard Policy.covers(viewer, area: place.area, village: place.village) else {
            throw Problem.invalid([category.address ?? category.label: "other-area"])
        }
        let id = RecordID.next()
        let facts = Facts(Fact(source: hand.source, seenAt: hand.at, seenBy: hand.name))
        do {
            try writer.insert(values, facts: facts, category, by: hand, id: id, in: db)
        } catch StorageError.duplicate { throw Problem.conflict("registry.same-record") }
        try RecordWriter.touch(db)
        try RecordWriter.publish("record.created", id, category.key, area: place.area, in: db)
        return id
    }

    private struct Typed { var all: [String: String] = [:] }

    /// What was typed, in canonical form, an empty text for nothing. A field that the sender does not see plainly, and
    /// one that two people decide about, is like one that does not exist.
    private func read(_ sent: [String: String], sight: (String) -> Sight) throws -> Typed {
        var typed = Typed()
        var wrong: [String: String] = [:]
        for (key, text) in sent {
            guard let field = category.field(key), field.twoPeople != true, sight(key) == .plain else {
                wrong[key] = "unknown"
                continue
            }
            do throws(Flaw) { typed.all[key] = try Validation.value(.text(text), of: field) } catch {
                wrong[key] = error.code
            }
            if field.required == true, typed.all[key]?.isEmpty == true { wrong[key] = "required" }
        }
        guard wrong.isEmpty else { throw Problem.invalid(wrong) }
        return typed
    }

    private func checkRules(_ values: FieldValues) throws {
        let broken = CrossRules.breaches(values, category, today: hand.at.dayNumber).filter(\.refuses)
        guard let first = broken.first else { return }
        throw Problem.invalid([first.fields.first ?? category.label: "rule-" + first.rule.rawValue])
    }
}

extension Sequence {
    /// Those for which it holds, and the others, each in their order.
    fileprivate func split(_ holds: (Element) -> Bool) -> (yes: [Element], no: [Element]) {
        reduce(into: ([], [])) { parts, element in
            if holds(element) { parts.0.append(element) } else { parts.1.append(element) }
        }
    }
}
