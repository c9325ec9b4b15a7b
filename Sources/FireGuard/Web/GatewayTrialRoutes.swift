import Kernel
import Storage
import Web

/// `/api/v1/gateways/trials`: whether the centre's own fire came in by every way.
struct GatewayTrialRoutes {
    let trials: GatewayTrials

    private struct View: Encodable {
        var way: String
        var sentAt: String?
        var heardAt: String?
        var failure: String?
        var caseId: CaseID?
    }

    private static let shape = Shape.object(
        [
            "way": .text, "sentAt": .time, "heardAt": .time,
            "failure": .oneOf(GatewayTrial.Failure.allCases.map(\.rawValue)), "caseId": .id,
        ], required: ["way"])

    func add(to routes: inout Routes) {
        routes.get(
            "/api/v1/gateways/trials", .needs(.siteWrite), "Lists every way in with its newest trial",
            shapes: Shapes(gives: .page(of: Self.shape))
        ) { call in
            let found = try await call.database.read { db in try trials.newest(in: db) }
            return try .list(
                found.map { way, trial in
                    View(
                        way: way.name, sentAt: trial?.sentAt.rfc3339, heardAt: trial?.heardAt?.rfc3339,
                        failure: trial?.failure?.rawValue, caseId: trial?.caseID)
                }, next: nil)
        }
        routes.post(
            "/api/v1/gateways/trials", .needs(.siteWrite), "Has every way in tried within seconds",
            shapes: Shapes(takes: .object([:]), gives: .object(["asked": .flag], required: ["asked"]))
        ) { _ in
            trials.ask()
            return try .json(["asked": true], status: 202)
        }
        routes.post("/gateways/trials", .needs(.siteWrite), "Have every way in tried, from the page") { _ in
            trials.ask()
            return .redirect(to: "/gateways?done=trial-asked#trials")
        }
    }

    /// What the page of gateways shows: how many came in, and each; open where one did not.
    static func panel(_ found: [(way: TrialWay, trial: GatewayTrial?)], _ call: Call) -> [String: Any] {
        let failed = found.count { $0.trial?.failure != nil }
        let heard = found.count { $0.trial?.heardAt != nil && $0.trial?.failure == nil }
        return [
            "items": found.map { row($0, call) }, "open": failed > 0,
            "tint": failed > 0 ? "warn" : heard == found.count ? "ok" : "",
            "sum": call.word("fire.trial.sum", ["heard": String(heard), "all": String(found.count)]),
        ]
    }

    private static func row(_ found: (way: TrialWay, trial: GatewayTrial?), _ call: Call) -> [String: String] {
        var row = [
            "way": found.way.title { call.word($0, $1) }, "at": found.trial.map { PageWords.short($0.sentAt) } ?? "—",
        ]
        if let failure = found.trial?.failure {
            row["tint"] = "warn"
            row["state"] = call.word("fire.trial.\(failure.rawValue)")
        } else if let trial = found.trial, let heard = trial.heardAt {
            row["tint"] = "ok"
            row["state"] = call.word("fire.trial.heard", ["ms": String(max(0, heard - trial.sentAt))])
        } else {
            row["tint"] = ""
            row["state"] = call.word("fire.trial.never")
        }
        if let id = found.trial?.caseID { row["caseId"] = id.description }
        return row
    }
}
