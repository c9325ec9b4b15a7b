import Kernel
import Storage
import Web

/// `/sites/{id}`: a site with its plan, detectors, alarms and inspections.
struct SitePage {
    let presence: Presence
    let areaName: @Sendable (AreaID) -> String

    /// Everything of a site that the page shows, as of one moment.
    private struct Content: Sendable {
        var site: Site
        var holders: [KeyHolder]
        var detectors: [Detector]
        var gateways: [Gateway]
        var alarms: [Alarm]
        var troubles: [Trouble]
        var inspections: [Inspection]
        var health: SiteHealth
    }

    func add(to routes: inout Routes) {
        routes.get("/sites/{id}", .needs(.siteRead), "A site with plan, detectors, alarms and inspections") { call in
            let scope = Scope(try call.signedIn())
            let id: SiteID = try call.id()
            let content = try await call.database.read { db in
                guard let site = try SiteStore.find(id, in: db), scope.sees(site) else { throw Problem.notFound }
                return Content(
                    site: site, holders: try SiteStore.keyHolders(of: id, in: db),
                    detectors: try DeviceStore.detectors(DetectorFilter(site: id), limit: 500, in: db),
                    gateways: try DeviceStore.gateways(site: id, after: nil, limit: 50, in: db),
                    alarms: try AlarmStore.list(AlarmFilter(site: id), limit: 50, in: db),
                    troubles: try TroubleStore.openAt(id, in: db),
                    inspections: try InspectionStore.list(InspectionFilter(site: id), limit: 30, in: db),
                    health: try SiteHealth.of([id], in: db)[id] ?? SiteHealth())
            }
            return try page(content, call)
        }
    }

    private func page(_ content: Content, _ call: Call) throws -> Answer {
        let (site, now, caller) = (content.site, Instant.now, try call.signedIn())
        let state = content.health.state(isInMaintenance: site.isInMaintenance(at: now))
        var context: [String: Any] = [
            "id": site.id.description, "name": site.name, "state": call.word("fire.site.state.\(state.rawValue)"),
            "tint": PageWords.tint(state), "facts": facts(content, call), "hasPlan": !site.plan.isEmpty,
            "plan": "/sites/\(site.id)/plan?v=\(site.plan)",
            "detectors": content.detectors.map { row($0, content, call) },
            "holders": content.holders.map { ["name": Mask.name($0.name), "phone": Mask.phone($0.phone)] },
            "gateways": content.gateways.map { gateway -> [String: Any] in
                [
                    "id": gateway.id.description, "name": gateway.name, "address": gateway.address,
                    "kind": call.word("fire.gateway.\(gateway.kind.rawValue)"),
                    "canAsk": caller.may(.rollCall) && gateway.kind == .gb26875,
                ]
            },
            "alarms": content.alarms.map { alarm -> [String: Any] in
                [
                    "place": alarm.place, "kind": call.word("fire.kind.\(alarm.kind.rawValue)"),
                    "at": alarm.raisedAt.rfc3339, "atText": PageWords.short(alarm.raisedAt),
                    "state": call.word(
                        alarm.verdict.map { "fire.verdict.\($0.rawValue)" } ?? "fire.state.\(alarm.state.rawValue)"),
                    "tint": PageWords.tint(alarm.state), "caseId": alarm.caseID?.description ?? "",
                    "hasCase": alarm.caseID != nil && caller.roles != [.owner],
                    "reasons": PageWords.reasons(alarm, call),
                ]
            },
            "troubles": content.troubles.map { trouble in
                [
                    "kind": call.word("fire.trouble.\(trouble.kind.rawValue)"),
                    "since": PageWords.short(trouble.since), "at": trouble.since.rfc3339,
                ]
            },
            "inspections": content.inspections.map { inspection($0, now: now, call, caller) },
            "canWrite": caller.may(.siteWrite), "canMaintain": caller.may(.siteMaintain),
            "canUnmask": caller.may(.siteUnmask), "inMaintenance": site.isInMaintenance(at: now),
        ]
        if let until = site.maintenanceUntil, until > now {
            context["maintenance"] = [
                "text": call.word(
                    "fire.site.maintenanceUntil", ["time": PageWords.short(until), "note": site.maintenanceNote])
            ]
        }
        return try call.page("site", title: site.name, context)
    }

    private func facts(_ content: Content, _ call: Call) -> [[String: String]] {
        let site = content.site
        let place = site.point.map { "\(rounded($0.lat)), \(rounded($0.lon))" } ?? ""
        return [
            ("address", site.address), ("area", site.area.map(areaName) ?? ""), ("point", place),
            ("owner", Mask.name(site.ownerName)), ("phone", Mask.phone(site.ownerPhone)),
            ("detectors", String(content.health.detectors)),
        ].filter { !$0.1.isEmpty }.map { ["label": call.word("fire.column.\($0.0)"), "value": $0.1] }
    }

    private func rounded(_ degrees: Double) -> String {
        "\(Double((degrees * 100_000).rounded()) / 100_000)"
    }

    private func row(_ detector: Detector, _ content: Content, _ call: Call) -> [String: Any] {
        let badges = PageWords.badges(detector, presence, call)
        var row: [String: Any] = [
            "id": detector.id.description, "place": detector.place, "address": detector.address,
            "kind": call.word("fire.kind.\(detector.kind.rawValue)"), "badges": badges,
            "battery": detector.battery.map { "\($0) %" } ?? "—",
            "heard": presence.heard(detector).map { PageWords.short($0) } ?? "—",
            "onPlan": detector.plan != nil, "siteId": content.site.id.description,
            "editable": call.caller?.may(.siteWrite) == true,
        ]
        if let plan = detector.plan {
            row["mark"] = [
                "x": "\(Double(plan.x) / 10)", "y": "\(Double(plan.y) / 10)",
                "tint": badges.first?["tint"] ?? "",
            ]
        }
        return row
    }

    private func inspection(
        _ inspection: Inspection, now: Instant, _ call: Call, _ caller: Caller
    ) -> [String: Any] {
        let isOwed = inspection.doneAt == nil
        let isLate = isOwed && inspection.dueAt < now
        let (state, tint) =
            isOwed
            ? (isLate ? "late" : "owed", isLate ? "bad" : "")
            : (inspection.passed ? ("passed", "ok") : ("failed", "warn"))
        var row: [String: Any] = [
            "id": inspection.id.description, "kind": call.word("fire.inspection.\(inspection.kind.rawValue)"),
            "due": PageWords.short(inspection.dueAt),
            "by": inspection.doneBy, "note": inspection.note, "state": call.word("fire.inspection.state.\(state)"),
            "action": "/sites/\(inspection.site)/inspections/\(inspection.id)", "tint": tint,
            "canRecord": isOwed && caller.may(.inspectionWrite),
        ]
        if let done = inspection.doneAt { row["done"] = PageWords.short(done) }
        return row
    }
}
