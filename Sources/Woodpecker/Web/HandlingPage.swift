import Cases
import Kernel
import Places
import Storage
import Web

extension WoodpeckerRoom {
    /// The page of a case of reports: what they say, what may be done.
    func handlingPage(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let (row, record, reports, state) = try await look(call)
        let (departments, updates, templates, helpers, photos, leads) = try await database.read { db in
            (
                try DepartmentStore.all(in: db), try handling.updates(of: row.id, for: caller, in: db),
                try self.templates(for: call, in: db), try AssistStore.departments(of: row.id, in: db),
                try PublicPhotoStore.list(of: [row.id], in: db), try handling.leads(row, caller, in: db)
            )
        }
        let category = category(row.category)
        let meant = Routing.department(
            for: row.category, area: row.area, about: row.about, among: departments, covers: areas.covers)
        var context: [String: Any] = [
            "id": row.id.description, "number": record.number, "name": record.title,
            "stateText": call.word("cases.phase.\(record.phase.rawValue)"), "supervised": record.isSupervised,
            "overdue": record.isOpen && row.outcome == nil && row.dueAt < .now, "waits": row.waits,
            "locked": reports.contains { !$0.isOpen && $0.report.erasedAt == nil }, "keyOpen": keys.isOpen(caller.id),
            "reports": reports.map { reportContext($0, row, category, call) },
            "facts": facts(row, departments, helpers, call),
            "templates": templates.map { ["text": $0] },
        ]
        if !updates.isEmpty {
            context["updates"] = [
                "items": updates.map { item -> [String: Any] in
                    [
                        "status": item.update.status, "at": String(item.update.at.text.prefix(16)),
                        "words": item.words ?? "",
                    ]
                }
            ]
        }
        let isDesk = caller.may(.reportRoute)
        if !photos.isEmpty {
            context["publicPhotos"] = [
                "items": photos.enumerated().map { index, photo -> [String: Any] in
                    [
                        "id": photo.id.description, "case": row.id.description, "n": String(index + 1),
                        "mayRemove": isDesk,
                    ]
                }
            ]
        }
        var acts: [[String: Any]] = []
        let phase = record.phase
        if isDesk, [.open, .accepted, .assigned, .handling].contains(phase) {
            acts.append(
                act(
                    .handOver, call, primary: row.department == nil, text: false,
                    choices: [
                        choice(
                            "department", call,
                            departments.filter { $0.isActive && Routing.mayHandle($0.id, about: row.about) }.map {
                                ($0.id.description, $0.name)
                            }, checked: meant?.id.description, badge: call.word("woodpecker.case.meant"))
                    ]))
        }
        if !phase.isFinal, leads { acts.append(act(.answer, call)) }
        if !phase.isFinal, leads { acts.append(act(.ask, call)) }
        let isUnitDone = phase == .handled && row.outcome == nil
        if leads,
            [.assigned, .handling].contains(phase) || (isDesk && ([.open, .accepted].contains(phase) || isUnitDone))
        {
            acts.append(
                act(
                    .finish, call, primary: row.department != nil && !isDesk,
                    choices: [
                        choice(
                            "outcome", call,
                            Outcome.ofHandling.map { ($0.rawValue, call.word("woodpecker.outcome.\($0.rawValue)")) })
                    ]))
        }
        if leads, row.department != nil, [.assigned, .handling].contains(phase) { acts.append(act(.giveBack, call)) }
        if isDesk, phase == .handled, row.outcome != nil, state.handler != caller.id {
            acts.append(act(.verify, call, primary: true, required: false))
            acts.append(act(.rework, call))
        }
        if caller.roles.contains(.leader), [.accepted, .assigned, .handling].contains(phase),
            row.extensions < Extension.limit, row.dueAt >= .now
        {
            acts.append(act(.extend, call, days: true))
        }
        if caller.roles.contains(.leader), !phase.isFinal, !record.isSupervised {
            acts.append(act(.supervise, call, text: false))
        }
        if isDesk, [.accepted, .assigned, .handling].contains(phase) { acts.append(act(.suspend, call)) }
        if isDesk, phase == .suspended { acts.append(act(.resume, call, primary: true, text: false)) }
        if isDesk, phase == .open { acts.append(act(.reject, call)) }
        if isDesk, row.department != nil, !phase.isFinal {
            let others = departments.filter { one in
                one.isActive && one.id != row.department && !helpers.contains(one.id)
                    && Routing.mayHandle(one.id, about: row.about)
            }
            if !others.isEmpty {
                acts.append(
                    act(
                        .assist, call, text: false,
                        choices: [choice("department", call, others.map { ($0.id.description, $0.name) })]))
            }
            let helping = departments.filter { helpers.contains($0.id) }
            if !helping.isEmpty {
                acts.append(
                    act(
                        .release, call, text: false,
                        choices: [choice("department", call, helping.map { ($0.id.description, $0.name) })]))
            }
        }
        let reachable = reports.filter { $0.content?.phone != nil || $0.confided?.phone != nil }
        if isDesk, row.outcome != nil, state.handler != caller.id, !reachable.isEmpty {
            acts.append(
                act(
                    .callBack, call, required: false,
                    choices: [
                        choice(
                            "report", call,
                            reachable.map { item in
                                let (name, phone) = (
                                    item.content?.name ?? item.confided?.name ?? "",
                                    item.content?.phone ?? item.confided?.phone ?? ""
                                )
                                return (item.report.id.description, "\(name) \(phone)")
                            }, checked: reachable.count == 1 ? reachable[0].report.id.description : nil),
                        choice(
                            "result", call,
                            CallBackStore.Result.allCases.map {
                                ($0.rawValue, call.word("woodpecker.call.\($0.rawValue)"))
                            }),
                    ]))
        }
        if isDesk, [.open, .accepted, .assigned, .handling].contains(phase) {
            acts.append(act(.merge, call, text: false, other: true))
        }
        if isDesk, row.outcome != nil, category?.isPublic == true, reports.contains(where: \.report.mayPublish) {
            acts.append(row.publishedAt == nil ? act(.publish, call) : act(.unpublish, call, text: false))
        }
        acts.append(act(.note, call))
        context["acts"] = acts
        return try call.page("report-case", title: record.title, Citizen.tidy(context))
    }

