import Geo
import Identity
import Kernel
import Places
import Storage
import Web

extension TownMapRoom {
    private struct RevisionView: Codable, Sendable {
        var id: ID<AreaRevision>
        var at: String
        var by: String
        var kind: String
        var note: String
        var moved: Int
        var undoes: ID<AreaRevision>?
        var undoneBy: ID<AreaRevision>?

        init(_ revision: AreaRevision) {
            (id, at, by) = (revision.id, revision.at.rfc3339, revision.actorName)
            (kind, note, moved) = (revision.kind, revision.note, revision.moved)
            (undoes, undoneBy) = (revision.undoes, revision.undoneBy)
        }

        static let shape = Shape.object(
            [
                "id": .id, "at": .time, "by": .text, "kind": .text, "note": .text, "moved": .integer, "undoes": .id,
                "undoneBy": .id,
            ], required: ["id", "at", "by", "kind", "note", "moved"])
    }

    /// A refusal that says where.
    private struct Refusal: Encodable {
        var type: String
        var title: String
        var status = 409
        var code: String
        var place: [Double]?
        var ring: [[Double]]?
        var areas: [String]
        var base: ID<AreaRevision>?
    }

    private struct AreaDetail: Encodable {
        var id: AreaID
        var kind: AreaKind
        var name: String
        var fullName: String
        var code: String
        var parent: AreaID?
        var validFrom: String
        var validUntil: String?
        var squareMetres: Double
        var bounds: [Double]
        var predecessors: [AreaID]
        var successors: [AreaID]
    }

    func editRoutes(_ routes: inout Routes) {
        areaDetailRoutes(&routes)
        routes.get(
            "/api/v1/areas/revisions", .needs(.areaWrite), "The history of the borders, newest first",
            shapes: Shapes(
                query: [("before", "the last id seen"), ("limit", "1…500")], gives: .page(of: RevisionView.shape))
        ) { call in
            let limit = call.limit
            let before = call.query("before").flatMap(ID<AreaRevision>.init)
            let found = try await database.read { db in
                try AreaEditor.revisions(before: before, limit: limit + 1, in: db)
            }
            let shown = found.prefix(limit)
            return try .list(
                shown.map(RevisionView.init),
                next: found.count > limit
                    ? shown.last.map { "/api/v1/areas/revisions?limit=\(limit)&before=\($0.id)" } : nil)
        }
        routes.post(
            "/api/v1/areas/edits", .needs(.areaWrite),
            "Change the borders; refused with the place where land would be lost or doubled", bodyLimit: 1_000_000,
            shapes: Shapes(
                takes: .object(["base": .id, "edits": .list(.anything)], required: ["edits"]), gives: RevisionView.shape
            )
        ) { call in
            let wanted: EditRequest = try call.json()
            let steps = try wanted.steps()
            return try await change(call, "areas.edit") { editor, caller, now, db in
                try editor.apply(steps, base: wanted.base, by: caller.id, name: caller.name, at: now, in: db)
            }
        }
        routes.post(
            "/api/v1/areas/undo", .needs(.areaWrite), "Take the newest change of the borders back",
            shapes: Shapes(gives: RevisionView.shape)
        ) { call in
            try await change(call, "areas.undo") { editor, caller, now, db in
                try editor.undo(by: caller.id, name: caller.name, at: now, in: db)
            }
        }
    }

    /// Makes a change with its audit line, or says why not, and where.
    func change(
        _ call: Call, _ action: String,
        _ body: @escaping @Sendable (AreaEditor, Caller, Instant, any Writing) throws -> AreaRevision
    ) async throws -> Answer {
        let caller = try call.signedIn()
        let (editor, audit) = (editor, audit)
        do {
            let view = try await call.once { db in
                let now = Instant.now
                let revision = try body(editor, caller, now, db)
                try audit.record(
                    AuditEntry(
                        at: now, actor: caller.id, actorName: caller.name, action: action,
                        subject: "areas/revisions/\(revision.id)", purpose: ""), in: db)
                return RevisionView(revision)
            }
            return try .json(view)
        } catch let error as AreaEditError {
            return try refusal(error, call)
        }
    }

    /// Says why not, and where.
    func refusal(_ error: AreaEditError, _ call: Call) throws -> Answer {
        func answer(_ code: String, fault: CoverageFault? = nil, base: ID<AreaRevision>? = nil, detail: String = "")
            throws -> Answer
        {
            let map = areas.map
            let names = (fault?.faces ?? []).prefix(6).map { map.name(of: AreaID(rawValue: $0)) }.filter { !$0.isEmpty }
            return try .json(
                Refusal(
                    type: "urn:zhili:problem:townmap.\(code)", title: call.word("problem.townmap.\(code)") + detail,
                    code: "townmap.\(code)", place: fault.map { [$0.place.lon, $0.place.lat] },
                    ring: fault.flatMap { $0.ring.isEmpty ? nil : $0.ring.map { [$0.lon, $0.lat] } },
                    areas: Array(names),
                    base: base), status: 409)
        }
        switch error {
        case .fault(let fault): return try answer(fault.kind.rawValue, fault: fault)
        case .stale(let base): return try answer("stale", base: base)
        case .unknownArea: return try answer("unknownArea")
        case .notSiblings: return try answer("notSiblings")
        case .nothingNew: return try answer("nothingNew")
        case .badRow(let number, let what):
            let words = call.word(ifKnown: "townmap.row.\(what)") ?? call.word("townmap.kind.\(what)")
            return try answer("badRow", detail: number > 0 ? " (#\(number)): \(words)" : ": \(words)")
        case .nothingToUndo: return try answer("nothingToUndo")
        case .badName: throw Problem.invalid(["name": "invalid"])
        }
    }

    private func areaDetailRoutes(_ routes: inout Routes) {
        let shape = Shapes(
            gives: .object(
                [
                    "id": .id, "kind": .text, "name": .text, "fullName": .text, "code": .text, "parent": .id,
                    "validFrom": .time, "validUntil": .time, "squareMetres": .number, "bounds": .list(.number),
                    "predecessors": .list(.id), "successors": .list(.id),
                ], required: ["id", "kind", "name", "fullName", "code", "squareMetres", "bounds"]))
        routes.get("/api/v1/areas/{id}", .needs(.areaRead), "One area", shapes: shape) { call in
            try await detail(try call.id(as: AreaID.self))
        }
        routes.get("/api/v1/map/town", .needs(.mapUse), "The whole town", shapes: shape) { call in
            guard let town = areas.map.inForce.first(where: { $0.kind == .town }) else { throw Problem.notFound }
            return try await detail(town.id)
        }
    }

    private func detail(_ id: AreaID) async throws -> Answer {
        let map = areas.map
        guard let area = map.byID[id] else { throw Problem.notFound }
        let lineage = try await database.read { db in try AreaEditor.lineage(of: id, in: db) }
        let box = Box(area.geometry.positions) ?? Box(Position(lon: 0, lat: 0))
        return try .json(
            AreaDetail(
                id: id, kind: area.kind, name: area.name, fullName: map.name(of: id), code: area.code,
                parent: area.parent, validFrom: area.validFrom.rfc3339, validUntil: area.validUntil?.rfc3339,
                squareMetres: area.geometry.areas.reduce(0) { $0 + Measure.squareMetres($1) }.rounded(),
                bounds: [box.west, box.south, box.east, box.north], predecessors: lineage.from,
                successors: lineage.to))
    }
}
