import Kernel
import Storage
import Web

/// What two people do: one proposes a death, a deletion or a merger, another decides.
struct ProposalPages {
    let desk: RegistryDesk

    func add(to routes: inout Routes) {
        routes.post("/registry/{category}/{id}/propose", .needs(.registryWrite), "Propose a death or a deletion") {
            call in
            let category = try desk.category(call)
            let form = call.form
            try await propose(call, category, kind: form["kind"], reason: form["reason"], date: form["date"])
            return .redirect(to: "/registry/\(category.key)/\(try call.param("id"))?done=registry.proposed")
        }
        routes.get("/registry/proposals", .needs(.registryReview), "What waits for a second person") { call in
            try await page(call)
        }
        routes.post("/registry/proposals/{id}", .needs(.registryReview), "Decide what somebody else proposed") { call in
            try await decide(call, agrees: call.form["agrees"] == "1")
            return .redirect(to: "/registry/proposals?done=registry.decided")
        }
        routes.post(
            "/api/v1/records/{category}/{id}/proposals", .needs(.registryWrite),
            "Proposes a death or a deletion, for another person to decide: {kind, reason, date?}",
            shapes: Shapes(
                takes: .object(
                    ["kind": .oneOf(["death", "delete"]), "reason": .text, "date": .text],
                    required: ["kind", "reason"]))
        ) { call in
            struct Body: Decodable {
                var kind: String
                var reason: String
                var date: String?
            }
            let body: Body = try call.json()
            try await propose(call, try desk.category(call), kind: body.kind, reason: body.reason, date: body.date)
            return .nothing
        }
        let shape = Shape.object(
            ["id": .id, "kind": .text, "category": .text, "recordId": .id, "label": .text, "by": .text, "at": .time],
            required: ["id", "kind", "category", "recordId", "label", "by", "at"])
        routes.get(
            "/api/v1/registry/proposals", .needs(.registryReview), "What waits for a second person, at most 200",
            shapes: Shapes(gives: .page(of: shape))
        ) { call in
            let ofRecords = try await open(call).map { proposal, record in
                View(
                    id: RecordID(rawValue: proposal.id), kind: proposal.kind, category: record.category.key,
                    recordId: record.id, otherId: proposal.other, label: record.label, reason: proposal.reason,
                    detail: proposal.detail, by: proposal.byName, at: proposal.at.rfc3339)
            }
            let ofCategories = try await removals(call).map { proposal, category in
                View(
                    id: RecordID(rawValue: proposal.id), kind: proposal.kind, category: category.key,
                    recordId: proposal.record, label: category.name.text(call.language), reason: proposal.reason,
                    detail: proposal.detail, by: proposal.byName, at: proposal.at.rfc3339)
            }
            return try .list(ofCategories + ofRecords, next: nil)
        }
        routes.post(
            "/api/v1/registry/proposals/{id}", .needs(.registryReview), "Decides what somebody else proposed: {agrees}",
            shapes: Shapes(takes: .object(["agrees": .flag], required: ["agrees"]))
        ) { call in
            struct Body: Decodable { var agrees: Bool }
            let body: Body = try call.json()
            try await decide(call, agrees: body.agrees)
            return .nothing
        }
    }

    private struct View: Encodable, Sendable {
        var id: RecordID
        var kind: String
        var category: String
        var recordId: RecordID
        var otherId: RecordID?
        var label: String
        var reason: String
        var detail: String
        var by: String
        var at: String
    }

    private func propose(
        _ call: Call, _ category: Category, kind: String?, reason: String?, date: String?
    ) async throws {
        let caller = try call.signedIn()
        let id: RecordID = try call.id()
        var check = FieldCheck()
        let reason = check.text(reason, "reason", 2...200)
        let known = kind.flatMap(ProposalStore.Kind.init(rawValue:))
        check.expect(known != nil, "kind", "unknown")
        let kind = known ?? .delete
        check.expect(kind != .merge, "kind", "unknown")
        var detail = ""
        if kind == .death {
            let date = date.flatMap { CivilDate($0) }
            check.expect(date.map { $0.number <= Instant.now.dayNumber } ?? false, "date", "date")
            check.expect(category.fields.contains { $0.twoPeople == true }, "kind", "unknown")
            detail = date?.text ?? ""
        }
        try check.finish()
        let (now, what) = (Instant.now, detail)
        try await call.database.write { db in
            let record = try desk.record(id, category, Viewer(caller, desk.areas), in: db)
            try ProposalStore.insert(
                kind, record, other: nil, reason: reason, detail: what, by: caller.hand(.department, at: now), in: db)
            try desk.note(
                "record.propose-\(kind.rawValue)", "records/\(category.key)/\(id)", by: caller, purpose: reason,
                at: now,
                in: db)
        }
    }

    /// What waits, as far as the caller sees the records.
    private func open(_ call: Call) async throws -> [(ProposalStore.Proposal, JudgedRecord)] {
        try await call.database.read { db -> [(ProposalStore.Proposal, JudgedRecord)] in
            let viewer = try desk.viewer(call, in: db)
            return try ProposalStore.open(in: db).compactMap { proposal in
                guard let category = desk.book[proposal.category],
                    let judged = try? desk.judged(proposal.record, category, viewer, in: db)
                else { return nil }
                return (proposal, judged)
            }
        }
    }

