import Kernel
import Notify
import Storage

/// Turns the silence of many detectors into little work, and their return into few lines.
///
/// What falls silent at one site behind one gateway, each within ten minutes of the one before it, is one case, of which
/// the site's owner is told once. Where many sites do behind one gateway, such as a platform's, it is that gateway's
/// failing: one case more for all sites after the first ``mostSites``, and its own owner's work, where it has one.
struct Silences {
    let desk: any Desk

    /// Milliseconds after the last silence within which another one belongs to it.
    static let togetherMs: Int64 = 600_000
    /// Sites behind one gateway with work of their own; those after them share the gateway's.
    static let mostSites: Int64 = 20
    /// The first devices that join are named on the case, then it is told each time their number has doubled.
    private static let named: Int64 = 5

    /// Marks those that are silent.
    /// - Parameters:
    ///   - silent: those that this node has not heard, with the milliseconds that each may be silent.
    ///   - isHeard: whether it has been heard while this waited for its turn.
    /// - Returns: those that are not silent after all, or whose gateway's silence explains theirs.
    func open(
        _ silent: [DetectorID: Int64], at now: Instant, isHeard: (DetectorID) -> Bool, in db: any Writing
    ) throws -> [DetectorID] {
        var left: [DetectorID] = []
        var groups: [Place: [QuietDetector]] = [:]
        for detector in try SilenceStore.quiet(Array(silent.keys), in: db) where !detector.isOffline {
            // Another node hears it, and has written when; or it was heard since; or its gateway is gone, which explains
            // its silence (never its fire).
            let isLive = detector.lastSeen.map { $0 + silent[detector.id, default: 0] > now } ?? false
            if isLive || isHeard(detector.id) || detector.isGatewayOffline {
                left.append(detector.id)
            } else {
                groups[Place(gateway: detector.gateway, site: detector.site), default: []].append(detector)
            }
        }
        for (place, detectors) in groups.sorted(by: { $0.key < $1.key }) {
            try mark(detectors.sorted { $0.id < $1.id }, at: place, now, in: db)
        }
        return left
    }

    private struct Place: Hashable, Comparable {
        var gateway: GatewayID
        var site: SiteID

        static func < (left: Place, right: Place) -> Bool {
            (left.gateway.rawValue, left.site.rawValue) < (right.gateway.rawValue, right.site.rawValue)
        }
    }

    private func mark(_ detectors: [QuietDetector], at place: Place, _ now: Instant, in db: any Writing) throws {
        guard let first = detectors.first else { return }
        let site = try SiteStore.find(place.site, in: db)
        let trouble = ID<Trouble>.next()
        let caseID =
            try join(detectors, place.gateway, place.site, now, in: db)
            ?? openOfGateway(detectors, place, trouble, now, in: db)
            ?? openOfSite(detectors, place, site, trouble, now, in: db)
        try SilenceStore.mark(detectors, firstTrouble: trouble, caseID: caseID, at: now, in: db)
        let subject = detectors.count == 1 ? Thing.detector(first.id) : .gateway(place.gateway)
        try publish(subject, site, open: true, devices: detectors.count, in: db)
    }

    /// The case of what fell silent there shortly before, with these added to it.
    private func join(
        _ detectors: [QuietDetector], _ gateway: GatewayID, _ site: SiteID?, _ now: Instant, in db: any Writing
    ) throws -> CaseID? {
        guard var silence = try SilenceStore.find(gateway, site, in: db),
            now - silence.lastAt <= Self.togetherMs, try desk.isOpen(silence.caseID, in: db)
        else { return nil }
        silence.lastAt = now
        silence.devices += Int64(detectors.count)
        if silence.devices <= Self.named || silence.devices >= silence.told * 2 {
            silence.told = silence.devices
            let names = detectors.prefix(3).map(\.name).joined(separator: "、")
            try desk.note(
                desk.word("fire.silence.more", ["place": names, "count": String(silence.devices)]), on: silence.caseID,
                by: .system("fire"), at: now, in: db)
        }
        try SilenceStore.save(silence, in: db)
        return silence.caseID
    }

