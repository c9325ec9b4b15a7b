import Kernel
import Places
import Storage
import Web

/// `/registry/pairs`: records that may be the same person, side by side, for a person to decide.
struct PairPages {
    let desk: RegistryDesk

    func add(to routes: inout Routes) {
        routes.get("/registry/pairs", .needs(.registryReview), "Records that may be the same person") { call in
            try await page(call)
        }
        routes.post("/registry/pairs", .needs(.registryReview), "Look for more now") { call in
            try await search()
            return .redirect(to: "/registry/pairs?done=registry.searched")
        }
        routes.post("/registry/pairs/{id}", .needs(.registryReview), "Say whether two records are one person") { call in
            try await decide(call)
            return .redirect(to: "/registry/pairs?done=registry.decided")
        }
    }

    /// Looks for more now.
    func search() async throws {
        let now = Instant.now
        _ = try await Duplicates(desk: desk).search(at: now)
        try await SharedDoubts(desk: desk).search(at: now)
    }

    struct Pair: RowDecodable {
        var id: RecordID
        var left: RecordID
        var right: RecordID
        var score: Int64
        var reasons: String

        static let columns = "id, left_record, right_record, score, reasons"

        init(row: inout Row) throws {
            id = try row.next()
            left = try row.next()
            right = try row.next()
            score = try row.next()
            reasons = try row.next()
        }
    }

    /// The most alike of those that nobody has decided, as far as the caller may see both.
    func open(_ call: Call) async throws -> [(Pair, JudgedRecord, JudgedRecord)] {
        try await call.database.read { db -> [(Pair, JudgedRecord, JudgedRecord)] in
            let viewer = try desk.viewer(call, in: db)
            return try db.all(
                Pair.self,
                """
                SELECT \(raw: Pair.columns) FROM registry_pair WHERE state = 'open' ORDER BY score DESC, id LIMIT 60
                """
            ).compactMap { pair in
                guard let left = try judged(pair.left, viewer, in: db),
                    let right = try judged(pair.right, viewer, in: db)
                else { return nil }
                return (pair, left, right)
            }
        }
    }

    private func page(_ call: Call) async throws -> Answer {
        let items = try await open(call)
        let areas = desk.areas
        return try call.page(
            "registry-pairs", title: call.word("registry.pairs"),
            [
                "items": items.prefix(20).map { pair, left, right -> [String: Any] in
                    [
                        "id": pair.id.description, "score": String(pair.score),
                        "reasons": pair.reasons.split(separator: " ").map {
                            ["text": call.word("registry.alike.\($0)")]
                        },
                        "sides": [(left, right), (right, left)].map { one, other -> [String: Any] in
                            [
                                "key": one.category.key, "id": one.id.description, "label": one.label,
                                "area": areas.name(of: one.area),
                                // Both sides show the same fields, so that lines stand beside each other.
                                "cells": one.values.filter {
                                    $0.field.type != .point
                                        && !($0.value.isEmpty && (other[$0.field.key] ?? "").isEmpty)
                                }.map { value -> [String: Any] in
                                    var cell = Shown.cell(value, call)
                                    if value.value.isEmpty { cell["text"] = "—" }
                                    cell["differs"] = other[value.field.key] != value.value
                                    return cell
                                },
                            ]
                        },
                    ]
                }
            ])
    }

    private func judged(_ id: RecordID, _ viewer: Viewer, in db: any Reading) throws -> JudgedRecord? {
        guard let record = try RecordStore.find(id, in: db), let category = desk.book[record.category] else {
            return nil
        }
        return Policy.judge(record, in: category, for: viewer, today: Instant.now.dayNumber)
    }

    func decide(_ call: Call) async throws {
        let caller = try call.signedIn()
        let id: RecordID = try call.id()
        let isSame = call.form["same"] == "1"
        let now = Instant.now
        try await call.database.write { db in
            let viewer = Viewer(caller, desk.areas)
            guard
                let pair = try db.first(
                    Pair.self,
                    "SELECT \(raw: Pair.columns) FROM registry_pair WHERE id = \(id) AND state = 'open'"),
                let left = try RecordStore.find(pair.left, in: db), let category = desk.book[left.category]
            else { throw Problem.notFound }
            _ = try desk.record(left.id, category, viewer, in: db)
            try db.execute(
                """
                UPDATE registry_pair SET state = \(isSame ? "same" : "different"), decided_at = \(now),
                  decided_by = \(caller.name)
                WHERE id = \(id)
                """)
            if isSame {
                try ProposalStore.insert(
                    .merge, left, other: pair.right, reason: call.word("registry.pairs"), detail: "",
                    by: caller.hand(.department, at: now), in: db)
            }
            try desk.note(
                isSame ? "pair.same" : "pair.different", "records/\(category.key)/\(left.id)", by: caller, at: now,
                in: db)
        }
    }
}
