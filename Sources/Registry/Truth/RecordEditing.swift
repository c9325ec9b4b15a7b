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
}

/// Changes a record as far as the policy lets the person see it. Two changes of different fields both stay; of the same
/// field, the later one is shown beside the earlier and nothing is stored.
struct RecordEditing: Sendable {
    enum Outcome: Sendable {
        case saved(version: Int64)
        case conflict([Conflict], version: Int64)
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
        if !conflicts.isEmpty { return .conflict(conflicts.sorted { $0.field < $1.field }, version: record.version) }
        try checkRules(values)
        var facts = record.facts
        let isSeen = hand.source == .visit
        for field in category.fields where values[field.key] != record.values[field.key] {
            facts[field.key] = Fact(
                source: hand.source, seenAt: hand.at, seenBy: hand.name, verifiedAt: isSeen ? hand.at : nil,
                verifiedBy: isSeen ? hand.name : "")
        }
        for field in verified where category.field(field) != nil && judged[field] != nil {
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
