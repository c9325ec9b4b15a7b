import Kernel
import Storage
import Web

/// `/api/v1/sites`, their contacts, maintenance and inspections.
struct SiteRoutes {
    let desk: any Desk

    func add(to routes: inout Routes) {
        routes.get(
            "/api/v1/sites", .needs(.siteRead), "Lists sites",
            shapes: Shapes(query: FireShapes.siteQuery, gives: .page(of: FireShapes.site))
        ) { call in try await list(call) }
        routes.get(
            "/api/v1/sites/{id}", .needs(.siteRead), "Shows a site, phones masked",
            shapes: Shapes(gives: FireShapes.site)
        ) { call in
            let scope = Scope(try call.signedIn())
            let id: SiteID = try call.id()
            let view = try await call.database.read { db in
                SiteView(try find(id, scope, in: db), keyHolders: try SiteStore.keyHolders(of: id, in: db))
            }
            return try .json(view)
        }
        routes.post(
            "/api/v1/sites", .needs(.siteWrite), "Registers a site",
            shapes: Shapes(takes: FireShapes.newSite, gives: FireShapes.site)
        ) { call in
            try await save(call, id: .next(), isNew: true)
        }
        routes.put(
            "/api/v1/sites/{id}", .needs(.siteWrite), "Changes a site",
            shapes: Shapes(takes: FireShapes.newSite, gives: FireShapes.site)
        ) { call in
            try await save(call, id: try call.id(), isNew: false)
        }
        routes.post(
            "/api/v1/sites/{id}/contacts", .needs(.siteUnmask), "Shows phones in full, for a purpose that is recorded",
            shapes: Shapes(takes: .object(["purpose": .text], required: ["purpose"]), gives: FireShapes.site)
        ) { call in try await contacts(call) }
        routes.post(
            "/api/v1/sites/{id}/maintenance", .needs(.siteMaintain),
            "Starts maintenance until a moment at most seven days away, or ends it without one",
            shapes: Shapes(takes: .object(["until": .time, "note": .text]), gives: FireShapes.site)
        ) { call in
            try await maintain(call)
        }
        routes.post(
            "/api/v1/inspections/{id}/record", .needs(.inspectionWrite), "Records an inspection",
            shapes: Shapes(
                takes: .object(["passed": .flag, "note": .text], required: ["passed"]), gives: InspectionView.shape)
        ) { call in
            try await record(call)
        }
    }

    private struct Body: Codable, Sendable {
        struct Holder: Codable, Sendable {
            var name: String
            var phone: String
        }
        var name: String
        var address: String
        var point: GeoPoint?
        var ownerName: String?
        var ownerPhone: String?
        var ownerId: StaffID?
        var keyHolders: [Holder]?
    }

    private func list(_ call: Call) async throws -> Answer {
        let scope = Scope(try call.signedIn())
        var filter = SiteFilter(areas: scope.areas, owner: scope.owner)
        var check = FieldCheck()
        if let text = call.query("bbox") {
            filter.box = GeoBox(text)
            check.expect(filter.box != nil, "bbox", "invalid")
        }
        if let text = call.query("q") {
            check.expect(text.count <= 50, "q", "too-long")
            filter.text = text
        }
        if let text = call.query("state") {
            filter.state = SiteHealth.State(rawValue: text)
            check.expect(filter.state != nil, "state", "unknown")
        }
        if let text = call.query("after") {
            filter.after = SiteID(text)
            check.expect(filter.after != nil, "after", "invalid")
        }
        try check.finish()
        let limit = call.limit
        let wanted = filter
        let (sites, health) = try await call.database.read { db in
            let sites = try SiteStore.list(wanted, limit: limit + 1, in: db)
            return (sites, try SiteHealth.of(sites.map(\.id), in: db))
        }
        return try .list(
            sites.prefix(limit).map { SiteView($0, health: health[$0.id] ?? SiteHealth()) },
            next: NextPage.link(call, sites.count > limit ? sites[limit - 1].id.description : nil))
    }

