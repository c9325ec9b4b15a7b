import Foundation
import Identity
import Kernel
import Storage
import Web

extension Permission {
    /// Write the words of messages.
    public static let templateManage = Permission("template.manage", [.leader, .admin])
    /// Approve the words that somebody else has written.
    public static let templateApprove = Permission("template.approve", [.leader, .admin])
}

extension NotifyRoom {
    func templateRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/message-templates", .needs(.messageRead), "The words of messages, with previews",
            shapes: Shapes(gives: .page(of: TemplateItem.shape))
        ) { call in
            let all = try await database.read { db in try TemplateStore.all(in: db) }
            return try .list(all.map { item($0, call) }, next: nil)
        }
        routes.post(
            "/api/v1/message-templates", .needs(.templateManage), "Writes a draft",
            shapes: Shapes(takes: TemplateDraft.shape, gives: TemplateItem.shape)
        ) { call in try .json(item(try await saveTemplate(call, nil, try call.json()), call), status: 201) }
        routes.put(
            "/api/v1/message-templates/{id}", .needs(.templateManage), "Changes a draft",
            shapes: Shapes(takes: TemplateDraft.shape, gives: TemplateItem.shape)
        ) { call in try .json(item(try await saveTemplate(call, try call.id(), try call.json()), call)) }
        routes.post(
            "/api/v1/message-templates/{id}/approve", .needs(.templateApprove),
            "Brings a draft that somebody else wrote into use", shapes: Shapes(gives: TemplateItem.shape)
        ) { call in try .json(item(try await approveTemplate(call), call)) }
        routes.post(
            "/api/v1/message-templates/{id}/retire", .needs(.templateManage), "Takes a template out of use",
            shapes: Shapes(gives: TemplateItem.shape)
        ) { call in try .json(item(try await retireTemplate(call), call)) }
        routes.post(
            "/api/v1/message-templates/preview", .needs(.templateManage), "What words would become, and cost",
            shapes: Shapes(takes: TemplateDraft.shape, gives: TemplateItem.Preview.shape)
        ) { call in
            let draft: TemplateDraft = try call.json()
            let kind = try checked(draft)
            return try .json(preview(draft, kind, call))
        }
        routes.get("/message-templates", .needs(.messageRead), "The words of messages") { call in
            try await templateList(call)
        }
        routes.post("/message-templates/languages", .needs(.templateManage), "Sets the language of a phone") { call in
            try await setLanguage(call)
            return .redirect(to: "/message-templates?done=saved")
        }
        routes.post(
            "/api/v1/message-languages", .needs(.templateManage), "Sets the language of a phone",
            shapes: Shapes(
                takes: .object(
                    ["phone": .text, "language": .oneOf(Language.allCases.map(\.rawValue))],
                    required: ["phone", "language"]))
        ) { call in
            try await setLanguage(call)
            return .nothing
        }
        templateForms(&routes)
    }

    func item(_ template: MessageTemplate, _ call: Call) -> TemplateItem {
        let language = Language(rawValue: template.language) ?? .zh
        let preview =
            MessageKind.named(template.kind).map {
                carriers.preview(
                    template.body, $0, template.channel, carrier: template.carrier,
                    call.speaking(language).word(plain:))
            }
            ?? TemplateItem.Preview(
                text: template.body, characters: template.body.count, parts: 1,
                longestCharacters: template.body.count, longestParts: 1, seconds: 0, costs: [])
        return TemplateItem(template, preview: preview)
    }

    func preview(_ draft: TemplateDraft, _ kind: MessageKind, _ call: Call) -> TemplateItem.Preview {
        carriers.preview(
            draft.body, kind, draft.channel, carrier: draft.carrier ?? "",
            call.speaking(Language(rawValue: draft.language) ?? .zh).word(plain:))
    }

    /// The kind of a draft that may be saved.
    /// - Throws: a 422 that names what is wrong.
    func checked(_ draft: TemplateDraft) throws(Problem) -> MessageKind {
        var check = FieldCheck()
        let kind = MessageKind.named(draft.kind)
        check.expect(kind != nil, "kind", "invalid")
        check.expect(draft.channel.isPhone, "channel", "invalid")
        check.expect(Language(rawValue: draft.language) != nil, "language", "invalid")
        _ = check.text(draft.body, "body", 1...TemplateText.limit)
        if let carrier = draft.carrier, !carrier.isEmpty {
            check.expect(
                carriers.lines.contains { $0.name == carrier && $0.channel == draft.channel }, "carrier", "unknown")
        }
        let code = draft.carrierCode ?? ""
        check.expect(
            code.count <= 40 && code.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") },
            "carrierCode", "invalid")
        check.expect(code.isEmpty || draft.carrier?.isEmpty == false, "carrierCode", "template.code-without-carrier")
        if let kind {
            for flaw in TemplateText(draft.body).flaws(kind, draft.channel) { check.expect(false, "body", flaw) }
        }
        try check.finish()
        guard let kind else { throw Problem.invalid(["kind": "invalid"]) }
        return kind
    }

    func saveTemplate(
        _ call: Call, _ known: ID<MessageTemplate>?, _ draft: TemplateDraft
    ) async throws -> MessageTemplate {
        let caller = try call.signedIn()
        _ = try checked(draft)
        let id = try await call.once { [audit] db in
            let now = Instant.now
            if let known {
                guard let old = try TemplateStore.find(known, in: db) else { throw Problem.notFound }
                // What has been approved is never changed under its approval: a change is a new draft.
                guard old.state == .draft else { throw Problem.conflict("template.not-a-draft") }
            }
            let template = MessageTemplate(
                id: known ?? .next(), kind: draft.kind, language: draft.language, channel: draft.channel,
                carrier: draft.carrier ?? "", body: draft.body, carrierCode: draft.carrierCode ?? "",
                writtenBy: caller.id, writer: caller.name, writtenAt: now)
            try TemplateStore.save(template, in: db)
            try record("template.write", template, caller, at: now, audit, in: db)
            return template.id
        }
        guard let saved = try await database.read({ db in try TemplateStore.find(id, in: db) }) else {
            throw Problem.notFound
        }
        return saved
    }

    func approveTemplate(_ call: Call) async throws -> MessageTemplate {
        let caller = try call.signedIn()
        let id: ID<MessageTemplate> = try call.id()
        return try await database.write { [audit] db in
            guard let template = try TemplateStore.find(id, in: db) else { throw Problem.notFound }
            guard template.state == .draft else { throw Problem.conflict("template.not-a-draft") }
            guard template.writtenBy != caller.id else { throw Problem.conflict("template.own-words") }
            let now = Instant.now
            try TemplateStore.approve(template, by: caller.id, name: caller.name, at: now, in: db)
            try record("template.approve", template, caller, at: now, audit, in: db)
            guard let approved = try TemplateStore.find(id, in: db) else { throw Problem.notFound }
            return approved
        }
    }

    func retireTemplate(_ call: Call) async throws -> MessageTemplate {
        let caller = try call.signedIn()
        let id: ID<MessageTemplate> = try call.id()
        return try await database.write { [audit] db in
            guard var template = try TemplateStore.find(id, in: db) else { throw Problem.notFound }
            try TemplateStore.retire(id, in: db)
            try record("template.retire", template, caller, at: .now, audit, in: db)
            template.state = .retired
            return template
        }
    }

    private func setLanguage(_ call: Call) async throws {
        let caller = try call.signedIn()
        let phone = call.form["phone"]?.filter { !$0.isWhitespace } ?? ""
        var check = FieldCheck()
        check.expect(
            (3...20).contains(phone.count) && phone.allSatisfy { $0.isASCII && ($0.isNumber || $0 == "+") }, "phone",
            "invalid")
        let language = call.form["language"].flatMap(Language.init(rawValue:))
        check.expect(language != nil, "language", "invalid")
        try check.finish()
        try await database.write { [audit] db in
            try TemplateStore.set(language ?? .zh, of: phone, in: db)
            try audit.record(
                AuditEntry(
                    at: .now, actor: caller.id, actorName: caller.name, action: "template.language",
                    subject: "message-templates", detail: try JSON.text(["language": (language ?? .zh).rawValue])),
                in: db)
        }
    }
}

private func record(
    _ action: String, _ template: MessageTemplate, _ caller: Caller, at now: Instant, _ audit: Audit,
    in db: any Writing
) throws {
    try audit.record(
        AuditEntry(
            at: now, actor: caller.id, actorName: caller.name, action: action,
            subject: "message-templates/\(template.id)", detail: try JSON.text(["body": template.body])), in: db)
}

extension Call {
    /// A word without values.
    func word(plain key: String) -> String { word(key) }
}
