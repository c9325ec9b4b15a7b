import Kernel
import Pictures
import Storage
import Web

/// What the page of a site does beside its form: maintenance, inspections and the plan.
struct SiteActions {
    let desk: any Desk

    func add(to routes: inout Routes) {
        routes.post("/sites/{id}/maintenance", .needs(.siteMaintain), "Start or end maintenance, from the page") {
            call in try await maintain(call)
        }
        routes.post("/sites/{id}/inspections/{inspection}", .needs(.inspectionWrite), "Record an inspection") { call in
            try await record(call)
        }
        routes.get("/sites/{id}/plan", .needs(.siteRead), "A site's floor plan as JPEG") { call in
            let scope = Scope(try call.signedIn())
            let id: SiteID = try call.id()
            let bytes = try await call.database.read { db in
                _ = try find(id, scope, in: db)
                return try PlanStore.read(id, in: db)
            }
            guard let bytes else { throw Problem.notFound }
            return .bytes(bytes, type: "image/jpeg").with("Cache-Control", "private, max-age=86400")
        }
        routes.put(
            "/api/v1/sites/{id}/plan", .needs(.siteWrite), "Replaces the floor plan: JPEG, PNG or WebP as the body",
            bodyLimit: Pictures.Limits().bytes
        ) { call in try await plan(call) }
        routes.put(
            "/api/v1/detectors/{id}/plan", .needs(.siteWrite), "Places a detector on its site's plan, in thousandths",
            shapes: Shapes(takes: .object(["x": .integer, "y": .integer], required: ["x", "y"]))
        ) { call in try await place(call) }
    }

    private func maintain(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let id: SiteID = try call.id()
        let now = Instant.now
        var check = FieldCheck()
        let hours = Int64(call.form["hours"] ?? "") ?? -1
        check.expect((0...168).contains(hours), "hours", "out-of-range")
        let note = check.text(call.form["note"], "note", (hours == 0 ? 0 : 2)...200)
        try check.finish()
        let until = hours == 0 ? nil : now + hours * 3_600_000
        try await call.database.write { [desk] db in
            _ = try find(id, Scope(caller), in: db)
            try SiteStore.setMaintenance(id, until: until, note: note, in: db)
            try desk.audit(
                until == nil ? "site.maintenance-end" : "site.maintenance", subject: "sites/\(id)", by: caller.person,
                purpose: note, at: now, in: db)
        }
        return .redirect(to: "/sites/\(id)?done=saved")
    }

    private func record(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let id: SiteID = try call.id()
        let inspectionID: ID<Inspection> = try call.id("inspection")
        let passed = call.form["passed"] == "1"
        var check = FieldCheck()
        let note = check.text(call.form["note"], "note", (passed ? 0 : 2)...1_000)
        try check.finish()
        let now = Instant.now
        try await call.database.write { [desk] db in
            _ = try find(id, Scope(caller), in: db)
            guard let inspection = try InspectionStore.find(inspectionID, in: db), inspection.site == id else {
                throw Problem.notFound
            }
            try InspectionStore.record(inspection, passed: passed, note: note, by: caller.name, at: now, in: db)
            try Troubles(desk: desk).endInspection(of: id, at: now, in: db)
            try desk.audit(
                "inspection.record", subject: "inspections/\(inspectionID)", by: caller.person, purpose: nil, at: now,
                in: db)
        }
        return .redirect(to: "/sites/\(id)?done=saved")
    }

    private struct Stored: Encodable { var url: String }

    private func plan(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let id: SiteID = try call.id()
        let picture: Pictures.Picture
        do {
            picture = try await Pictures.reencode(call.body)
        } catch Pictures.Refusal.tooLarge {
            throw Problem(413, "picture.too-large")
        } catch {
            throw Problem(422, "picture.not-a-picture")
        }
        let now = Instant.now
        try await call.database.write { [desk] db in
            _ = try find(id, Scope(caller), in: db)
            try PlanStore.save(id, jpeg: picture.bytes, at: now, in: db)
            try desk.audit("site.plan", subject: "sites/\(id)", by: caller.person, purpose: nil, at: now, in: db)
        }
        return try .json(Stored(url: "/sites/\(id)/plan?v=\(now.ms)"))
    }

    private func place(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let id: DetectorID = try call.id()
        let body: PlanPosition = try call.json()
        guard let position = PlanPosition(x: body.x, y: body.y) else { throw Problem.invalid(["x": "out-of-range"]) }
        try await call.database.write { [desk] db in
            guard var detector = try DeviceStore.detector(id, in: db) else { throw Problem.notFound }
            _ = try find(detector.site, Scope(caller), in: db)
            detector.plan = position
            try DeviceStore.save(detector, in: db)
            try desk.audit(
                "detector.change", subject: "detectors/\(id)", by: caller.person, purpose: nil, at: .now, in: db)
        }
        return .nothing
    }

    private func find(_ id: SiteID, _ scope: Scope, in db: any Reading) throws -> Site {
        guard let site = try SiteStore.find(id, in: db), scope.sees(site) else { throw Problem.notFound }
        return site
    }
}
