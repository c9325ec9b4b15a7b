import Kernel
import Office
import Storage
import Web

/// `/sites`: the register, and the same as a workbook.
struct SiteListPage {
    let areaName: @Sendable (AreaID) -> String

    func add(to routes: inout Routes) {
        routes.get("/sites", .needs(.siteRead), "The list of sites") { call in try await page(call) }
        routes.get("/sites.xlsx", .needs(.siteRead), "The list of sites as a workbook, phones masked") { call in
            try await export(call)
        }
    }

    private func filter(_ call: Call) throws -> SiteFilter {
        let scope = Scope(try call.signedIn())
        var filter = SiteFilter(areas: scope.areas, owner: scope.owner)
        filter.text = call.query("q").map { String($0.prefix(50)) }
        filter.after = call.query("after").flatMap(SiteID.init)
        filter.state = call.query("state").flatMap(SiteHealth.State.init(rawValue:))
        return filter
    }

    private func page(_ call: Call) async throws -> Answer {
        let (filter, limit, caller) = (try filter(call), call.limit, try call.signedIn())
        let (sites, health) = try await call.database.read { db in
            let sites = try SiteStore.list(filter, limit: limit + 1, in: db)
            return (sites, try SiteHealth.of(sites.map(\.id), in: db))
        }
        let query = call.kept(["q", "state", "limit"])
        let now = Instant.now
        var context: [String: Any] = [
            "items": sites.prefix(limit).map { site -> [String: Any] in
                let own = health[site.id] ?? SiteHealth()
                let state = own.state(isInMaintenance: site.isInMaintenance(at: now))
                return [
                    "id": site.id.description, "name": site.name, "address": site.address,
                    "area": site.area.map(areaName) ?? "", "owner": Mask.name(site.ownerName),
                    "detectors": String(own.detectors), "state": call.word("fire.site.state.\(state.rawValue)"),
                    "tint": PageWords.tint(state),
                ]
            },
            "states": PageWords.choices(
                call, "state", SiteHealth.State.allCases.filter { $0 != .normal }.map(\.rawValue),
                words: "fire.site.state"),
            "values": ["q": call.query("q") ?? ""], "canWrite": caller.may(.siteWrite),
            "export": "/sites.xlsx?" + query,
        ]
        if sites.count > limit { context["next"] = "/sites?\(query)&after=\(sites[limit - 1].id)" }
        return try call.page("site-list", title: call.word("fire.sites.title"), context)
    }

    private func export(_ call: Call) async throws -> Answer {
        var filter = try filter(call)
        let columns = ["name", "address", "area", "owner", "phone", "detectors", "state", "lat", "lon"]
        let book = try Workbook(
            sheet: "Zhili", columns: columns.map { (call.word("fire.column.\($0)"), $0 == "name" ? 40 : 18) })
        let now = Instant.now
        while true {
            let current = filter
            let (sites, health) = try await call.database.read { db in
                let sites = try SiteStore.list(current, limit: 500, in: db)
                return (sites, try SiteHealth.of(sites.map(\.id), in: db))
            }
            for site in sites {
                let own = health[site.id] ?? SiteHealth()
                let state = own.state(isInMaintenance: site.isInMaintenance(at: now))
                book.add([
                    .text(site.name), .text(site.address), .text(site.area.map(areaName) ?? ""),
                    .text(Mask.name(site.ownerName)), .text(Mask.phone(site.ownerPhone)),
                    .number(Double(own.detectors)), .text(call.word("fire.site.state.\(state.rawValue)")),
                    site.point.map { .number($0.lat) } ?? .empty, site.point.map { .number($0.lon) } ?? .empty,
                ])
            }
            guard sites.count == 500, let last = sites.last else { break }
            filter.after = last.id
        }
        return .bytes(try book.bytes(), type: Workbook.type, name: call.word("fire.sites.title") + ".xlsx")
    }
}
