import Kernel
import Notify
import Storage

/// Turns faults, low batteries and silence into work for the owner: one low case each, and its end.
struct Troubles {
    let desk: any Desk

    /// Opens a trouble unless it is open; `part` is an address behind a gateway that is registered no further.
    /// - Returns: whether it is new.
    @discardableResult
    func open(
        _ kind: Trouble.Kind, of thing: Thing, part: String = "", text: String, at now: Instant, in db: any Writing
    ) throws -> Bool {
        let about = try About(thing, in: db)
        let trouble = Trouble(
            id: .next(), kind: kind, detector: about.detector?.id, gateway: about.gateway?.id, site: about.site?.id,
            since: now, endedAt: nil, caseID: nil)
        guard try TroubleStore.open(trouble, thing: Self.slot(thing, part), in: db) else { return false }
        try set(kind, true, thing, in: db)
        let values = [
            "where": Self.place(about.site?.name ?? "", about.name), "text": text,
            "trouble": desk.word("fire.trouble.\(kind.rawValue)", [:]),
        ]
        let caseID = try desk.openCase(
            NewFireCase(
                isWork: true, severity: 1, title: desk.word("fire.work.title", values),
                place: [about.site?.address ?? "", about.name].filter { !$0.isEmpty }.joined(separator: " "),
                point: about.site?.point, area: about.site?.area, subject: about.site.map { "sites/\($0.id)" },
                signalKey: "trouble/\(trouble.id)", at: now),
            in: db)
        try TroubleStore.setCase(trouble.id, caseID, in: db)
        if let site = about.site { try tellOwner(of: site, trouble.id, values, caseID, at: now, in: db) }
        try publish(thing, kind, open: true, about, in: db)
        return true
    }

    /// Opens the work of an inspection that was not recorded in time: one for each site, whatever is owed there.
    func openInspection(_ inspection: Inspection, at now: Instant, in db: any Writing) throws {
        guard let site = try SiteStore.find(inspection.site, in: db) else { return }
        let trouble = Trouble(
            id: .next(), kind: .inspectionOverdue, detector: nil, gateway: nil, site: site.id, since: now,
            endedAt: nil, caseID: nil)
        guard try TroubleStore.open(trouble, thing: "sites/\(site.id)", in: db) else { return }
        let values = [
            "where": Self.place(site.name, desk.word("fire.inspection.\(inspection.kind.rawValue)", [:])), "text": "",
            "trouble": desk.word("fire.trouble.inspection-overdue", [:]),
        ]
        let caseID = try desk.openCase(
            NewFireCase(
                isWork: true, severity: 1, title: desk.word("fire.work.title", values), place: site.address,
                point: site.point, area: site.area,
                subject: "sites/\(site.id)", signalKey: "trouble/\(trouble.id)", at: now),
            in: db)
        try TroubleStore.setCase(trouble.id, caseID, in: db)
        try tellOwner(of: site, trouble.id, values, caseID, at: now, in: db)
    }

    func tellOwner(
        of site: Site, _ trouble: ID<Trouble>, _ values: [String: String], _ caseID: CaseID, at now: Instant,
        in db: any Writing
    ) throws {
        guard !site.ownerPhone.isEmpty else { return }
        try desk.tell(
            FireMessage(
                channel: .sms,
                to: Contact(staff: site.owner, name: site.ownerName, phone: site.ownerPhone, role: "owner"),
                text: desk.word("fire.message.work", values), caseID: caseID, subject: "troubles/\(trouble)",
                key: "troubles/\(trouble)/sms", at: now,
                content: MessageContent(kind: "fire.work", values: values)),
            in: db)
    }

    /// Ends the work of a site's late inspections.
    func endInspection(of site: SiteID, at now: Instant, in db: any Writing) throws {
        let ended = try TroubleStore.end(.inspectionOverdue, thing: "sites/\(site)", at: now, in: db)
        guard let caseID = ended?.caseID else { return }
        let values = ["thing": "", "trouble": desk.word("fire.trouble.inspection-overdue", [:])]
        try desk.note(desk.word("fire.note.trouble-ended", values), on: caseID, by: .system("fire"), at: now, in: db)
    }

    /// Ends it and says so on its case.
    @discardableResult
    func end(
        _ kind: Trouble.Kind, of thing: Thing, part: String = "", at now: Instant, in db: any Writing
    ) throws -> Bool {
        guard let ended = try TroubleStore.end(kind, thing: Self.slot(thing, part), at: now, in: db) else {
            return false
        }
        try set(kind, false, thing, in: db)
        let about = try About(thing, in: db)
        if let caseID = ended.caseID {
            let values = ["thing": about.name, "trouble": desk.word("fire.trouble.\(kind.rawValue)", [:])]
            try desk.note(
                desk.word("fire.note.trouble-ended", values), on: caseID, by: .system("fire"), at: now, in: db)
        }
        try publish(thing, kind, open: false, about, in: db)
        return true
    }

    /// Site and thing; a thing that is named after its site says both by itself.
    static func place(_ site: String, _ thing: String) -> String {
        thing.hasPrefix(site) ? thing : thing.isEmpty ? site : "\(site) \(thing)"
    }

    /// What an open trouble is unique by.
    static func slot(_ thing: Thing, _ part: String) -> String {
        part.isEmpty ? thing.subject : "\(thing.subject)/\(part)"
    }

    private func set(_ kind: Trouble.Kind, _ isOpen: Bool, _ thing: Thing, in db: any Writing) throws {
        switch thing {
        case .detector(let id): try DeviceStore.set(kind, isOpen, detector: id, in: db)
        case .gateway(let id): if kind == .offline { try DeviceStore.setOffline(isOpen, gateway: id, in: db) }
        }
    }

    private func publish(
        _ thing: Thing, _ kind: Trouble.Kind, open: Bool, _ about: About, in db: any Writing
    ) throws {
        let site = about.site.map { "\"\($0.id)\"" } ?? "null"
        try db.publish(
            NewEvent(
                type: "detector.changed", subject: thing.subject, permission: "detector.read",
                area: about.site?.area?.rawValue,
                data: "{\"siteId\":\(site),\"trouble\":\"\(kind.rawValue)\",\"open\":\(open)}"))
    }

    private struct About {
        var detector: Detector?
        var gateway: Gateway?
        var site: Site?

        init(_ thing: Thing, in db: any Reading) throws {
            switch thing {
            case .detector(let id): detector = try DeviceStore.detector(id, in: db)
            case .gateway(let id): gateway = try DeviceStore.gateway(id, in: db)
            }
            if let id = detector?.site ?? gateway?.site { site = try SiteStore.find(id, in: db) }
        }

        var name: String {
            if let detector { return detector.place.isEmpty ? detector.address : detector.place }
            return gateway?.name ?? ""
        }
    }
}
