import Foundation
import Identity
import Kernel
import Storage
import Web

/// The pages of templates: all of them with previews, and the form of one.
extension NotifyRoom {
    func templateForms(_ routes: inout Routes) {
        routes.get("/message-templates/new", .needs(.templateManage), "The form for new words") { call in
            let kind = call.query("kind").flatMap(MessageKind.named) ?? MessageKind.all[0]
            let language = call.query("language").flatMap(Language.init(rawValue:)) ?? .zh
            let channel = call.query("channel").flatMap(Channel.init(rawValue:)) ?? .sms
            // New words begin as those that hold now.
            let known: ID<MessageTemplate>? = call.query("like").flatMap(ID.init)
            let old =
                if let known { try await database.read { db in try TemplateStore.find(known, in: db) } } else {
                    MessageTemplate?.none
                }
            return try await templateForm(
                call, nil,
                TemplateDraft(
                    kind: old?.kind ?? kind.name, language: old?.language ?? language.rawValue,
                    channel: old?.channel ?? channel, carrier: old?.carrier ?? "",
                    body: old?.body ?? call.speaking(language).word(kind.builtIn), carrierCode: old?.carrierCode ?? ""),
                errors: [:])
        }
        routes.get("/message-templates/{id}", .needs(.templateManage), "The form of a draft") { call in
            let id: ID<MessageTemplate> = try call.id()
            guard let old = try await database.read({ db in try TemplateStore.find(id, in: db) }) else {
                throw Problem.notFound
            }
            guard old.state == .draft else { return .redirect(to: "/message-templates/new?like=\(id)") }
            return try await templateForm(
                call, id,
                TemplateDraft(
                    kind: old.kind, language: old.language, channel: old.channel, carrier: old.carrier, body: old.body,
                    carrierCode: old.carrierCode), errors: [:])
        }
        routes.post("/message-templates/new", .needs(.templateManage), "Write words") { call in
            try await postTemplate(call, nil)
        }
        routes.post("/message-templates/{id}", .needs(.templateManage), "Change a draft") { call in
            try await postTemplate(call, try call.id())
        }
        routes.post("/message-templates/{id}/approve", .needs(.templateApprove), "Bring words into use") { call in
            _ = try await approveTemplate(call)
            return .redirect(to: "/message-templates?done=saved")
        }
        routes.post("/message-templates/{id}/retire", .needs(.templateManage), "Take words out of use") { call in
            _ = try await retireTemplate(call)
            return .redirect(to: "/message-templates?done=saved")
        }
    }

    private func postTemplate(_ call: Call, _ known: ID<MessageTemplate>?) async throws -> Answer {
        let form = call.form
        let draft = TemplateDraft(
            kind: form["kind"] ?? "", language: form["language"] ?? "",
            channel: form["channel"].flatMap(Channel.init(rawValue:)) ?? .sms, carrier: form["carrier"] ?? "",
            body: (form["body"] ?? "").filter { !$0.isNewline }, carrierCode: form["carrierCode"] ?? "")
        do {
            if form["do"] == "preview" {
                _ = try checked(draft)
                return try await templateForm(call, known, draft, errors: [:])
            }
            _ = try await saveTemplate(call, known, draft)
            return .redirect(to: "/message-templates?done=saved")
        } catch let problem as Problem where problem.status == 422 {
            return try await templateForm(call, known, draft, errors: call.fieldWords(problem))
        }
    }

    func templateList(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let canManage = caller.may(.templateManage)
        let (stored, languages) = try await database.read { db in
            (try TemplateStore.all(in: db), try TemplateStore.languages(in: db))
        }
        let wanted = call.query("channel").flatMap(Channel.init(rawValue:))
        let language = call.query("language").flatMap(Language.init(rawValue:))
        let showsRetired = call.query("retired") == "1"
        let groups = MessageKind.all.map { kind -> [String: Any] in
            let own = stored.filter {
                $0.kind == kind.name && (showsRetired || $0.state != .retired) && (wanted ?? $0.channel) == $0.channel
                    && (language?.rawValue ?? $0.language) == $0.language
            }
            // The words of the house hold where nothing else is approved for a language and a way.
            let builtIn = Language.allCases.filter { language ?? $0 == $0 }.map { each in
                let body = call.speaking(each).word(kind.builtIn)
                return templateRow(
                    TemplateDraft(kind: kind.name, language: each.rawValue, channel: wanted ?? .sms, body: body), kind,
                    call
                ).merging([
                    "stateText": call.word("notify.template.builtIn"), "tint": "", "isBuiltIn": true,
                    "canManage": canManage, "new": "/message-templates/new?kind=\(kind.name)&language=\(each.rawValue)",
                ]) { $1 }
            }
            return [
                "name": call.word("notify.kind.\(kind.name)"),
                "variables": kind.variables.map { "{\($0.name)} \(call.word("notify.variable.\($0.name)"))" }.joined(
                    separator: call.language == .zh ? "，" : ", "),
                "items": own.map { template in
                    templateRow(
                        TemplateDraft(
                            kind: template.kind, language: template.language, channel: template.channel,
                            carrier: template.carrier, body: template.body, carrierCode: template.carrierCode), kind,
                        call
                    ).merging([
                        "id": template.id.description,
                        "stateText": call.word("notify.template.\(template.state.rawValue)"),
                        "tint": template.state == .approved ? "ok" : template.state == .draft ? "warn" : "",
                        "by": call.word(
                            template.approver == nil ? "notify.template.by" : "notify.template.byBoth",
                            ["writer": template.writer, "approver": template.approver ?? ""]),
                        "canManage": canManage && template.state != .retired,
                        "canApprove": template.state == .draft && template.writtenBy != caller.id
                            && caller.may(.templateApprove),
                        "isOwn": template.state == .draft && template.writtenBy == caller.id,
                    ]) { $1 }
                } + builtIn,
            ]
        }
        return try call.page(
            "template-list", title: call.word("notify.template.title"),
            [
                "groups": groups, "canManage": canManage, "showsRetired": showsRetired,
                "channels": Channel.allCases.filter(\.isPhone).map {
                    [
                        "value": $0.rawValue, "label": call.word("js.channel.\($0.rawValue)"),
                        "selected": $0 == wanted,
                    ] as [String: Any]
                },
                "languages": languageChoices(language?.rawValue, call),
                "phones": languages.map {
                    [
                        "phone": maskedPhone($0.phone), "language": call.word("notify.language.\($0.language)"),
                    ]
                },
            ])
    }

