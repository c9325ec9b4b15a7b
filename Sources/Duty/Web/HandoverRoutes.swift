import Identity
import Kernel
import Storage
import Web

/// A hand-over as the API shows it.
struct HandoverView: Encodable {
    struct Item: Encodable {
        var id: ID<HandoverItem>
        var kind: String
        var text: String
        var href: String
        var dueAt: String?
        var state: String
        var note: String
    }
    var id: HandoverID
    var shiftId: ShiftID
    var giverId: StaffID
    var takerId: StaffID
    var at: String
    var sha256: String
    var isIntact: Bool
    var doneAt: String?
    var items: [Item]

    init(_ handover: Handover, _ items: [HandoverItem]) {
        id = handover.id
        shiftId = handover.shift
        giverId = handover.giver
        takerId = handover.taker
        at = handover.at.rfc3339
        sha256 = handover.digest
        isIntact = handover.isIntact(items)
        doneAt = handover.doneAt?.rfc3339
        self.items = items.map {
            Item(
                id: $0.id, kind: $0.kind.rawValue, text: $0.text, href: $0.href, dueAt: $0.dueAt?.rfc3339,
                state: $0.state.rawValue, note: $0.note)
        }
    }

    static let shape = Shape.object(
        [
            "id": .id, "shiftId": .id, "giverId": .id, "takerId": .id, "at": .time, "sha256": .text,
            "isIntact": .flag, "doneAt": .time,
            "items": .list(
                .object([
                    "id": .id, "kind": .text, "text": .text, "href": .text, "dueAt": .time, "state": .text,
                    "note": .text,
                ])),
        ], required: ["id", "shiftId", "giverId", "takerId", "at", "sha256", "isIntact", "items"])
}

extension DutyRoom {
    private var handovers: Handovers { Handovers(audit: audit, cases: cases, outstanding: outstanding) }

    func handoverRoutes(_ routes: inout Routes) {
        routes.post(
            "/api/v1/shifts/{id}/handover", .needs(.dutyServe), "Signs what a watch leaves to the next",
            shapes: Shapes(gives: HandoverView.shape)
        ) { call in try await view(try await give(call)) }
        routes.get(
            "/api/v1/handovers/{id}", .needs(.dutyRead), "A hand-over and what became of each item",
            shapes: Shapes(gives: HandoverView.shape)
        ) { call in
            let id: HandoverID = try call.id()
            guard let handover = try await database.read({ db in try HandoverStore.find(id, in: db) }) else {
                throw Problem.notFound
            }
            return try await view(handover)
        }
        routes.post(
            "/api/v1/handovers/{id}/items/{item}", .needs(.dutyServe),
            "Takes an item over, or leaves it with the giver",
            shapes: Shapes(
                takes: .object(["accept": .flag, "note": .text], required: ["accept"]), gives: HandoverView.shape)
        ) { call in
            struct Body: Decodable { var accept: Bool, note: String? }
            let body: Body = try call.json()
            return try await view(try await decide(call, try call.id("item"), body.accept, body.note ?? ""))
        }
        routes.post("/duty/shifts/{id}/handover", .needs(.dutyServe), "Hand a watch over, from the page") { call in
            .redirect(to: "/duty/handovers/\(try await give(call).id)")
        }
        routes.get("/duty/handovers/{id}", .needs(.dutyRead), "A hand-over, item by item") { call in
            try await handoverPage(call)
        }
        routes.post("/duty/handovers/{id}", .needs(.dutyServe), "Take items over, from the page") { call in
            let item = call.form["item"].flatMap(ID<HandoverItem>.init)
            let handover = try await decide(call, item, call.form["accept"] == "1", call.form["note"] ?? "")
            return .redirect(to: "/duty/handovers/\(handover.id)")
        }
    }

    private func give(_ call: Call) async throws -> Handover {
        let (id, caller): (ShiftID, Caller) = (try call.id(), try call.signedIn())
        return try await database.write { [handovers] db in try handovers.give(id, by: caller, at: .now, in: db) }
    }

    private func decide(
        _ call: Call, _ item: ID<HandoverItem>?, _ takes: Bool, _ note: String
    ) async throws -> Handover {
        let (id, caller): (HandoverID, Caller) = (try call.id(), try call.signedIn())
        var check = FieldCheck()
        let note = check.text(note, "note", 0...200)
        try check.finish()
        return try await database.write { [handovers] db in
            try handovers.decide(id, item, takes: takes, note: note, by: caller, at: .now, in: db)
        }
    }

    private func view(_ handover: Handover) async throws -> Answer {
        let items = try await database.read { db in try HandoverStore.items(of: handover.id, in: db) }
        return try .json(HandoverView(handover, items))
    }

    private func handoverPage(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let id: HandoverID = try call.id()
        let (handover, items, taker, names) = try await database.read { db in
            guard let handover = try HandoverStore.find(id, in: db) else { throw Problem.notFound }
            let taker = try HandoverStore.taker(of: handover, in: db)
            return (
                handover, try HandoverStore.items(of: id, in: db), taker,
                try StaffDirectory.names(of: [handover.giver, taker], in: db)
            )
        }
        let isTaker = taker == caller.id
        return try call.page(
            "handover", title: call.word("duty.handover.title"),
            [
                "id": id.description, "giver": names[handover.giver] ?? "", "taker": names[taker] ?? "",
                "at": handover.at.text, "digest": String(handover.digest.prefix(16)),
                "isIntact": handover.isIntact(items), "isDone": handover.doneAt != nil,
                "canTakeAll": isTaker && items.contains { $0.state == .offered },
                "groups": HandoverItem.Kind.allCases.map { kind -> [String: Any] in
                    let own = items.filter { $0.kind == kind }
                    return [
                        "title": call.word("duty.handover.kind.\(kind.rawValue)"), "count": String(own.count),
                        "items": own.map { item -> [String: Any] in
                            shown([
                                "id": item.id.description, "action": "/duty/handovers/\(id)", "text": item.text,
                                "href": item.href,
                                "hasHref": !item.href.isEmpty,
                                "due": item.dueAt.map { call.word("duty.handover.due", ["time": $0.shortText]) } ?? "",
                                "state": call.word("duty.handover.state.\(item.state.rawValue)"),
                                "tint": item.state == .accepted ? "ok" : item.state == .kept ? "warn" : "",
                                "note": item.note, "canDecide": isTaker && item.state == .offered,
                            ])
                        },
                    ]
                },
            ])
    }
}
