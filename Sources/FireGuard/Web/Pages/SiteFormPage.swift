import Kernel
import Storage
import Web

/// `/sites/new` and `/sites/{id}/edit`: a site's facts and key-holders.
struct SiteFormPage {
    let desk: any Desk

    func add(to routes: inout Routes) {
        routes.get("/sites/new", .needs(.siteWrite), "The form for a new site") { call in
            try page(call, nil, values: [:], errors: [:])
        }
        routes.get("/sites/{id}/edit", .needs(.siteWrite), "A site's form") { call in
            let caller = try call.signedIn()
            let id: SiteID = try call.id()
            // The form shows names and phones in full: that is on the record.
            let (site, holders) = try await call.database.write { [desk] db in
                let site = try Self.find(id, Scope(caller), in: db)
                try desk.audit(
                    "site.unmask", subject: "sites/\(id)", by: caller.person, purpose: "site.change", at: .now, in: db)
                return (site, try SiteStore.keyHolders(of: id, in: db))
            }
            return try page(call, id, values: Self.values(site, holders), errors: [:])
                .with("Cache-Control", "no-store")
        }
        routes.post("/sites/new", .needs(.siteWrite), "Register a site") { call in try await save(call, nil) }
        routes.post("/sites/{id}/edit", .needs(.siteWrite), "Change a site") { call in
            try await save(call, try call.id())
        }
    }

    private static func find(_ id: SiteID, _ scope: Scope, in db: any Reading) throws -> Site {
        guard let site = try SiteStore.find(id, in: db), scope.sees(site) else { throw Problem.notFound }
        return site
    }

    private static func values(_ site: Site, _ holders: [KeyHolder]) -> [String: String] {
        [
            "name": site.name, "address": site.address, "ownerName": site.ownerName, "ownerPhone": site.ownerPhone,
            "lat": site.point.map { "\($0.lat)" } ?? "", "lon": site.point.map { "\($0.lon)" } ?? "",
            "holders": holders.map { "\($0.name) \($0.phone)" }.joined(separator: "\n"),
        ]
    }

    private func page(
        _ call: Call, _ id: SiteID?, values: [String: String], errors: [String: String]
    ) throws -> Answer {
        let title = id == nil ? call.word("fire.sites.new") : values["name"] ?? ""
        return try call.page(
            "site-edit", title: title.isEmpty ? call.word("fire.sites.new") : title,
            [
                "action": id.map { "/sites/\($0)/edit" } ?? "/sites/new", "values": values,
                "errors": errors.mapValues { call.word("problem.field.\($0)") },
                "back": id.map { "/sites/\($0)" } ?? "/sites",
            ], status: errors.isEmpty ? 200 : 422)
    }

    private func save(_ call: Call, _ known: SiteID?) async throws -> Answer {
        let caller = try call.signedIn()
        let form = call.form
        let id = known ?? .next()
        var check = FieldCheck()
        var site = Site(
            id: id, name: check.text(form["name"], "name", 1...100),
            address: check.text(form["address"], "address", 1...200),
            ownerName: check.text(form["ownerName"], "ownerName", 0...50),
            ownerPhone: check.text(form["ownerPhone"], "ownerPhone", 0...20))
        check.expect(Phone.isPlausible(site.ownerPhone), "ownerPhone", "invalid")
        let (lat, lon) = (check.text(form["lat"], "lat", 0...20), check.text(form["lon"], "lon", 0...20))
        if !lat.isEmpty || !lon.isEmpty {
            site.point = Double(lat).flatMap { lat in Double(lon).flatMap { GeoPoint(lat: lat, lon: $0) } }
            check.expect(site.point != nil, "lat", "invalid")
        }
        let holders = Self.holders(form["holders"] ?? "", &check)
        guard check.errors.isEmpty else { return try page(call, known, values: form.values, errors: check.errors) }
        let draft = site
        try await call.database.write { [desk] db in
            var site = draft
            if known != nil {
                let before = try Self.find(id, Scope(caller), in: db)
                site.owner = before.owner
                site.plan = before.plan
                site.maintenanceUntil = before.maintenanceUntil
                site.maintenanceNote = before.maintenanceNote
            }
            site.area = try site.point.flatMap { try desk.area(at: $0, in: db) }
            try SiteStore.save(site, keyHolders: holders, at: .now, in: db)
            if known == nil { try InspectionStore.start(id, at: .now, in: db) }
            try desk.audit(
                known == nil ? "site.create" : "site.change", subject: "sites/\(id)", by: caller.person, purpose: nil,
                at: .now, in: db)
        }
        return .redirect(to: "/sites/\(id)?done=saved")
    }

    /// One key-holder a line: the name, a space, the phone; called in this order.
    private static func holders(_ text: String, _ check: inout FieldCheck) -> [KeyHolder] {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.split(separator: " ") }.filter { !$0.isEmpty }
        check.expect(lines.count <= 20, "holders", "too-many")
        return lines.prefix(20).enumerated().map { index, parts in
            let phone = String(parts.last ?? "")
            let name = parts.dropLast().joined(separator: " ")
            check.expect(
                (1...50).contains(name.count) && !phone.isEmpty && Phone.isPlausible(phone), "holders", "key-holder")
            return KeyHolder(id: .next(), name: name, phone: phone, rank: index + 1)
        }
    }
}
