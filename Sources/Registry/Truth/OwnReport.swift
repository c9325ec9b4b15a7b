import Identity
import Kernel
import Places
import Storage
import Web

/// What is kept about one person and who looked, for that person (PIPL Art. 45).
public struct OwnReport: Sendable {
    /// One record about the person.
    public struct Part: Sendable {
        /// Its category.
        public var category: Category
        /// Its values, as stored.
        public var values: [(field: Field, value: String)]
        /// Where each value came from; in the order of ``values``.
        public var facts: [Fact]
        /// Who read, changed or opened it, newest first.
        public var looks: [AuditEntry]
        /// Its number.
        public var id: RecordID
    }

    /// The records, in the order of their categories.
    public var parts: [Part]

    /// Finds as ``make(_:_:visible:in:)`` does, and notes that it was asked for.
    static func asked(
        _ identifier: String, _ desk: RegistryDesk, visible: [Category], by caller: (id: StaffID?, name: String),
        proof: String, at now: Instant, in db: any Writing
    ) throws -> OwnReport {
        let report = try make(identifier, desk, visible: visible, in: db)
        let subjects = report.parts.map { "records/\($0.category.key)/\($0.id)" }
        for subject in subjects.isEmpty ? ["records"] : subjects {
            try desk.audit.record(
                AuditEntry(
                    at: now, actor: caller.id, actorName: caller.name, action: "record.own-report", subject: subject,
                    purpose: proof), in: db)
        }
        return report
    }

    /// Finds by a whole ID number or phone, in every category.
    /// - Parameter visible: which categories are told.
    static func make(
        _ identifier: String, _ desk: RegistryDesk, visible: [Category], in db: any Reading
    ) throws -> OwnReport {
        let way = SearchQuery(identifier).ways.first { if case .identifier = $0 { true } else { false } }
        guard let way else { return OwnReport(parts: []) }
        // Found by everybody's sight, judged by nobody's: it is the person's own.
        let finder = RecordFinder(
            search: desk.search, viewer: Viewer(roles: [.clerk, .grid, .leader, .officer]), now: .now)
        var query = RecordQuery(categories: visible, text: SearchQuery(identifier))
        query.after = nil
        let found = try finder.page(query, limit: 50, in: db).records
        return OwnReport(
            parts: try found.compactMap { judged in
                guard let record = try RecordStore.find(judged.id, in: db),
                    desk.search.isNamed(record, judged.category, way)
                else { return nil }
                let values = judged.category.fields.compactMap { field in
                    record.values[field.key].map { (field, $0) }
                }
                return Part(
                    category: judged.category, values: values, facts: values.map { record.facts[$0.0.key] },
                    looks: try Audit.entries(about: "records/\(record.category)/\(record.id)", limit: 200, in: db),
                    id: record.id)
            })
    }
}

extension SearchText {
    /// Whether the identifier is the subject's own and not a contact's: the first identifier of its kind.
    func isNamed(_ record: Record, _ category: Category, _ way: SearchQuery.Way) -> Bool {
        guard case .identifier(let wanted) = way else { return false }
        for kind in [Field.Kind.idNumber, .phone] {
            if let field = category.fields.first(where: { $0.type == kind }), record.values[field.key] == wanted {
                return true
            }
        }
        return false
    }
}
