import Kernel
import Storage
import Web

/// `/registry/categories`: what is kept about what, made and changed in a form; every version stays and can come back.
struct CategoryAdmin {
    let desk: RegistryDesk

    func add(to routes: inout Routes) {
        routes.get("/registry/categories", .needs(.registryManage), "The categories' declarations") { call in
            let removed = try await RemovalRoutes(desk: desk).removed(call)
            return try call.page(
                "registry-categories", title: call.word("registry.manage"),
                [
                    "items": desk.book.all.map { category -> [String: Any] in
                        [
                            "key": category.key, "name": category.name.text(call.language),
                            "icon": category.drawn.icon,
                            "class": call.word("registry.class.\(category.class.rawValue)"),
                            "owner": category.owner.text(call.language), "fields": String(category.fields.count),
                            "retention": String(category.retentionDays), "verify": String(category.verifyDays),
                            "version": String(desk.book.version(of: category.key)),
                        ]
                    }, "hasRemoved": !removed.isEmpty,
                    "removed": removed.map { item -> [String: Any] in
                        [
                            "key": item.category, "name": item.name, "version": String(item.version),
                            "isGoing": item.isGoing,
                        ]
                    },
                ])
        }
        routes.get("/registry/categories/new", .needs(.registryManage), "A form for a new category") { call in
            let copied = call.query("from").flatMap { desk.book[$0] }
            return try page(call, Self.blank(like: copied), title: call.word("registry.newCategory"))
        }
        routes.get("/registry/categories/{category}", .needs(.registryManage), "A declaration and its versions") {
            call in try await change(call)
        }
    }

    private func change(_ call: Call) async throws -> Answer {
        let key = try call.param("category")
        guard let category = desk.book[key] else { throw Problem.notFound }
        let (versions, isWaiting, proposed) = try await call.database.read { db in
            (
                try CategoryStore.versions(of: key, in: db), try Rederiving.isWaiting(key, in: db),
                try ProposalStore.removals(of: key, in: db).first
            )
        }
        let current = versions.first?.version ?? 0
        let shown = call.query("version").flatMap { Int64($0) } ?? current
        let declared = versions.first { $0.version == shown }?.category ?? category
        return try page(
            call, declared, title: category.name.text(call.language), base: current,
            [
                "key": key, "isWaiting": isWaiting,
                "removal": proposed.map { [["by": $0.byName, "reason": $0.reason] as [String: Any]] } ?? [],
                "older": shown == current ? [] : [["version": String(shown)]],
                "versions": versions.map { row -> [String: Any] in
                    [
                        "version": String(row.version), "at": row.at.text, "by": row.by, "reason": row.reason,
                        "isShown": row.version == shown, "isCurrent": row.version == current,
                    ]
                },
            ])
    }

    private struct Choice: Encodable {
        var key: String
        var name: String
        /// Of a rule: the kinds of fields that it is about.
        var takes: [[String]]?
        /// Of a rule: whether it compares with a number.
        var hasValue: Bool?
    }

    /// What the form's script is given.
    private struct Editor: Encodable {
        var declaration: Category
        var version: Int64
        var isNew: Bool
        var language: String
        var words: [String: String]
        var roles, classes, guards, types, searches, tints, icons, rules, weights: [Choice]
        /// The modules of GB/T 31000 that the town uses.
        var modules: [String]
    }

    private static let icons = [
        "list", "person", "units", "sites", "fire", "water", "warning", "place", "map", "check", "cases", "phone",
        "camera", "detectors", "field", "clock",
    ]
    private static let words = [
        "name", "key", "class", "module", "purpose", "basis", "owner", "retentionDays", "verifyDays", "label",
        "identity", "drawn", "order", "birth", "address", "point", "fields", "rules", "type", "guard", "see", "unit",
        "codes", "required", "min", "max", "pattern", "search", "filter", "list", "aliases", "twoPeople",
        "drawPoint", "drawNone", "icon", "tint", "hidden", "masked", "plain", "role", "addField", "remove", "up",
        "down",
        "addCode", "code", "codeName", "addSet", "addRule", "when", "whenIs", "always", "value", "weight", "none",
        "basics", "law", "find", "keyHint", "identityHint", "seeHint", "aliasHint", "patternHint",
        "fieldDays", "asCategory", "lengthMax", "check", "save", "reason", "checking", "flaws",
        "clashes", "warnings", "changes", "nothing", "holds", "records", "derives", "json", "jsonHint", "jsonApply",
        "jsonWrong", "unsaved", "ownPurpose", "seenBy", "nobody",
    ]

    private func page(
        _ call: Call, _ category: Category, title: String, base: Int64 = 0, _ more: [String: Any] = [:]
    ) throws -> Answer {
        func choices<Kind: RawRepresentable & CaseIterable>(_ kinds: Kind.Type, _ prefix: String) -> [Choice]
        where Kind.RawValue == String {
            kinds.allCases.map { Choice(key: $0.rawValue, name: call.word("\(prefix).\($0.rawValue)")) }
        }
        let editor = Editor(
            declaration: category, version: base, isNew: base == 0, language: call.language.rawValue,
            words: Dictionary(Self.words.map { ($0, call.word("registry.editor.\($0)")) }) { first, _ in first },
            roles: choices(Role.self, "role"), classes: choices(Category.Class.self, "registry.class"),
            guards: choices(Field.Guard.self, "registry.guard"), types: choices(Field.Kind.self, "registry.type"),
            searches: choices(Field.Search.self, "registry.searchAs"),
            tints: ["info", "ok", "warn", "bad"].map { Choice(key: $0, name: call.word("registry.tint.\($0)")) },
            icons: Self.icons.map { Choice(key: $0, name: $0) },
            rules: Category.Rule.Kind.allCases.map {
                Choice(
                    key: $0.rawValue, name: call.word("registry.ruleKind.\($0.rawValue)"),
                    takes: $0.takes.map { $0.map(\.rawValue).sorted() }, hasValue: $0.hasValue)
            },
            weights: ["refuse", "doubt"].map { Choice(key: $0, name: call.word("registry.weight.\($0)")) },
            modules: Set(desk.book.all.map(\.module)).sorted())
        // The text stands inside a <script> of data.
        let data = try JSON.text(editor).replacing("<", with: "\\u003c")
        let context: [String: Any] = ["data": data, "isNew": base == 0]
        return try call.page("registry-category", title: title, context.merging(more) { $1 })
    }

    /// What a new category begins with: the usual fields, or another one's.
    static func blank(like other: Category?) -> Category {
        if var copy = other {
            copy.key = ""
            copy.name = Words(zh: "", en: "")
            return copy
        }
        let office: [Role] = [.clerk, .grid]
        let see = Field.See(plain: office + [.officer, .leader, .admin], masked: [])
        func field(_ key: String, _ zh: String, _ en: String, _ type: Field.Kind) -> Field {
            Field(
                key: key, name: Words(zh: zh, en: en), type: type, guard: .open, see: see, list: true)
        }
        var name = field("name", "名称", "Name", .text)
        (name.required, name.search) = (true, .text)
        var address = field("address", "地址", "Address", .address)
        address.search = .address
        let empty = Words(zh: "", en: "")
        return Category(
            key: "", name: empty, class: .things, module: "X 地方扩展", purpose: empty, basis: empty, owner: empty,
            retentionDays: 1_825, verifyDays: 180, label: "name", identity: [["name", "address"]],
            drawn: Category.Drawn(as: .point, icon: "place", tint: "info"), order: 100, birth: nil, address: "address",
            point: "place", fields: [name, address, field("place", "坐标", "Place", .point)], rules: [])
    }
}