    private func languageChoices(_ selected: String?, _ call: Call) -> [[String: Any]] {
        Language.allCases.map {
            [
                "value": $0.rawValue, "label": call.word("notify.language.\($0.rawValue)"),
                "selected": $0.rawValue == selected,
            ]
        }
    }

    /// What a template becomes, as rows and the form show it.
    private func templateRow(_ draft: TemplateDraft, _ kind: MessageKind, _ call: Call) -> [String: Any] {
        let preview = preview(draft, kind, call)
        let length =
            draft.channel == .sms
            ? call.word(
                "notify.template.length",
                [
                    "n": String(preview.characters), "parts": String(preview.parts),
                    "most": String(preview.longestCharacters), "mostParts": String(preview.longestParts),
                ])
            : call.word(
                "notify.template.spoken",
                [
                    "n": String(preview.characters), "most": String(preview.longestCharacters),
                    "seconds": String(preview.seconds),
                ])
        return [
            "language": call.word("notify.language.\(draft.language)"),
            "lang": draft.language, "channel": call.word("js.channel.\(draft.channel.rawValue)"),
            "carrier": draft.carrier?.isEmpty == false
                ? draft.carrier ?? "" : call.word("notify.template.anyCarrier"),
            "code": draft.carrierCode ?? "", "hasCode": draft.carrierCode?.isEmpty == false, "text": preview.text,
            "length": length,
            "costs": preview.costs.map { cost -> [String: Any] in
                ["carrier": cost.carrier, "cost": Self.yuan(cost.fen, cost.mostFen, call)]
            },
        ]
    }

    private static func yuan(_ fen: Int64, _ most: Int64, _ call: Call) -> String {
        guard most > 0 else { return call.word("notify.template.noPrice") }
        func text(_ fen: Int64) -> String { "\(fen / 100).\(fen % 100 < 10 ? "0" : "")\(fen % 100)" }
        return call.word(
            "notify.template.cost", ["yuan": fen == most ? text(fen) : "\(text(fen))–\(text(most))"])
    }

    private func templateForm(
        _ call: Call, _ known: ID<MessageTemplate>?, _ draft: TemplateDraft, errors: [String: String]
    ) async throws -> Answer {
        let kind = MessageKind.named(draft.kind) ?? MessageKind.all[0]
        var context: [String: Any] = [
            "action": known.map { "/message-templates/\($0)" } ?? "/message-templates/new", "errors": errors,
            "body": draft.body, "carrierCode": draft.carrierCode ?? "",
            "kinds": MessageKind.all.map {
                [
                    "value": $0.name, "label": call.word("notify.kind.\($0.name)"), "selected": $0.name == draft.kind,
                ] as [String: Any]
            },
            "languages": languageChoices(draft.language, call),
            "channels": Channel.allCases.filter(\.isPhone).map {
                [
                    "value": $0.rawValue, "label": call.word("js.channel.\($0.rawValue)"),
                    "selected": $0 == draft.channel,
                ] as [String: Any]
            },
            "carriers": carriers.lines.map {
                [
                    "value": $0.name,
                    "label": "\($0.name) · \(call.word("js.channel.\($0.channel.rawValue)"))",
                    "selected": $0.name == draft.carrier,
                ] as [String: Any]
            },
            "variables": kind.variables.map { variable -> [String: Any] in
                [
                    "name": "{\(variable.name)}", "label": call.word("notify.variable.\(variable.name)"),
                    "type": variable.kind == .time
                        ? call.word("notify.variable.typeTime")
                        : call.word("notify.variable.typeText", ["n": String(variable.most)]),
                    "isNeeded": variable.isNeeded,
                ]
            },
        ]
        if errors["body"] == nil { context["preview"] = templateRow(draft, kind, call) }
        return try call.page(
            "template-edit",
            title: call.word(known == nil ? "notify.template.new" : "notify.template.edit"), context,
            status: errors.isEmpty ? 200 : 422)
    }
}
