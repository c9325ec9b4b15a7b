import Kernel
import Storage
import Web

/// `/mine`: what an owner sees of the own sites, on a phone: does it burn, are the detectors well, what falls due.
struct OwnerPage {
    let desk: any Desk
    let presence: Presence
    let lessons: @Sendable (SiteID, any Reading) throws -> [SiteLesson]

    /// One site with what its owner must know.
    private struct Content: Sendable {
        var site: Site
        var detectors: [Detector]
        var alarms: [Alarm]
        var troubles: [Trouble]
        var inspections: [Inspection]
        var health: SiteHealth
        var lessons: [SiteLesson]
    }

    func add(to routes: inout Routes) {
        routes.get("/mine", .needs(.alarmAnswer), "The own sites: alarms to answer, health of the detectors") { call in
            let owner = try call.signedIn().id
            let contents = try await call.database.read { db in
                let sites = try SiteStore.list(SiteFilter(areas: nil, owner: owner), limit: 50, in: db)
                let health = try SiteHealth.of(sites.map(\.id), in: db)
                return try sites.map { site in
                    Content(
                        site: site,
                        detectors: try DeviceStore.detectors(DetectorFilter(site: site.id), limit: 200, in: db),
                        alarms: try AlarmStore.list(AlarmFilter(site: site.id, openOnly: true), limit: 20, in: db),
                        troubles: try TroubleStore.openAt(site.id, in: db),
                        inspections: try InspectionStore.list(
                            InspectionFilter(site: site.id, owedOnly: true), limit: 10, in: db),
                        health: health[site.id] ?? SiteHealth(), lessons: try lessons(site.id, db))
                }
            }
            return try call.page(
                "owner", title: call.word("fire.mine.title"), ["sites": contents.map { site($0, call) }])
        }
        routes.post("/sites/{id}/answer", .needs(.alarmAnswer), "Say whether it burns at the own site, from the page") {
            call in
            let form = call.form
            guard let burns = ["1": true, "0": false][form["burns"] ?? ""] else {
                throw Problem.invalid(["burns": "required"])
            }
            let caller = try call.signedIn()
            let id: SiteID = try call.id()
            _ = try await call.database.write { db in
                guard try SiteStore.find(id, in: db)?.owner == caller.id else { throw Problem.notFound }
                let open = try AlarmStore.list(AlarmFilter(site: id, openOnly: true), limit: Self.alarmLimit, in: db)
                guard !open.isEmpty else { throw Problem.conflict("alarm.over") }
                return try answer(open.map(\.id), burns: burns, note: form["note"] ?? "", caller, in: db)
            }
            return .redirect(to: "/mine?done=fire.answered")
        }
        routes.post(
            "/api/v1/alarms/{id}/answer", .needs(.alarmAnswer), "Says whether it burns at the own site",
            shapes: Shapes(takes: .object(["burns": .flag, "note": .text], required: ["burns"]))
        ) { call in
            let body: Said = try call.json()
            let caller = try call.signedIn()
            let id: AlarmID = try call.id()
            return try .json(
                try await call.once { db in
                    try answer([id], burns: body.burns, note: body.note ?? "", caller, in: db).map { AlarmView($0) }
                }.first)
        }
    }

    private struct Said: Codable, Sendable {
        var burns: Bool
        var note: String?
    }

    /// Alarms of a site that one answer speaks of.
    private static let alarmLimit = 50

    /// Whoever else the caller is, the word counts only for the own site.
    private func answer(
        _ ids: [AlarmID], burns: Bool, note: String, _ caller: Caller, in db: any Writing
    ) throws -> [Alarm] {
        for id in ids {
            guard let alarm = try AlarmStore.find(id, in: db), let site = alarm.site,
                try SiteStore.find(site, in: db)?.owner == caller.id
            else { throw Problem.notFound }
        }
        let trimmed = note.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return try AlarmDesk(desk: desk).answer(ids, burns: burns, note: trimmed, by: caller.person, at: .now, in: db)
    }

    private func site(_ content: Content, _ call: Call) -> [String: Any] {
        let (site, now) = (content.site, Instant.now)
        let state = content.health.state(isInMaintenance: site.isInMaintenance(at: now))
        return [
            "id": site.id.description, "name": site.name, "address": site.address,
            "state": call.word("fire.site.state.\(state.rawValue)"), "tint": PageWords.tint(state),
            "burning": content.alarms.isEmpty ? [] : [burning(content.alarms, call)],
            "detectors": content.detectors.map { detector -> [String: Any] in
                [
                    "place": detector.place, "kind": call.word("fire.kind.\(detector.kind.rawValue)"),
                    "badges": PageWords.badges(detector, presence, call),
                    "battery": detector.battery.map { "\($0) %" } ?? "—",
                    "heard": presence.heard(detector).map { PageWords.short($0) } ?? "—",
                ]
            },
            "troubles": content.troubles.map {
                ["kind": call.word("fire.trouble.\($0.kind.rawValue)"), "since": PageWords.short($0.since)]
            },
            "lessons": content.lessons.isEmpty
                ? []
                : [
                    [
                        "items": content.lessons.map {
                            ["title": $0.title, "summary": $0.summary, "href": $0.href]
                        }
                    ]
                ],
            "inspections": content.inspections.map { inspection -> [String: Any] in
                [
                    "kind": call.word("fire.inspection.\(inspection.kind.rawValue)"),
                    "due": PageWords.short(inspection.dueAt), "late": inspection.dueAt < now,
                ]
            },
        ]
    }

    private func burning(_ alarms: [Alarm], _ call: Call) -> [String: Any] {
        var context: [String: Any] = [
            "alarms": alarms.map { alarm in
                [
                    "place": alarm.place, "kind": call.word("fire.kind.\(alarm.kind.rawValue)"),
                    "at": alarm.raisedAt.rfc3339, "atText": PageWords.short(alarm.raisedAt),
                    "state": call.word(
                        alarm.verdict.map { "fire.verdict.\($0.rawValue)" } ?? "fire.state.\(alarm.state.rawValue)"),
                    "tint": PageWords.tint(alarm.state),
                ]
            }
        ]
        let said = alarms.compactMap { alarm in alarm.reasons.last { $0.rule.hasPrefix("owner-") } }.first
        if let said { context["said"] = said.text { call.word($0) } }
        return context
    }
}
