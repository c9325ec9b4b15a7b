import Kernel
import Storage
import Web

extension CasesRoom {
    /// The page of a case, from the same detail as the API's.
    func casePage(_ detail: CaseDetail, units: [UnitStatus], _ call: Call) throws -> Answer {
        let row = detail.row
        let phase = CasePhase(rawValue: row.state) ?? .open
        let severity = Severity(rawValue: row.severity) ?? .minor
        let context: [String: Any] = [
            "case": [
                "mapHref": row.location.map { "/map?lat=\($0.lat)&lon=\($0.lon)" } as Any,
                "id": row.id.description, "number": row.number, "name": row.title,
                "stateText": call.word("cases.phase.\(row.state)"), "stateTint": tint(phase),
                "severityText": call.word("cases.severity.\(row.severity)"), "severityTint": tint(severity),
                "overdue": row.overdue, "supervised": row.supervised,
            ] as [String: Any],
            // What ends a case without help stands last.
            "moves":
                (detail.allowed.filter { !Self.dangers.contains($0) } + detail.allowed.filter(Self.dangers.contains))
                .map { name -> [String: Any] in
                    switch name {
                    case "acknowledge": alarmMove(name, danger: false, choices: [], call)
                    case "verify": alarmMove(name, danger: false, choices: verifyChoices(call), call)
                    case "dispatch": dispatchMove(detail, units, call)
                    default: CaseMove(rawValue: name).map { move($0, call) } ?? [:]
                    }
                },
            "alarms": [
                "present": !detail.alarms.isEmpty, "countText": String(detail.alarms.count),
                "items": detail.alarms.map { alarm($0, call) },
            ] as [String: Any],
            "timeline": detail.timeline.reversed().map { line -> [String: Any] in
                ["at": line.at, "atText": shortText(line.at), "actor": line.actor, "typeText": "", "text": line.text]
            },
            "clocks": detail.clocks.map { clock($0, call) },
            "responseTimes": responseTimes(detail, call),
            "facts": facts(detail, call),
            "tasks": detail.tasks.map { task -> [String: Any] in
                [
                    "unitName": task.unitName, "stateText": call.word("cases.taskState.\(task.state)"),
                    "stateTint": task.state == "done" ? "ok" : task.state == "offered" ? "warn" : "info",
                    "at": task.at, "atText": shortText(task.at), "note": task.note,
                ]
            },
            "messages": detail.messages.suffix(Self.messagesShown).reversed().map { message($0, call) },
            "noMessages": detail.messages.isEmpty,
            "olderMessages": detail.messages.count <= Self.messagesShown
                ? [:]
                : [
                    "present": true,
                    "title": call.word(
                        "cases.olderMessages", ["n": String(detail.messages.count - Self.messagesShown)]),
                    "items": detail.messages.dropLast(Self.messagesShown).reversed().map { message($0, call) },
                ],
            "panels": detail.panels.map { panel -> [String: Any] in
                [
                    "title": panel.title, "href": panel.href, "link": panel.link,
                    "facts": panel.facts.map { ["label": $0.label, "value": $0.value] },
                ]
            },
            "attachments": detail.attachments.map {
                ["url": $0.url, "thumbnailUrl": $0.thumbnailUrl, "name": $0.name]
            },
        ]
        return try call.page("case", title: row.title, context)
    }

    private static let dangers: Set<String> = [CaseMove.reject.rawValue, CaseMove.standDown.rawValue]

    /// Messages that stand open on the page; the older ones are folded away.
    private static let messagesShown = 6

    private func message(_ message: MessageView, _ call: Call) -> [String: Any] {
        [
            "to": message.to, "channelText": call.word("js.channel.\(message.channel)"),
            "stateText": call.word("js.messageState.\(message.state)"),
            "stateTint": message.state == "failed"
                ? "bad"
                : message.state == "unknown" ? "warn" : ["delivered", "answered"].contains(message.state) ? "ok" : "",
            "at": message.at, "atText": String(message.at.dropFirst(11).prefix(8)), "role": message.role,
            "text": message.text,
            "trail": message.trail.map {
                ["at": $0.at, "atText": String($0.at.dropFirst(11).prefix(8)), "text": $0.text]
            },
        ]
    }

    /// What was reached when, and how long the next step has been waited for.
    private func responseTimes(_ detail: CaseDetail, _ call: Call) -> [[String: Any]] {
        var rows = detail.responseTimes.map { time -> [String: Any] in
            ["label": call.word("cases.step.\(time.step)"), "value": spanText(time.ms, call)]
        }
        let steps: [CaseState.Step] =
            detail.alarms.isEmpty
            ? [.handled, .closed] : [.acknowledged, .verified, .dispatched, .arrived, .handled, .closed]
        let reached = Set(detail.responseTimes.map(\.step))
        if CasePhase(rawValue: detail.row.state)?.isFinal == false, let opened = Instant(detail.row.openedAt),
            let next = steps.first(where: { !reached.contains($0.rawValue) })
        {
            rows.append([
                "label": call.word("cases.step.\(next.rawValue)"), "waits": true,
                "value": call.word("cases.step.waiting", ["span": spanText(Instant.now - opened, call)]),
            ])
        }
        return rows
    }