    /// Categories that somebody wants to be removed.
    private func removals(_ call: Call) async throws -> [(ProposalStore.Proposal, Category)] {
        try await call.database.read { db in try ProposalStore.removals(in: db) }
            .compactMap { proposal in desk.book[proposal.category].map { (proposal, $0) } }
    }

    private func page(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let items = try await open(call)
        let wanted = try await removals(call).map { proposal, category -> [String: Any] in
            [
                "id": RecordID(rawValue: proposal.id).description, "key": category.key,
                "label": category.name.text(call.language), "category": "", "ofCategory": true,
                "what": call.word("registry.proposal.\(proposal.kind)"),
                "detail": call.word("registry.removalTakes", ["n": proposal.detail]), "reason": proposal.reason,
                "by": proposal.byName, "at": Shown.short(proposal.at), "canDecide": proposal.byStaff != caller.id,
            ]
        }
        return try call.page(
            "registry-proposals", title: call.word("registry.proposals"),
            [
                "items": wanted
                    + items.map { proposal, record -> [String: Any] in
                        [
                            "id": RecordID(rawValue: proposal.id).description, "key": record.category.key,
                            "record": record.id.description, "label": record.label,
                            "category": record.category.name.text(call.language),
                            "what": call.word("registry.proposal.\(proposal.kind)"), "detail": proposal.detail,
                            "other": proposal.other.map { ["id": $0.description] as [String: Any] } as Any,
                            "reason": proposal.reason, "by": proposal.byName, "at": Shown.short(proposal.at),
                            "canDecide": proposal.byStaff != caller.id,
                        ]
                    }
            ])
    }

    private func decide(_ call: Call, agrees: Bool) async throws {
        let caller = try call.signedIn()
        let id: RecordID = try call.id()
        let now = Instant.now
        try await call.database.write { db in
            let hand = caller.hand(.department, at: now)
            guard let proposal = try ProposalStore.find(id.rawValue, in: db), proposal.state == "open",
                let category = desk.book[proposal.category]
            else { throw Problem.notFound }
            if proposal.kind == ProposalStore.removal {
                return try decideRemoval(proposal, agrees: agrees, by: caller, at: now, in: db)
            }
            let record = try desk.record(proposal.record, category, Viewer(caller, desk.areas), in: db)
            guard proposal.byStaff != caller.id else { throw Problem.conflict("registry.own-proposal") }
            let subject = "records/\(category.key)/\(record.id)"
            try ProposalStore.decide(proposal.id, agrees ? "agreed" : "refused", by: hand, in: db)
            try desk.note(
                "record.\(proposal.kind)-\(agrees ? "agreed" : "refused")", subject, by: caller,
                purpose: proposal.reason, at: now, in: db)
            if agrees {
                try carryOut(proposal, record, category, by: hand, in: db)
            } else if proposal.kind == ProposalStore.Kind.merge.rawValue, let other = proposal.other {
                // The second person has said that they are two: that is not asked again.
                try db.execute(
                    """
                    UPDATE registry_pair SET state = 'different', decided_at = \(now), decided_by = \(caller.name)
                    WHERE left_record = \(record.id) AND right_record = \(other)
                    """)
            }
        }
        try await desk.readBook()
    }

    private func decideRemoval(
        _ proposal: ProposalStore.Proposal, agrees: Bool, by caller: Caller, at now: Instant, in db: any Writing
    ) throws {
        guard proposal.byStaff != caller.id else { throw Problem.conflict("registry.own-proposal") }
        let word = agrees ? "agreed" : "refused"
        try ProposalStore.decide(proposal.id, word, by: caller.hand(.department, at: now), in: db)
        try desk.note(
            "category.removal-\(word)", "categories/\(proposal.category)", by: caller, purpose: proposal.reason,
            at: now, in: db)
        if agrees { try CategoryRemoval.carryOut(proposal.category, in: db) }
    }

    private func carryOut(
        _ proposal: ProposalStore.Proposal, _ record: Record, _ category: Category, by hand: Hand, in db: any Writing
    ) throws {
        let writer = desk.writer
        switch ProposalStore.Kind(rawValue: proposal.kind) {
        case .death?:
            guard let field = category.fields.first(where: { $0.twoPeople == true }) else { return }
            var values = record.values
            values[field.key] = proposal.detail
            var facts = record.facts
            facts[field.key] = Fact(
                source: .department, seenAt: hand.at, seenBy: proposal.byName, verifiedAt: hand.at,
                verifiedBy: hand.name)
            try writer.update(record, to: values, facts: facts, category, by: hand, in: db)
            try RecordWriter.touch(db)
            try RecordWriter.publish("record.changed", record.id, category.key, area: record.area, in: db)
        case .delete?:
            // Why it was deleted may name somebody; the audit log has it, the tombstone says only that it was.
            try writer.delete(record, reason: "deleted", at: hand.at, in: db)
        case .merge?:
            guard let id = proposal.other, let other = try RecordStore.find(id, in: db),
                other.category == record.category
            else { throw Problem.notFound }
            // The kept record takes what it lacks; what both have stays as it is.
            var values = record.values
            var facts = record.facts
            for (field, value) in other.values.all where values[field] == nil {
                values[field] = value
                facts[field] = other.facts[field]
            }
            try writer.delete(other, reason: "merged", at: hand.at, in: db)
            try writer.update(record, to: values, facts: facts, category, by: hand, in: db)
            try RecordWriter.publish("record.changed", record.id, category.key, area: record.area, in: db)
        case nil: return
        }
    }
}