    private func act(
        _ act: HandlingStep.Act, _ call: Call, primary: Bool = false, text: Bool = true, required: Bool = true,
        choices: [[String: Any]] = [], days: Bool = false, other: Bool = false
    ) -> [String: Any] {
        var context: [String: Any] = [
            "act": act.rawValue, "label": call.word("woodpecker.act.\(act.rawValue)"), "primary": primary,
            "help": call.word(ifKnown: "woodpecker.actHelp.\(act.rawValue)") ?? "",
        ]
        if text { context["text"] = ["required": required] }
        if act == .answer || act == .finish { context["canned"] = true }
        context["choices"] = choices
        if days { context["days"] = true }
        if other { context["other"] = true }
        return context
    }

    /// One of several, under a legend.
    private func choice(
        _ name: String, _ call: Call, _ items: [(value: String, label: String)], checked: String? = nil,
        badge: String = ""
    ) -> [String: Any] {
        [
            "legend": call.word("woodpecker.choice.\(name)"),
            "items": items.map { item -> [String: Any] in
                [
                    "name": name, "value": item.value, "label": item.label, "checked": item.value == checked,
                    "badge": item.value == checked ? badge : "",
                ]
            },
        ]
    }

    private func facts(_ row: ReportCase, _ departments: [Department], _ helpers: [DepartmentID], _ call: Call)
        -> [[String: Any]]
    {
        var facts: [(String, String)] = [
            ("category", category(row.category)?.name.text(call.language) ?? row.category),
            ("area", row.area.map(areas.name(of:)) ?? ""), ("openedAt", row.openedAt.text),
            ("dueAt", row.outcome == nil ? row.dueAt.text : ""),
            ("department", departments.first { $0.id == row.department }?.name ?? ""),
            (
                "helpers",
                departments.filter { helpers.contains($0.id) }.map(\.name).joined(separator: "、")
            ),
            ("outcome", row.outcome.map { call.word("woodpecker.outcome.\($0.rawValue)") } ?? ""),
            ("returns", row.returns > 0 ? String(row.returns) : ""),
            ("extensions", row.extensions > 0 ? String(row.extensions) : ""),
            ("reopened", row.reopened > 0 ? String(row.reopened) : ""),
        ]
        if !row.about.isEmpty {
            let name =
                row.about == Holder.desk.name
                ? call.word("woodpecker.about.desk")
                : departments.first { Holder.department($0.id).name == row.about }?.name ?? ""
            facts.append(("about", name))
        }
        return facts.filter { !$0.1.isEmpty }.map { ["label": call.word("woodpecker.column.\($0.0)"), "value": $0.1] }
    }