    private func save(_ call: Call, id: SiteID, isNew: Bool) async throws -> Answer {
        let caller = try call.signedIn()
        let scope = Scope(caller)
        let body: Body = try call.json()
        var check = FieldCheck()
        let draft = Site(
            id: id, name: check.text(body.name, "name", 1...100),
            address: check.text(body.address, "address", 1...200), point: body.point,
            ownerName: check.text(body.ownerName ?? "", "ownerName", 0...50),
            ownerPhone: check.text(body.ownerPhone ?? "", "ownerPhone", 0...20), owner: body.ownerId)
        check.expect(Phone.isPlausible(draft.ownerPhone), "ownerPhone", "invalid")
        let holders = body.keyHolders ?? []
        check.expect(holders.count <= 20, "keyHolders", "too-many")
        for (index, holder) in holders.enumerated() {
            check.expect((1...50).contains(holder.name.count), "keyHolders.\(index).name", "required")
            check.expect(
                !holder.phone.isEmpty && Phone.isPlausible(holder.phone), "keyHolders.\(index).phone", "invalid")
        }
        try check.finish()
        let now = Instant.now
        let view = try await call.once { db in
            var site = draft
            if !isNew {
                let known = try find(id, scope, in: db)
                site.maintenanceUntil = known.maintenanceUntil
                site.maintenanceNote = known.maintenanceNote
                site.plan = known.plan
            }
            site.area = try site.point.flatMap { try desk.area(at: $0, in: db) }
            let keyHolders = holders.enumerated().map { index, holder in
                KeyHolder(id: .next(), name: holder.name, phone: holder.phone, rank: index + 1)
            }
            try SiteStore.save(site, keyHolders: keyHolders, at: now, in: db)
            if isNew { try InspectionStore.start(id, at: now, in: db) }
            try desk.audit(
                isNew ? "site.create" : "site.change", subject: "sites/\(id)", by: caller.person, purpose: nil, at: now,
                in: db)
            return SiteView(site, keyHolders: keyHolders)
        }
        return try .json(view, status: isNew ? 201 : 200)
    }

    private struct Purpose: Codable, Sendable { var purpose: String }

    private func contacts(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let scope = Scope(caller)
        let id: SiteID = try call.id()
        var check = FieldCheck()
        let purpose = check.text(try call.json(Purpose.self).purpose, "purpose", 2...200)
        try check.finish()
        let now = Instant.now
        // Recorded in the same transaction: nothing is shown that is not on the record.
        let view = try await call.database.write { db in
            let site = try find(id, scope, in: db)
            try desk.audit(
                "site.unmask", subject: "sites/\(id)", by: caller.person, purpose: purpose, at: now, in: db)
            return SiteView(site, keyHolders: try SiteStore.keyHolders(of: id, in: db), unmasked: true)
        }
        return try .json(view).with("Cache-Control", "no-store")
    }

    private struct Maintenance: Codable, Sendable {
        var until: String?
        var note: String?
    }

    private func maintain(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let scope = Scope(caller)
        let id: SiteID = try call.id()
        let body: Maintenance = try call.json()
        let now = Instant.now
        var until: Instant?
        var check = FieldCheck()
        var note = ""
        if let text = body.until {
            until = Instant(text)
            check.expect(until != nil, "until", "invalid")
            // Without an end near enough to remember, works would silence a site for good.
            if let until { check.expect(until > now && until - now <= 7 * CivilTime.dayMs, "until", "out-of-range") }
            note = check.text(body.note, "note", 2...200)
        }
        try check.finish()
        let (end, words) = (until, note)
        let view = try await call.once { db in
            var site = try find(id, scope, in: db)
            try SiteStore.setMaintenance(id, until: end, note: words, in: db)
            site.maintenanceUntil = end
            site.maintenanceNote = words
            try desk.audit(
                end == nil ? "site.maintenance-end" : "site.maintenance", subject: "sites/\(id)", by: caller.person,
                purpose: words, at: now, in: db)
            return SiteView(site)
        }
        return try .json(view)
    }

    private struct Outcome: Codable, Sendable {
        var passed: Bool
        var note: String?
    }

    private func record(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let scope = Scope(caller)
        let id: ID<Inspection> = try call.id()
        let body: Outcome = try call.json()
        var check = FieldCheck()
        // What did not pass needs words that somebody can work with.
        let note = check.text(body.note, "note", (body.passed ? 0 : 2)...1_000)
        try check.finish()
        let now = Instant.now
        let view = try await call.once { db in
            guard let inspection = try InspectionStore.find(id, in: db) else { throw Problem.notFound }
            _ = try find(inspection.site, scope, in: db)
            try InspectionStore.record(inspection, passed: body.passed, note: note, by: caller.name, at: now, in: db)
            try Troubles(desk: desk).endInspection(of: inspection.site, at: now, in: db)
            try desk.audit(
                "inspection.record", subject: "inspections/\(id)", by: caller.person, purpose: nil, at: now, in: db)
            guard let done = try InspectionStore.find(id, in: db) else { throw Problem.notFound }
            return InspectionView(done)
        }
        return try .json(view)
    }

    private func find(_ id: SiteID, _ scope: Scope, in db: any Reading) throws -> Site {
        guard let site = try SiteStore.find(id, in: db), scope.sees(site) else { throw Problem.notFound }
        return site
    }
}

/// What may be a phone number: digits, with a country's `+` and hyphens between.
enum Phone {
    static func isPlausible(_ phone: String) -> Bool {
        if phone.isEmpty { return true }
        let digits = phone.utf8.filter { (48...57).contains($0) }.count
        return (5...15).contains(digits) && phone.utf8.allSatisfy { (48...57).contains($0) || $0 == 43 || $0 == 45 }
    }
}
