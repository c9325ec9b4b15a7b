import Kernel
import Storage

/// Looks for records that may be the same person, within blocks, and keeps the pairs for a person to decide. A pair
/// that somebody has decided is never asked again.
struct Duplicates: Sendable {
    let desk: RegistryDesk

    /// A block with more is no evidence: everybody with the village's phone, or born on a day typed for want of one.
    private static let blockLimit = 60
    /// Pairs of one run.
    private static let pairLimit = 5_000

    /// Finds new pairs in every category of people; returns how many.
    func search(at now: Instant) async throws -> Int {
        var found = 0
        for category in desk.book.all where category.birth != nil && category.isAboutPeople {
            let pairs = try await desk.database.read { db in try Self.pairs(category, in: db) }
            for start in stride(from: 0, to: pairs.count, by: 500) {
                let part = pairs[start..<min(pairs.count, start + 500)]
                found += try await desk.database.write { db in
                    var added = 0
                    for pair in part { added += try Self.insert(pair, at: now, in: db) }
                    return added
                }
            }
        }
        return found
    }

    struct Pair: Sendable {
        var left: RecordID
        var right: RecordID
        var score: Int
        var reasons: [Similarity.Reason]
    }

    static func pairs(_ category: Category, in db: any Reading) throws -> [Pair] {
        var people: [(id: RecordID, person: Similarity.Person)] = []
        var blocks: [String: [Int32]] = [:]
        try db.scan("SELECT id, data FROM registry_record WHERE category = \(category.key) ORDER BY id") { row in
            let id = try row.next(RecordID.self)
            let person = Similarity.Person(FieldValues(json: try row.next()), category)
            for block in person.blocks { blocks[block, default: []].append(Int32(people.count)) }
            people.append((id, person))
            return true
        }
        var seen: Set<UInt64> = []
        var pairs: [Pair] = []
        for members in blocks.values where members.count > 1 && members.count <= blockLimit {
            for (place, left) in members.enumerated() {
                for right in members[(place + 1)...] {
                    guard seen.insert(UInt64(left) << 32 | UInt64(right)).inserted else { continue }
                    let (one, other) = (people[Int(left)], people[Int(right)])
                    let (score, reasons) = Similarity.compare(one.person, other.person)
                    guard score >= Similarity.threshold else { continue }
                    pairs.append(Pair(left: one.id, right: other.id, score: score, reasons: reasons))
                }
            }
        }
        return Array(pairs.sorted { $0.score > $1.score }.prefix(pairLimit))
    }

    private static func insert(_ pair: Pair, at now: Instant, in db: any Writing) throws -> Int {
        try db.execute(
            """
            INSERT INTO registry_pair (id, left_record, right_record, score, reasons, state, at, decided_by)
            VALUES (\(RecordID.next()), \(pair.left), \(pair.right), \(pair.score),
              \(pair.reasons.map(\.rawValue).joined(separator: " ")), 'open', \(now), '')
            ON CONFLICT (left_record, right_record) DO NOTHING
            """)
    }
}

/// Contradictions over several records.
struct SharedDoubts: Sendable {
    let desk: RegistryDesk

    /// A phone that more people share is somebody's guess.
    private static let phoneLimit = 5

    /// Marks records of which too many share a phone, and households with two heads.
    func search(at now: Instant) async throws {
        guard let category = desk.book["resident"] else { return }
        let found = try await desk.database.read { db in try Self.find(category, in: db) }
        try await desk.database.write { db in
            for (id, rule, fields) in found {
                let added = try db.execute(
                    """
                    INSERT INTO registry_doubt (id, record, rule, fields, state, at, settled_by, note)
                    VALUES (\(RecordID.next()), \(id), \(rule), \(fields), 'open', \(now), '', '')
                    ON CONFLICT (record, rule, fields) DO NOTHING
                    """)
                if added > 0 { try DoubtStore.recount(id, in: db) }
            }
        }
    }

    private static func find(
        _ category: Category, in db: any Reading
    ) throws -> [(id: RecordID, rule: String, fields: String)] {
        var phones: [String: [RecordID]] = [:]
        var heads: [String: [RecordID]] = [:]
        try db.scan("SELECT id, data FROM registry_record WHERE category = \(category.key)") { row in
            let id = try row.next(RecordID.self)
            let values = FieldValues(json: try row.next())
            if let phone = values["phone"] { phones[phone, default: []].append(id) }
            if values["relation"] == "head", let household = values["household"], values["deceased"] == nil {
                heads[household, default: []].append(id)
            }
            return true
        }
        var found: [(RecordID, String, String)] = []
        for ids in phones.values where ids.count > phoneLimit {
            found += ids.map { ($0, "shared-phone", "phone") }
        }
        for ids in heads.values where ids.count > 1 { found += ids.map { ($0, "two-heads", "relation,household") } }
        return Array(found.prefix(5_000))
    }
}
