import Identity
import Kernel
import Storage
import WeChatAPI
import Web

extension Permission {
    /// Set the official account's menu and templates.
    public static let accountManage = Permission("account.manage", [.leader, .admin])
}

extension WoodpeckerRoom {
    /// The official account's menu, templates, quotas and what it said of its own accord.
    func accountRoutes(_ routes: inout Routes) {
        routes.get("/official-account", .needs(.accountManage), "The official account: menu, templates, messages") {
            call in try await accountPage(call)
        }
        routes.post("/official-account", .needs(.accountManage), "Set the official account's menu or templates") {
            call in
            let form = call.form
            do {
                if form["what"] == "menu" {
                    guard let menu = MenuText.read(form["menu"] ?? "") else {
                        throw Problem.invalid(["menu": "wechat-menu"])
                    }
                    try await setMenu(menu, call)
                } else {
                    try await setTemplates(
                        Account.Templates(
                            answer: form["answer"] ?? "", answerField: form["answerField"] ?? "",
                            remind: form["remind"] ?? ""), call)
                }
            } catch let problem as Problem where problem.status == 422 {
                return try await accountPage(call, errors: problem.fields, form: form)
            }
            return .redirect(to: "/official-account?done=saved")
        }
        menuRoutes(&routes)
        taskRoutes(&routes)
    }

    private func menuRoutes(_ routes: inout Routes) {
        let button = Shape.object(
            [
                "name": .text, "type": .oneOf(["click", "view"]), "key": .text, "url": .text,
                "sub_button": .list(.anything),
            ], required: ["name"])
        let menu = Shape.object(["button": .list(button)], required: ["button"])
        let templates = Shape.object(["answer": .text, "answerField": .text, "remind": .text])
        routes.get(
            "/api/v1/official-account/menu", .needs(.accountManage), "The official account's menu, as it was set here",
            shapes: Shapes(gives: menu)
        ) { _ in
            try .json(try await database.read { db in try savedMenu(in: db) } ?? WeChatMenu([]))
        }
        routes.put(
            "/api/v1/official-account/menu", .needs(.accountManage), "Sets the official account's menu",
            shapes: Shapes(takes: menu)
        ) { call in
            try await setMenu(try call.json(WeChatMenu.self), call)
            return .nothing
        }
        routes.get(
            "/api/v1/official-account/templates", .needs(.accountManage), "The templates of messages",
            shapes: Shapes(gives: templates)
        ) { _ in try .json(try await database.read { db in try Account.templates(in: db) }) }
        routes.put(
            "/api/v1/official-account/templates", .needs(.accountManage), "Sets the templates of messages",
            shapes: Shapes(takes: templates)
        ) { call in
            struct Wish: Decodable, Sendable {
                var answer: String?
                var answerField: String?
                var remind: String?
            }
            let wish: Wish = try call.json()
            try await setTemplates(
                Account.Templates(
                    answer: wish.answer ?? "", answerField: wish.answerField ?? "thing1", remind: wish.remind ?? ""),
                call)
            return .nothing
        }
    }

    private func taskRoutes(_ routes: inout Routes) {
        let task = Shape.object(
            [
                "id": .id, "kind": .oneOf(AccountTask.Kind.allCases.map(\.rawValue)),
                "state": .oneOf(AccountTask.State.allCases.map(\.rawValue)), "code": .text, "at": .time,
            ], required: ["id", "kind", "state", "at"])
        routes.get(
            "/api/v1/official-account/tasks", .needs(.accountManage),
            "What the official account did of its own accord, newest first; persons are not named",
            shapes: Shapes(gives: .page(of: task))
        ) { _ in
            struct View: Encodable {
                var id: ID<AccountTask>
                var kind: AccountTask.Kind.RawValue
                var state: AccountTask.State.RawValue
                var code: String
                var at: String
            }
            let all = try await database.read { db in try AccountStore.latest(limit: 200, in: db) }
            return try .list(
                all.map {
                    View(
                        id: $0.id, kind: $0.kind.rawValue, state: $0.state.rawValue, code: $0.code, at: $0.at.rfc3339)
                }, next: nil)
        }
        routes.get(
            "/api/v1/official-account/quotas", .needs(.accountManage),
            "What is left today of the official account's calls, as the platform says",
            shapes: Shapes(
                gives: .page(
                    of: .object(
                        ["call": .text, "limit": .integer, "used": .integer, "left": .integer], required: ["call"])))
        ) { _ in
            struct View: Encodable {
                var call: String
                var limit: Int?
                var used: Int?
                var left: Int?
            }
            return try .list(
                try await quotas().map {
                    View(call: $0.0, limit: $0.1?.daily_limit, used: $0.1?.used, left: $0.1?.remain)
                },
                next: nil)
        }
    }