    private func move(_ move: CaseMove, _ call: Call) -> [String: Any] {
        var context: [String: Any] = [
            "path": "moves", "type": move.rawValue, "label": call.word("cases.move.\(move.rawValue)"),
            "tint": move == .close ? "primary" : Self.dangers.contains(move.rawValue) ? "danger" : "",
            "danger": Self.dangers.contains(move.rawValue),
            "text": ["label": call.word("cases.form.text"), "required": move.needsText] as [String: Any],
        ]
        if let help = call.word(ifKnown: "cases.moveHelp.\(move.rawValue)") { context["help"] = help }
        if move == .merge {
            context["other"] = ["label": call.word("cases.form.other"), "value": "", "placeholder": "261124-0001"]
        }
        if move == .extend {
            context["choices"] = [
                [
                    "legend": call.word("cases.form.days"), "multiple": false,
                    "items": [1, 3, 5, 10].map { days -> [String: Any] in
                        [
                            "name": "days", "value": String(days),
                            "label": call.word("cases.form.dayCount", ["n": String(days)]), "checked": days == 3,
                        ]
                    },
                ] as [String: Any]
            ]
        }
        return context
    }

    private func alarmMove(_ name: String, danger: Bool, choices: [[String: Any]], _ call: Call) -> [String: Any] {
        var context: [String: Any] = [
            "path": name, "type": name, "label": call.word("cases.move.\(name)"), "tint": "primary", "danger": danger,
            "choices": choices,
        ]
        if name == "verify" {
            context["text"] = ["label": call.word("cases.form.text"), "required": false] as [String: Any]
        }
        return context
    }

    private func verifyChoices(_ call: Call) -> [[String: Any]] {
        func items(_ name: String, _ values: [String], _ prefix: String) -> [[String: Any]] {
            values.map { ["name": name, "value": $0, "label": call.word("\(prefix).\($0)"), "checked": false] }
        }
        return [
            [
                "legend": call.word("cases.form.verdict"), "multiple": false,
                "items": items("verdict", Verdict.allCases.map(\.rawValue), "cases.verdict"),
            ],
            [
                "legend": call.word("cases.form.second"), "multiple": true,
                "items": items("second", ["camera", "owner", "patrol", "brigade", "contractor"], "cases.second"),
            ],
        ]
    }

    private func dispatchMove(_ detail: CaseDetail, _ units: [UnitStatus], _ call: Call) -> [String: Any] {
        let busy = Set(detail.tasks.filter { TaskState(rawValue: $0.state)?.isActive == true }.map(\.unitId))
        let items = units.filter { !busy.contains($0.unit.id) }.map { status -> [String: Any] in
            [
                "name": "unitId", "value": status.unit.id.description, "label": status.unit.name, "checked": false,
                "badge": call.word("cases.unitState.\(status.state.rawValue)"),
            ]
        }
        return [
            "path": "tasks", "type": "dispatch", "label": call.word("cases.move.dispatch"), "tint": "primary",
            "danger": false,
            "choices": [["legend": call.word("cases.nav.units"), "multiple": false, "items": items] as [String: Any]],
            "text": ["label": call.word("cases.form.text"), "required": false] as [String: Any],
        ]
    }

    private func alarm(_ alarm: AlarmView, _ call: Call) -> [String: Any] {
        [
            "detectorName": alarm.detectorName, "address": alarm.address,
            "kindText": call.word("js.kind.\(alarm.kind)"), "firstAt": alarm.firstAt,
            "firstAtText": shortText(alarm.firstAt), "count": String(alarm.count),
            "stateTint": alarm.state == "raised" ? "bad" : alarm.state == "cleared" ? "" : "info",
            "stateText": alarm.verdict.map { call.word("js.verdict.\($0)") }
                ?? call.word("js.alarmState.\(alarm.state)"),
            "reasons": alarm.reasons.map { ["rule": $0.rule, "text": $0.text] },
        ]
    }

    private func clock(_ clock: CaseDetail.ClockView, _ call: Call) -> [String: Any] {
        let left = clock.limitMs - clock.elapsedMs
        return [
            "label": call.word("cases.clock.\(clock.name)"), "paused": clock.paused,
            "remainingText": call.word(
                left < 0 ? "cases.clockOver" : "cases.clockLeft", ["span": spanText(abs(left), call)]),
            "tint": left < 0 ? "bad" : left * 4 < clock.limitMs ? "warn" : "",
            "percent": String(min(100, max(0, clock.elapsedMs * 100 / max(1, clock.limitMs)))),
            "dueAt": clock.dueAt ?? "", "dueText": clock.dueAt.map(shortText) ?? "—",
        ]
    }

    private func facts(_ detail: CaseDetail, _ call: Call) -> [[String: Any]] {
        let row = detail.row
        var facts: [[String: Any]] = [
            ["label": call.word("cases.column.kind"), "value": call.word("cases.kindName.\(row.kind)")],
            ["label": call.word("cases.column.place"), "value": row.place],
            ["label": call.word("cases.column.area"), "value": row.areaName],
            ["label": call.word("cases.column.openedAt"), "value": shortText(row.openedAt)],
        ]
        if let closed = row.closedAt {
            facts.append(["label": call.word("cases.column.closedAt"), "value": shortText(closed)])
        }
        if row.subject.hasPrefix("sites/") {
            facts.append(
                [
                    "label": call.word("cases.column.site"),
                    "value": detail.alarms.lazy.map(\.siteName).first { !$0.isEmpty } ?? row.title,
                    "href": "/" + row.subject,
                ])
        }
        return facts.filter { ($0["value"] as? String)?.isEmpty == false }
    }
}

private func shortText(_ time: String) -> String { time.prefix(10) + " " + time.dropFirst(11).prefix(8) }

/// A span as people on duty read it.
func spanText(_ ms: Int64, _ call: Call) -> String {
    let seconds = ms / 1_000
    if seconds < 3_600 {
        return call.word("cases.span.minutes", ["m": String(seconds / 60), "s": String(seconds % 60)])
    }
    if seconds < 48 * 3_600 {
        return call.word("cases.span.hours", ["h": String(seconds / 3_600), "m": String(seconds / 60 % 60)])
    }
    return call.word("cases.span.days", ["d": String(seconds / 86_400), "h": String(seconds / 3_600 % 24)])
}
