import Foundation
import Kernel
import Storage
import Web

/// The page of a record: its fields as the reader may see them, who saw them when, and its history.
struct RecordPages {
    let desk: RegistryDesk

    func add(to routes: inout Routes) {
        routes.get("/registry/{category}/{id}", .needs(.registryRead), "A record, with who saw what when") { call in
            try await page(call)
        }
        routes.post(
            "/registry/{category}/{id}/unmask", .needs(.registryUnmask), "Open a record for a purpose, from its page"
        ) { call in
            let category = try desk.category(call)
            let id: RecordID = try call.id()
            try await Unmasking(desk: desk).open(
                id, category, call, purpose: call.form["purpose"] ?? "", caseNumber: call.form["case"] ?? "")
            return .redirect(to: "/registry/\(category.key)/\(id)")
        }
    }

    private func page(_ call: Call) async throws -> Answer {
        let category = try desk.category(call)
        let caller = try call.signedIn()
        let id: RecordID = try call.id()
        let now = Instant.now
        struct Found: Sendable {
            var record: JudgedRecord
            var history: [FieldChange]
            var doubts: [DoubtStore.Doubt]
            var isOpened: Bool
            var proposals: [ProposalStore.Proposal]
        }
        let found = try await call.database.read { db in
            let viewer = try desk.viewer(call, in: db)
            return Found(
                record: try desk.judged(id, category, viewer, in: db),
                history: try RecordStore.history(of: id, limit: 100, in: db),
                doubts: try DoubtStore.list(of: id, in: db).filter { $0.state == "open" },
                isOpened: viewer.opened.contains(id),
                proposals: try ProposalStore.open(of: id, in: db))
        }
        let record = found.record
        try await call.database.write { db in
            try desk.note("record.read", "records/\(category.key)/\(id)", by: caller, at: now, in: db)
        }
        let areas = desk.areas
        var context: [String: Any] = [
            "key": category.key, "name": category.name.text(call.language), "id": id.description,
            "label": record.label, "area": areas.name(of: record.area), "version": String(record.version),
            "facts": record.values.filter { !$0.value.isEmpty }.map { value -> [String: Any] in
                let fact = record.facts[value.field.key]
                let days = value.field.verifyDays ?? category.verifyDays
                let status = fact.status(at: now, days: days)
                var row = Shown.cell(value, call)
                row["status"] = call.word("registry.status.\(status.rawValue)")
                row["tint"] = Self.tint(status)
                row["seen"] = call.word(
                    "registry.seen",
                    [
                        "source": call.word("registry.source.\(fact.source.rawValue)"), "who": fact.seenBy,
                        "when": Instant(ms: fact.seenAt).date,
                    ])
                row["due"] = fact.due(after: days).date
                if fact.verifiedAt > 0 {
                    row["verified"] = [
                        "text": call.word(
                            "registry.verifiedBy",
                            ["who": fact.verifiedBy, "when": Instant(ms: fact.verifiedAt).date])
                    ]
                }
                return row
            },
            "doubts": found.doubts.map { doubt in
                [
                    "text": call.word("registry.rule.\(doubt.rule)"),
                    "fields": doubt.fields.split(separator: ",").compactMap {
                        category.field(String($0))?.name.text(call.language)
                    }.joined(separator: " / "), "since": Shown.short(doubt.at),
                ]
            },
            "history": found.history.compactMap { line(for: $0, record, call) },
            "proposals": found.proposals.map {
                ["text": call.word("registry.proposal.\($0.kind)"), "by": $0.byName, "reason": $0.reason]
            },
            "isOpened": found.isOpened, "minutes": String(UnmaskRule.minutes),
            "canWrite": caller.may(.registryWrite), "canUnmask": record.isMasked && caller.may(.registryUnmask),
            "canPropose": caller.may(.registryWrite), "hasDeath": category.fields.contains { $0.twoPeople == true },
            "purpose": category.purpose.text(call.language), "basis": category.basis.text(call.language),
            "owner": category.owner.text(call.language), "retention": String(category.retentionDays / 365),
        ]
        let unknown = record.values.filter(\.value.isEmpty).map { $0.field.name.text(call.language) }
        if !unknown.isEmpty {
            context["unknown"] = ["names": unknown.joined(separator: call.language == .zh ? "、" : ", ")]
        }
        if let point = record.point {
            context["point"] = [
                "lat": String(format: "%.5f", point.lat), "lon": String(format: "%.5f", point.lon),
            ]
        }
        return try call.page("registry-record", title: record.label, context)
    }

    /// A line of the history, its values judged as the field itself is: what is masked now was never plain.
    private func line(for change: FieldChange, _ record: JudgedRecord, _ call: Call) -> [String: Any]? {
        guard let value = record.values.first(where: { $0.field.key == change.field }) else { return nil }
        func shown(_ text: String) -> String {
            if text.isEmpty { return "—" }
            return value.sight == .plain ? Shown.text(text, value.field, call) : Mask.apply(text, to: value.field)
        }
        return [
            "field": value.field.name.text(call.language), "old": shown(change.old), "new": shown(change.new),
            "by": change.by, "at": change.at.rfc3339, "atText": Shown.short(change.at),
            "source": call.word("registry.source.\(change.source.rawValue)"),
        ]
    }

    private static func tint(_ status: FactStatus) -> String {
        switch status {
        case .verified: "ok"
        case .unverified: ""
        case .stale: "warn"
        case .disputed: "bad"
        }
    }
}

/// Opens a record to one person for a purpose: for minutes, with a limit a day, and with an alarm when somebody opens
/// one after the other.
struct Unmasking {
    let desk: RegistryDesk

    /// - Throws: a 422 without a purpose, a 429 at the limit, a 404 for what the caller does not see.
    func open(
        _ id: RecordID, _ category: Category, _ call: Call, purpose: String, caseNumber: String
    ) async throws {
        let caller = try call.signedIn()
        var check = FieldCheck()
        let why = check.text(purpose, "purpose", 2...200)
        let number = check.text(caseNumber, "case", 0...40)
        try check.finish()
        let now = Instant.now
        let verdict = try await call.database.write { db in
            let viewer = Viewer(caller, desk.areas)
            let record = try desk.record(id, category, viewer, in: db)
            let subject = "records/\(category.key)/\(id)"
            let verdict = UnmaskRule.verdict(try GrantStore.lastDay(of: caller.id, at: now, in: db), now: now)
            switch verdict {
            case .granted:
                try GrantStore.insert(record, for: caller.id, purpose: why, caseNumber: number, at: now, in: db)
                try desk.note("record.unmask", subject, by: caller, purpose: why, at: now, in: db)
            case .dayIsUsed:
                try desk.note("record.unmask-refused", subject, by: caller, purpose: why, at: now, in: db)
            case .isSweep:
                try desk.note("record.sweep", subject, by: caller, purpose: why, at: now, in: db)
                try desk.raise(
                    call.word("registry.sweep.title", ["who": caller.name]),
                    "sweep-\(caller.id)-\(now.ms / 3_600_000)", now, db)
            }
            return verdict
        }
        switch verdict {
        case .granted: return
        case .dayIsUsed: throw Problem(429, "registry.unmask-day", retryAfter: 3_600)
        case .isSweep: throw Problem(429, "registry.unmask-sweep", retryAfter: 600)
        }
    }
}
