import Identity
import Kernel
import Places
import Storage
import Web

/// `/registry/report`: what is kept about a person and who looked, for that person at the counter.
struct ReportPages {
    let desk: RegistryDesk

    func add(to routes: inout Routes) {
        routes.get("/registry/report", .needs(.registryReport), "A form to ask what is kept about a person") { call in
            try call.page("registry-report", title: call.word("registry.report"), ["asked": false])
        }
        routes.post(
            "/registry/report", .needs(.registryReport), "What is kept about a person and who looked, to print"
        ) { call in try await report(call) }
    }

    private func report(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        var check = FieldCheck()
        let number = check.text(call.form["number"], "number", 7...30)
        let proof = check.text(call.form["proof"], "proof", 2...200)
        try check.finish()
        let now = Instant.now
        let viewer = Viewer(caller, desk.areas)
        let visible = desk.book.all.filter { Policy.sees($0, viewer) }
        let report = try await call.database.write { db in
            try OwnReport.asked(
                number, desk, visible: visible, by: (caller.id, caller.name), proof: proof, at: now, in: db)
        }
        return try call.page(
            "registry-report", title: call.word("registry.report"),
            [
                "asked": true, "at": now.text,
                "parts": report.parts.map { part -> [String: Any] in
                    [
                        "category": part.category.name.text(call.language),
                        "purpose": part.category.purpose.text(call.language),
                        "basis": part.category.basis.text(call.language),
                        "owner": part.category.owner.text(call.language),
                        "values": zip(part.values, part.facts).map { value, fact in
                            [
                                "label": value.field.name.text(call.language),
                                "text": Shown.text(value.value, value.field, call),
                                "source": call.word("registry.source.\(fact.source.rawValue)"), "by": fact.seenBy,
                                "at": Instant(ms: fact.seenAt).date,
                            ]
                        },
                        "looks": part.looks.map {
                            [
                                "at": $0.at.text, "who": $0.actorName, "purpose": $0.purpose,
                                "what": call.word(ifKnown: "audit.\($0.action)") ?? $0.action,
                            ]
                        },
                    ]
                },
            ])
    }
}