    /// The case of the gateway, where too many of its sites are silent for it to be theirs.
    private func openOfGateway(
        _ detectors: [QuietDetector], _ place: Place, _ trouble: ID<Trouble>, _ now: Instant, in db: any Writing
    ) throws -> CaseID? {
        let sites = try SilenceStore.sites(
            behind: place.gateway, since: now - Self.togetherMs, limit: Self.mostSites, in: db)
        guard sites >= Self.mostSites else { return nil }
        if let known = try join(detectors, place.gateway, nil, now, in: db) { return known }
        guard let gateway = try DeviceStore.gateway(place.gateway, in: db) else { return nil }
        let owner = try gateway.site.flatMap { try SiteStore.find($0, in: db) }
        let work = Work(
            place: gateway.name, what: desk.word("fire.silence.gateway", ["count": String(detectors.count)]),
            address: owner?.address ?? "", trouble: trouble)
        let caseID = try open(work, of: owner, now, in: db)
        try SilenceStore.save(
            SharedSilence(
                gateway: place.gateway, site: nil, caseID: caseID, lastAt: now, devices: Int64(detectors.count)), in: db
        )
        return caseID
    }

    private func openOfSite(
        _ detectors: [QuietDetector], _ place: Place, _ site: Site?, _ trouble: ID<Trouble>, _ now: Instant,
        in db: any Writing
    ) throws -> CaseID {
        let only = detectors.count == 1 ? detectors[0].name : ""
        let work = Work(
            place: Troubles.place(site?.name ?? "", only),
            what: detectors.count == 1
                ? desk.word("fire.trouble.offline", [:])
                : desk.word("fire.silence.many", ["count": String(detectors.count)]),
            address: [site?.address ?? "", only].filter { !$0.isEmpty }.joined(separator: " "), trouble: trouble)
        let caseID = try open(work, of: site, now, in: db)
        try SilenceStore.save(
            SharedSilence(
                gateway: place.gateway, site: place.site, caseID: caseID, lastAt: now, devices: Int64(detectors.count)),
            in: db)
        return caseID
    }

    private struct Work {
        var place: String
        var what: String
        var address: String
        var trouble: ID<Trouble>
    }

    /// Opens the case, and tells the owner of the site whose work it is.
    private func open(_ work: Work, of site: Site?, _ now: Instant, in db: any Writing) throws -> CaseID {
        let values = ["where": work.place, "text": "", "trouble": work.what]
        let caseID = try desk.openCase(
            NewFireCase(
                isWork: true, severity: 1, title: desk.word("fire.work.title", values), place: work.address,
                point: site?.point, area: site?.area, subject: site.map { "sites/\($0.id)" },
                signalKey: "trouble/\(work.trouble)", at: now), in: db)
        if let site {
            try Troubles(desk: desk).tellOwner(of: site, work.trouble, values, caseID, at: now, in: db)
        }
        return caseID
    }

    /// Ends the silence of those that are heard again: a line for each alone, one for all that share a case.
    func end(_ sightings: [DetectorID: Instant], in db: any Writing) throws {
        let troubles = try SilenceStore.open(Array(sightings.keys), in: db)
        for (caseID, ended) in Dictionary(grouping: troubles, by: \.caseID) {
            let at = ended.compactMap { $0.detector.flatMap { sightings[$0] } }.max() ?? .now
            guard ended.count > 1, let caseID else {
                for trouble in ended {
                    guard let id = trouble.detector else { continue }
                    try Troubles(desk: desk).end(.offline, of: .detector(id), at: at, in: db)
                }
                continue
            }
            try SilenceStore.end(ended, at: at, in: db)
            try desk.note(
                desk.word("fire.silence.back", ["count": String(ended.count)]), on: caseID, by: .system("fire"), at: at,
                in: db)
            for (site, theirs) in Dictionary(grouping: ended, by: \.site) {
                guard let id = theirs[0].detector else { continue }
                try publish(
                    .detector(id), try site.flatMap { try SiteStore.find($0, in: db) }, open: false,
                    devices: theirs.count, in: db)
            }
        }
    }

    private func publish(
        _ thing: Thing, _ site: Site?, open: Bool, devices: Int, in db: any Writing
    ) throws {
        let siteID = site.map { "\"\($0.id)\"" } ?? "null"
        try db.publish(
            NewEvent(
                type: "detector.changed", subject: thing.subject, permission: "detector.read",
                area: site?.area?.rawValue,
                data: "{\"siteId\":\(siteID),\"trouble\":\"offline\",\"open\":\(open),\"devices\":\(devices)}"))
    }
}

extension QuietDetector {
    /// Where it hangs, else its address.
    var name: String { place.isEmpty ? address : place }
}
