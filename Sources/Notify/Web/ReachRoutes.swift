import Foundation
import Identity
import Kernel
import Storage
import Web

/// A finding as the API shows it.
struct ReachItem: Encodable {
    var id: String
    var kind: String
    var text: String
    var from: String
    var until: String?
    var caseId: CaseID?

    static let shape = Shape.object(
        [
            "id": .id, "kind": .oneOf(ReachWarning.Kind.allCases.map(\.rawValue)), "text": .text, "from": .time,
            "until": .time, "caseId": .id,
        ], required: ["id", "kind", "text", "from"])

    init(_ warning: ReachWarning) {
        id = warning.id.description
        kind = warning.kind.rawValue
        text = warning.text
        from = warning.from.rfc3339
        until = warning.until?.rfc3339
        caseId = warning.caseID
    }
}

/// Where somebody wants to be told beside the phone.
struct OwnReach: Codable, Sendable {
    var email: String

    static let shape = Shape.object(["email": .text], required: ["email"])
}

extension NotifyRoom {
    func reachRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/reach", .needs(.messageRead), "What would keep messages from arriving, as far as it is known",
            shapes: Shapes(gives: .page(of: ReachItem.shape))
        ) { call in
            let open = try await database.read { db in try WarningStore.open(in: db) }
            return try .list(open.map(ReachItem.init), next: nil)
        }
        routes.get(
            "/api/v1/me/reach", .anyone, "Where one is told beside the phone", shapes: Shapes(gives: OwnReach.shape)
        ) { call in try .json(try await ownReach(call)) }
        routes.put(
            "/api/v1/me/reach", .anyone, "Says where one wants to be told beside the phone; empty for nowhere",
            shapes: Shapes(takes: OwnReach.shape, gives: OwnReach.shape)
        ) { call in
            try await setReach(try call.json(), call)
            return try .json(try await ownReach(call))
        }
        routes.get("/me/reach", .anyone, "Where one is told beside the phone") { call in
            try reachPage(call, email: try await ownReach(call).email)
        }
        routes.post("/me/reach", .anyone, "Says where one wants to be told beside the phone") { call in
            let email = call.form["email"] ?? ""
            do {
                try await setReach(OwnReach(email: email), call)
                return .redirect(to: "/me/reach?done=saved")
            } catch let problem as Problem where problem.status == 422 {
                return try reachPage(call, email: email, errors: call.fieldWords(problem))
            }
        }
    }

    private func reachPage(_ call: Call, email: String, errors: [String: String] = [:]) throws -> Answer {
        try call.page(
            "reach", title: call.word("notify.own.title"),
            ["email": email, "hasEmail": carriers.lines.contains { $0.channel == .email }, "errors": errors])
    }

    private func ownReach(_ call: Call) async throws -> OwnReach {
        let id = try call.signedIn().id
        return OwnReach(
            email: try await database.read { db in try ReachStore.address(of: id, .email, in: db) } ?? "")
    }

    private func setReach(_ wanted: OwnReach, _ call: Call) async throws {
        let caller = try call.signedIn()
        let email = wanted.email.trimmingCharacters(in: .whitespaces)
        guard email.isEmpty || SMTPCarrier.isAddress(email) else { throw Problem.invalid(["email": "invalid"]) }
        try await database.write { [audit] db in
            try ReachStore.set(email, of: caller.id, .email, in: db)
            try audit.record(
                AuditEntry(
                    at: .now, actor: caller.id, actorName: caller.name, action: "reach.own",
                    subject: "staff/\(caller.id)", detail: try JSON.text(["email": email.isEmpty ? "" : "set"])), in: db
            )
        }
    }
}