    private func reportContext(_ item: OpenReport, _ row: ReportCase, _ category: Category?, _ call: Call)
        -> [String: Any]
    {
        let report = item.report
        var context: [String: Any] = [
            "id": report.id.description, "case": row.id.description,
            "level": call.word("woodpecker.level.\(report.level.rawValue)"),
            "channel": call.word("woodpecker.channel.\(report.channel.rawValue)"),
            "received": report.level == .named
                ? report.receivedAt.text : String(report.receivedAt.text.prefix(13)) + ":00",
            "open": item.isOpen, "erased": report.erasedAt != nil, "muted": report.isMuted,
            "mayMute": call.caller?.may(.reportRoute) == true,
            "muteAct": report.isMuted ? HandlingStep.Act.unmute.rawValue : HandlingStep.Act.mute.rawValue,
            "rating": report.rating.map { call.word("woodpecker.rating.\($0.rawValue)") } ?? "",
            "lines": item.lines.map { line -> [String: Any] in
                [
                    "from": call.word("woodpecker.sender.\(line.sender.rawValue)"),
                    "kind": call.word("woodpecker.kind.\(line.kind.rawValue)"), "isNote": line.kind == .note,
                    "isCitizen": line.sender == .citizen, "words": line.words,
                    "at": line.sender == .citizen && report.level != .named
                        ? String(line.at.text.prefix(13)) + ":00" : String(line.at.text.prefix(16)),
                ]
            },
        ]
        if let content = item.content {
            context["words"] = content.words
            context["place"] = content.place
            context["point"] = content.point.map { "\($0.lat), \($0.lon)" } ?? ""
            context["contact"] = [content.name, content.phone].compactMap(\.self).joined(separator: " ")
            context["answers"] = (category?.questions ?? []).compactMap { question -> [String: Any]? in
                guard let given = content.answers[question.code] else { return nil }
                let words = given.map { key in
                    question.choices.first { $0.key == key }?.name.text(call.language) ?? key
                }
                return ["label": question.name.text(call.language), "value": words.joined(separator: "、")]
            }
            let mayRedact =
                call.caller?.may(.reportRoute) == true && report.mayPublish && row.about.isEmpty
                && category?.isPublic == true
            context["photos"] = (0..<report.photos).map {
                [
                    "src": "/reports/\(row.id)/photos/\(report.id)/\($0)", "n": String($0 + 1),
                    "mayRedact": mayRedact,
                ] as [String: Any]
            }
        }
        if let confided = item.confided {
            context["confided"] = [confided.name, confided.phone, confided.openID.map { "WeChat " + $0 }]
                .compactMap(\.self).joined(separator: " ")
        }
        return context
    }
}
