import Duty
import FireGuard
import Kernel
import Patrol
import Storage
import Watch

/// What the log of a watch takes from the fire room and the water watch.
func happenedElsewhere(
    in span: Range<Instant>, limit: Int, in db: any Reading, word: (String, [String: String]) -> String
) throws -> [LogLine] {
    var lines: [LogLine] = []
    for (trouble, site) in try FireGuard.troubles(in: span, limit: limit, in: db) {
        let href = trouble.site.map { "/sites/\($0)" } ?? "/detectors"
        let values = ["name": site, "what": word("fire.trouble.\(trouble.kind.rawValue)", [:])]
        if span.contains(trouble.since) {
            lines.append(
                LogLine(
                    at: trouble.since, kind: .device, text: word("centre.log.troubleBegan", values), href: href,
                    isBad: true))
        }
        if let ended = trouble.endedAt, span.contains(ended) {
            lines.append(
                LogLine(at: ended, kind: .device, text: word("centre.log.troubleEnded", values), href: href))
        }
    }
    for account in try WatchRoom.waterAccounts(in: span, now: .now, in: db) {
        lines += account.gaps.map { gap in
            LogLine(
                at: gap.from, kind: .gap,
                text: word(
                    "centre.log.waterGap",
                    [
                        "place": account.place.name, "from": String(gap.from.text.dropFirst(11).prefix(5)),
                        "to": String(gap.to.text.dropFirst(11).prefix(5)), "minutes": String(gap.length / 60_000),
                    ]), href: "/water", isBad: true)
        }
    }
    lines += try PatrolRoom.missing(endedIn: span, limit: limit, in: db).map { walk in
        LogLine(
            at: walk.endsAt, kind: .gap,
            text: word(
                "patrol.log.missing",
                [
                    "round": walk.round, "time": String(walk.startsAt.text.dropFirst(11).prefix(5)),
                    "points": walk.points.joined(separator: "、"),
                ]), href: walk.caseID.map { "/cases/\($0)" } ?? walk.href, isBad: true)
    }
    return lines
}
