import Kernel
import Storage
import Web

extension WoodpeckerRoom {
    /// Answers that the desk and each department keep to use again.
    func templateRoutes(_ routes: inout Routes) {
        routes.get("/report-templates", .needs(.reportHandle), "The own template answers") { call in
            let holders = try await templateHolders(call)
            let (all, names) = try await database.read { db in
                (
                    try TemplateStore.list(holders.map(\.holder), in: db),
                    Dictionary(holders.map { ($0.holder, $0.name) }) { first, _ in first }
                )
            }
            return try call.page(
                "report-templates", title: call.word("woodpecker.templates.title"),
                Citizen.tidy([
                    "items": all.map {
                        ["id": $0.id.description, "words": $0.words, "holder": names[$0.holder] ?? ""]
                    },
                    "holders": holders.map { ["value": $0.holder.name, "label": $0.name] },
                ]))
        }
        routes.post("/report-templates", .needs(.reportHandle), "Keep a template answer, or throw one away") { call in
            let form = call.form
            let holders = try await templateHolders(call).map(\.holder)
            if let id = form["remove"].flatMap(ID<TemplateStore.Template>.init) {
                try await removeTemplate(id, holders)
            } else {
                _ = try await addTemplate(form["words"], of: form["holder"], holders, call)
            }
            return .redirect(to: "/report-templates?done=saved")
        }
        routes.get(
            "/api/v1/report-templates", .needs(.reportHandle), "The own template answers",
            shapes: Shapes(
                gives: .page(
                    of: .object(["id": .id, "holder": .text, "words": .text], required: ["id", "holder", "words"])))
        ) { call in
            struct View: Encodable {
                var id: ID<TemplateStore.Template>
                var holder: String
                var words: String
            }
            let holders = try await templateHolders(call).map(\.holder)
            let all = try await database.read { db in try TemplateStore.list(holders, in: db) }
            return try .list(all.map { View(id: $0.id, holder: $0.holder.name, words: $0.words) }, next: nil)
        }
        routes.post(
            "/api/v1/report-templates", .needs(.reportHandle), "Keep a template answer",
            shapes: Shapes(
                takes: .object(["holder": .text, "words": .text], required: ["words"]),
                gives: .object(["id": .id]))
        ) { call in
            struct Wanted: Decodable, Sendable {
                var holder: String?
                var words: String?
            }
            struct Made: Encodable { var id: ID<TemplateStore.Template> }
            let wanted: Wanted = try call.json()
            let holders = try await templateHolders(call).map(\.holder)
            return try .json(
                Made(id: try await addTemplate(wanted.words, of: wanted.holder, holders, call)), status: 201)
        }
        routes.delete("/api/v1/report-templates/{id}", .needs(.reportHandle), "Throw a template answer away") { call in
            try await removeTemplate(try call.id(), try await templateHolders(call).map(\.holder))
            return .nothing
        }
    }

    /// The answers that this person may use, the house's own last.
    func templates(for call: Call, in db: any Reading) throws -> [String] {
        let holders = try KeyRing.holders(of: try call.signedIn(), in: db)
        return try TemplateStore.list(holders, in: db).map(\.words)
            + (1...4).map { call.word("woodpecker.template.\($0)") }
    }

    /// Those for whom this person keeps answers; what is the leaders' alone is the desk's here.
    private func templateHolders(_ call: Call) async throws -> [(holder: Holder, name: String)] {
        let caller = try call.signedIn()
        return try await database.read { db in
            let departments = try DepartmentStore.all(in: db)
            return try KeyRing.holders(of: caller, in: db).filter { $0 != .leader }.map { holder in
                (
                    holder,
                    holder.department.flatMap { id in departments.first { $0.id == id }?.name }
                        ?? call.word("woodpecker.holder.desk")
                )
            }
        }
    }

    private func addTemplate(_ words: String?, of name: String?, _ holders: [Holder], _ call: Call)
        async throws -> ID<TemplateStore.Template>
    {
        var check = FieldCheck()
        let words = check.text(words, "words", 1...500)
        let holder = name.map { name in holders.first { $0.name == name } } ?? holders.first
        check.expect(holder != nil, "holder", "unknown")
        try check.finish()
        guard let holder else { throw Problem.invalid(["holder": "unknown"]) }
        return try await call.once { db in try TemplateStore.add(words, of: holder, at: .now, in: db) }
    }

    private func removeTemplate(_ id: ID<TemplateStore.Template>, _ holders: [Holder]) async throws {
        try await database.write { db in
            guard try TemplateStore.list(holders, in: db).contains(where: { $0.id == id }) else {
                throw Problem.notFound
            }
            try TemplateStore.remove(id, in: db)
        }
    }
}
