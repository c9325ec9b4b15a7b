import Foundation
import Kernel
import Storage

/// A declaration that somebody wants to hold from now on: what is wrong with it, what of the records speaks against it,
/// and what it changes.
struct CategoryChange: Sendable {
    /// As it would be.
    let new: Category
    /// As it is now; `nil` for a new category.
    let old: Category?

    /// Why records do not go with a declaration.
    enum Clash: String, Sendable, Codable {
        /// They hold values that it would not take.
        case value
        /// They hold values of a field that is gone.
        case gone
        /// They could no longer be told apart.
        case same
        /// They lack what it asks for. They stay and can be found by it.
        case missing
        /// They break a rule that refuses. They stay and become contradictions.
        case rule

        /// Whether the declaration must wait until the records are put right.
        var isRefused: Bool { self == .value || self == .gone || self == .same }
    }

    /// Records that clash with one field, or with the category as a whole.
    struct Finding: Sendable, Equatable {
        var place: String
        var clash: Clash
        var count: Int
    }

    /// What the records say, by reading each of them once.
    func findings(today: Int, in db: any Reading) throws -> (records: Int, findings: [Finding]) {
        var counts: [String: [Clash: Int]] = [:]
        func note(_ place: String, _ clash: Clash) { counts[place, default: [:]][clash, default: 0] += 1 }
        let fields = Dictionary(new.fields.map { ($0.key, $0) }) { first, _ in first }
        let required = new.fields.filter { $0.required == true }.map(\.key)
        let refusing = new.rules.contains { $0.weight == .refuse }
        let isIdentityNew = old.map { $0.identity != new.identity } ?? false
        var seen: Set<String> = []
        var records = 0
        try db.scan("SELECT data FROM registry_record WHERE category = \(new.key)") { row in
            let values = FieldValues(json: try row.next())
            records += 1
            for (key, value) in values.all {
                guard let field = fields[key] else {
                    note(key, .gone)
                    continue
                }
                if (try? Validation.value(.text(value), of: field)) != value { note(key, .value) }
            }
            for key in required where values[key] == nil { note(key, .missing) }
            if refusing, CrossRules.breaches(values, new, today: today).contains(where: \.refuses) {
                note("rules", .rule)
            }
            if isIdentityNew, !seen.insert(SearchText.identity(values, new)).inserted { note("identity", .same) }
            return true
        }
        let findings = counts.flatMap { place, clashes in
            clashes.map { Finding(place: place, clash: $0.key, count: $0.value) }
        }
        return (records, findings.sorted { ($0.place, $0.clash.rawValue) < ($1.place, $1.clash.rawValue) })
    }

    /// What is wrong with the declaration itself; see ``DeclarationCheck``.
    var flaws: [String: String] {
        var flaws = DeclarationCheck.flaws(new)
        if let old, old.key != new.key { flaws["key"] = "key" }
        return flaws
    }

    /// What differs: the category's own properties, and by field which of its.
    struct Difference: Sendable, Equatable {
        enum Kind: String, Sendable { case added, removed, changed }
        /// The field; `nil` for the category itself.
        var field: Field?
        var kind: Kind
        /// The names of the properties that differ, as they stand in the declaration.
        var properties: [String]
    }

    /// What the change would do, the category's own properties first.
    func differences() throws -> [Difference] {
        guard let old else { return [] }
        var result: [Difference] = []
        let own = try Self.changed(old, new).filter { $0 != "fields" }
        if !own.isEmpty { result.append(Difference(field: nil, kind: .changed, properties: own)) }
        for field in new.fields {
            guard let before = old.field(field.key) else {
                result.append(Difference(field: field, kind: .added, properties: []))
                continue
            }
            let properties = try Self.changed(before, field)
            if !properties.isEmpty { result.append(Difference(field: field, kind: .changed, properties: properties)) }
        }
        for field in old.fields where new.field(field.key) == nil {
            result.append(Difference(field: field, kind: .removed, properties: []))
        }
        let (before, after) = (old.fields.map(\.key), new.fields.map(\.key))
        if before != after, Set(before) == Set(after) {
            result.append(Difference(field: nil, kind: .changed, properties: ["order"]))
        }
        return result
    }

    /// Whether what is derived of records (search words, keys, due dates, contradictions) must be made anew.
    var derives: Bool {
        guard var before = old else { return false }
        // What only decides who sees what, or how it is called, changes nothing in the records.
        before.name = new.name
        (before.purpose, before.basis, before.owner) = (new.purpose, new.basis, new.owner)
        (before.drawn, before.order, before.module) = (new.drawn, new.order, new.module)
        (before.class, before.retentionDays) = (new.class, new.retentionDays)
        func bare(_ field: Field) -> Field {
            var field = field
            (field.name, field.purpose, field.aliases) = (Words(zh: "", en: ""), nil, nil)
            (field.see, field.guard) = (Field.See(plain: [], masked: []), .open)
            (field.codes, field.unit) = (nil, nil)
            return field
        }
        var after = new
        before.fields = before.fields.map(bare).sorted { $0.key < $1.key }
        after.fields = after.fields.map(bare).sorted { $0.key < $1.key }
        return before != after
    }

    /// Keeps it as the version that holds from now on, unless somebody else was faster.
    /// - Parameter base: the version it was made from; 0 for a new category.
    /// - Throws: a 409 where the category has another version by now.
    func save(base: Int64, by name: String, reason: String, at now: Instant, in db: any Writing) throws {
        let last =
            try db.value(Int64?.self, "SELECT MAX(version) FROM registry_category WHERE category = \(new.key)") ?? nil
        guard last ?? 0 == base else { throw Problem.conflict("registry.category-changed") }
        try CategoryStore.save(new, by: name, reason: reason, at: now, in: db)
        if derives { try Rederiving.order(new.key, in: db) }
        try RecordWriter.touch(db)
    }

    /// The properties that differ between two declarations, by their names there.
    private static func changed<Value: Encodable>(_ old: Value, _ new: Value) throws -> [String] {
        let (before, after) = (try members(old), try members(new))
        return Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }.sorted()
    }

    private static func members(_ value: some Encodable) throws -> [String: NSObject] {
        try JSONSerialization.jsonObject(with: JSONEncoder().encode(value)) as? [String: NSObject] ?? [:]
    }
}