    private static let calls = [
        "/cgi-bin/message/custom/send", "/cgi-bin/message/subscribe/bizsend", "/cgi-bin/message/template/subscribe",
        "/cgi-bin/message/mass/sendall",
    ]

    private func quotas() async throws -> [(String, WeChatQuota?)] {
        guard let account else { throw Problem.conflict("woodpecker.no-account") }
        var all: [(String, WeChatQuota?)] = []
        for call in Self.calls { all.append((call, await account.client.quota(of: call))) }
        return all
    }

    private func savedMenu(in db: any Reading) throws -> WeChatMenu? {
        try AccountStore.setting("menu", in: db).flatMap { try? JSON.decode(WeChatMenu.self, Array($0.utf8)) }
    }

    private func setMenu(_ menu: WeChatMenu, _ call: Call) async throws {
        guard account != nil else { throw Problem.conflict("woodpecker.no-account") }
        guard menu.flaw == nil else { throw Problem.invalid(["menu": "wechat-menu"]) }
        let caller = try call.signedIn()
        let text = try JSON.text(menu)
        _ = try await call.once { db -> Bool in
            try AccountStore.set("menu", text, in: db)
            try AccountStore.add(.menu, sealed: Array(text.utf8), at: .now, in: db)
            try audit.record(
                AuditEntry(
                    at: .now, actor: caller.id, actorName: caller.name, action: "account.menu",
                    subject: "official-account", detail: "{}"), in: db)
            return true
        }
    }

    private func setTemplates(_ templates: Account.Templates, _ call: Call) async throws {
        let caller = try call.signedIn()
        var check = FieldCheck()
        func isName(_ text: String) -> Bool {
            text.utf8.count <= 64 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
        }
        check.expect(isName(templates.answer), "answer", "invalid")
        check.expect(isName(templates.answerField), "answerField", "invalid")
        check.expect(isName(templates.remind), "remind", "invalid")
        try check.finish()
        _ = try await call.once { db -> Bool in
            try AccountStore.set("templates", try JSON.text(templates), in: db)
            try audit.record(
                AuditEntry(
                    at: .now, actor: caller.id, actorName: caller.name, action: "account.templates",
                    subject: "official-account", detail: "{}"), in: db)
            return true
        }
    }

    private func accountPage(_ call: Call, errors: [String: String] = [:], form: Form? = nil) async throws -> Answer {
        let now = Instant.now
        let month = try Month(nil, now: now).after
        let (menu, templates, tasks, mass) = try await database.read { db in
            (
                try savedMenu(in: db), try Account.templates(in: db), try AccountStore.latest(limit: 100, in: db),
                try AccountStore.count(.mass, since: month.start, in: db)
            )
        }
        let word = { (key: String) in call.word("woodpecker.account.\(key)") }
        var context: [String: Any] = [
            "isThere": account != nil,
            "menu": form?["menu"] ?? menu.map(MenuText.write) ?? word("menuSample"),
            "answer": form?["answer"] ?? templates.answer,
            "answerField": form?["answerField"] ?? templates.answerField,
            "remind": form?["remind"] ?? templates.remind,
            "errors": errors.mapValues { call.word("problem.field.\($0)") },
            "mass": "\(mass) / \(account?.massPerMonth ?? 0)",
            "items": tasks.map { task -> [String: Any] in
                [
                    "kind": word("kind.\(task.kind.rawValue)"), "state": word("state.\(task.state.rawValue)"),
                    "tint": task.state == .done
                        ? "ok" : task.state == .waiting || task.state == .sending ? "info" : "warn",
                    "code": task.state == .done ? "" : task.code, "at": String(task.at.text.prefix(16)),
                ]
            },
        ]
        if call.query("ask") == "1", account != nil {
            context["hasQuotas"] = true
            context["quotas"] = try await quotas().map { path, quota in
                [
                    "call": word("call." + path.split(separator: "/").suffix(2).joined(separator: "-")),
                    "left": quota.map { "\($0.remain) / \($0.daily_limit)" } ?? word("notTold"),
                ]
            }
        }
        return try call.page(
            "official-account", title: word("title"), Citizen.tidy(context), status: errors.isEmpty ? 200 : 422)
    }
}
