import Kernel
import Storage
import Web

/// What reviewers do, for programs: records that may be one person.
struct ReviewRoutes {
    let desk: RegistryDesk

    private struct PairView: Encodable {
        var id: RecordID
        var score: Int64
        var reasons: [String]
        var left: RecordView
        var right: RecordView
    }

    func add(to routes: inout Routes) {
        pairRoutes(&routes)
    }

    private func pairRoutes(_ routes: inout Routes) {
        let pairs = PairPages(desk: desk)
        routes.get(
            "/api/v1/registry/pairs", .needs(.registryReview),
            "Records that may be the same person, the most alike first"
        ) { call in
            let areas = desk.areas
            return try .list(
                try await pairs.open(call).map { pair, left, right in
                    PairView(
                        id: pair.id, score: pair.score, reasons: pair.reasons.split(separator: " ").map(String.init),
                        left: RecordView(left, areas), right: RecordView(right, areas))
                }, next: nil)
        }
        routes.post("/api/v1/registry/pairs/search", .needs(.registryReview), "Looks for more pairs now") { _ in
            try await pairs.search()
            return .nothing
        }
        routes.post(
            "/api/v1/registry/pairs/{id}", .needs(.registryReview), "Says whether two records are one person",
            shapes: Shapes(takes: .object(["same": .flag], required: ["same"]))
        ) { call in
            if call.form["same"] == nil { throw Problem.invalid(["same": "required"]) }
            try await pairs.decide(call)
            return .nothing
        }
    }
}
