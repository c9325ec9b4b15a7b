import Cases
import Crypt
import Geo
import HTTPTypes
import Kernel
import Places
import Storage
import Web

extension WoodpeckerRoom {
    /// The way in for everybody.
    func reportRoutes(_ routes: inout Routes) {
        routes.get("/report", .device, "Report something: what and where") { call in
            let call = Citizen.call(call)
            return try startPage(call, Form(pairs: [("category", call.query("category") ?? "")]))
        }
        routes.get("/report/map.svg", .device, "The town as a picture for the form") { call in
            guard let sheet = sheet(call.incoming.query) else { throw Problem.notFound }
            let marker = point(call.incoming.query)
            let landmarks = try await database.read { db in try PlacesRoom.landmarks(in: db) }
            return Citizen.sealed(
                .bytes(
                    Array(sheet.svg(areas: areas.all, landmarks: landmarks, marker: marker).utf8), type: "image/svg+xml"
                ))
        }
        routes.get("/report/safety", .device, "What is protected when something is reported, and what is not") { call in
            let call = Citizen.call(call)
            let items = ["kept", "notKept", "readers", "limits", "yourself"].map { part -> [String: Any] in
                [
                    "name": call.word("woodpecker.safety.\(part).name"),
                    "lines": (1...6).compactMap { call.word(ifKnown: "woodpecker.safety.\(part).\($0)") },
                ]
            }
            return try Citizen.page(
                "report-safety", title: call.word("woodpecker.safety.title"), ["items": items], call,
                path: "/report/safety")
        }
        routes.post("/report/form", .device, "Report something: the questions of its category") { call in
            let form = call.form
            let call = Citizen.call(call, form: form)
            let chosen = chosenPlace(form)
            if form["map.x"] != nil || form["next"] == nil { return try startPage(call, form, chosen) }
            guard let category = category(form["category"]) else {
                return try startPage(call, form, chosen, errors: ["category": "required"])
            }
            return try await formPage(call, category, form, chosen)
        }
        routes.post("/report/send", .device, "Hand a report in", bodyLimit: ReportForm.bodyLimit) { call in
            let input = try ReportForm(call)
            let call = Citizen.call(call, form: input.form)
            return try await send(call, input)
        }
        routes.post(
            "/api/v1/reports", .device, "Hand a report in: answers with a receipt, and with it alone it is found again",
            shapes: Shapes(
                takes: .object(
                    [
                        "category": .oneOf(categories.map(\.code)), "words": .text, "place": .text, "areaId": .id,
                        "location": .object(["lat": .number, "lon": .number]),
                        "level": .oneOf(Level.allCases.map(\.rawValue)),
                        "name": .text, "phone": .text, "joins": .id, "mayPublish": .flag, "answers": .object([:]),
                    ], required: ["category", "words"]),
                gives: .object(["receipt": .text, "words": .list(.text)], required: ["receipt", "words"]))
        ) { call in try await sendJSON(call) }
    }

    private struct Wanted: Decodable {
        var category: String
        var words: String
        var place: String?
        var areaId: AreaID?
        var location: GeoPoint?
        var level: Level?
        var name: String?
        var phone: String?
        var answers: [String: [String]]?
        var joins: CaseID?
        var mayPublish: Bool?
    }

    private struct Given: Encodable {
        var receipt: String
        var words: [String]
    }

    private func sendJSON(_ call: Call) async throws -> Answer {
        let wanted: Wanted = try call.json()
        guard let category = category(wanted.category) else { throw Problem.invalid(["category": "unknown"]) }
        var check = FieldCheck()
        let words = check.text(wanted.words, "words", 1...4_000)
        let place = check.text(wanted.place, "place", 0...200)
        let name = check.text(wanted.name, "name", 0...40)
        let phone = check.text(wanted.phone, "phone", 0...40)
        let level = wanted.level ?? .anonymous
        check.expect(level != .named || !phone.isEmpty, "phone", "required")
        var pairs: [(name: String, value: String)] = []
        for (code, values) in wanted.answers ?? [:] { pairs += values.prefix(20).map { ("q_" + code, $0) } }
        let answers = ReportForm(form: Form(pairs: pairs), files: []).answers(category, all: false, &check)
        try check.finish()
        try admit(call)
        let receipt = try Receipt()
        _ = try await take(
            NewReport(
                receipt: receipt, level: level, channel: .web, category: category,
                area: wanted.location.flatMap(areas.area(at:)) ?? wanted.areaId,
                content: ReportContent(
                    words: words, answers: answers, place: place, point: wanted.location,
                    name: level == .anonymous || name.isEmpty ? nil : name,
                    phone: level == .anonymous || phone.isEmpty ? nil : phone),
                mayPublish: wanted.mayPublish == true, joins: wanted.joins, at: .now))
        return Citizen.sealed(try .json(Given(receipt: receipt.text, words: receipt.words), status: 201))
    }

    /// One report more of this network; the address is hidden by a key of the process and kept in memory alone.
    func admit(_ call: Call) throws {
        if let network = Citizen.network(call.incoming.address), !floods.allows(network, at: .now) {
            throw Problem(429, "woodpecker.flood", retryAfter: 600)
        }
    }

    /// Takes a report; a full queue before the dear computation is an answer to come back.
    func take(_ new: NewReport) async throws -> Intake.Taken {
        do {
            return try await intake.take(new)
        } catch CryptError.busy {
            throw Problem(503, "overloaded", retryAfter: 20)
        }
    }

    private func send(_ call: Call, _ input: ReportForm) async throws -> Answer {
        let form = input.form
        guard let category = category(form["category"]) else { throw Problem.invalid(["category": "unknown"]) }
        let chosen = chosenPlace(form)
        let joins = form["joins"].flatMap(CaseID.init)
        var check = FieldCheck()
        let words = check.text(form["words"], "words", (joins == nil ? 1 : 0)...4_000)
        let answers = input.answers(category, &check)
        let level = form["level"].flatMap(Level.init(rawValue:)) ?? .anonymous
        let name = check.text(form["name"], "name", 0...40)
        let phone = check.text(form["phone"], "phone", 0...40)
        check.expect(level != .named || !phone.isEmpty, "phone", "required")
        let about = form["about"].flatMap { $0.isEmpty ? nil : Holder(name: $0) }
        check.expect(about.map { $0 == .desk || $0.department != nil } ?? true, "about", "invalid")
        check.expect(input.files.count <= ReportForm.photoLimit, "photo", "too-many")
        if !check.errors.isEmpty { return try await formPage(call, category, form, chosen, errors: check.errors) }
        try admit(call)
        let photos: [[UInt8]]
        do {
            photos = try await input.photos()
        } catch let problem as Problem {
            return try await formPage(call, category, form, chosen, errors: ["photo": problem.code])
        }
        // A receipt that is not ours is no receipt: the report gets a new one.
        let receipt = if let known = mint.receipt(form["receipt"] ?? "") { known } else { try Receipt() }
        _ = try await take(
            NewReport(
                receipt: receipt, level: level, channel: .web, category: category, area: chosen.area,
                content: ReportContent(
                    words: words, answers: answers, place: String((form["place"] ?? "").prefix(200)),
                    point: chosen.point, name: level == .anonymous || name.isEmpty ? nil : name,
                    phone: level == .anonymous || phone.isEmpty ? nil : phone),
                photos: photos, about: about, mayPublish: form["mayPublish"] == "1", joins: joins, at: .now))
        return try await newReceiptPage(call, receipt, category)
    }

    // MARK: Place

    struct ChosenPlace {
        var point: GeoPoint?
        var area: AreaID?
    }

    private func point(_ form: Form) -> GeoPoint? {
        guard let lat = form["lat"].flatMap(Double.init), let lon = form["lon"].flatMap(Double.init) else { return nil }
        return GeoPoint(lat: lat, lon: lon)
    }

    /// The map that the form shows: the whole town, or a piece around the place that was shown.
    private func sheet(_ form: Form) -> MapSheet? {
        guard let whole = MapSheet(areas: areas.all) else { return nil }
        guard form["zoom"] == "1",
            let center = point(Form(pairs: [("lat", form["clat"] ?? ""), ("lon", form["clon"] ?? "")]))
        else { return whole }
        return whole.around(center)
    }

    private func chosenPlace(_ form: Form) -> ChosenPlace {
        var chosen = point(form)
        if let x = form["map.x"].flatMap(Double.init), let y = form["map.y"].flatMap(Double.init),
            let sheet = sheet(form)
        {
            chosen = sheet.point(x: x, y: y) ?? chosen
        }
        let named = form["area"].flatMap(AreaID.init).flatMap { id in areas.all.contains { $0.id == id } ? id : nil }
        return ChosenPlace(point: chosen, area: chosen.flatMap(areas.area(at:)) ?? named)
    }

    // MARK: Pages

    private func startPage(
        _ call: Call, _ form: Form, _ chosen: ChosenPlace = ChosenPlace(), errors: [String: String] = [:]
    ) throws -> Answer {
        var groups: [(name: String, items: [[String: Any]])] = []
        for category in categories {
            let name = category.group.text(call.language)
            if groups.last?.name != name { groups.append((name, [])) }
            groups[groups.count - 1].items.append([
                "code": category.code, "name": category.name.text(call.language),
                "hint": category.hint.text(call.language), "checked": form["category"] == category.code,
            ])
        }
        var context: [String: Any] = [
            "groups": groups.map { ["name": $0.name, "items": $0.items] as [String: Any] },
            "areas": areaChoices(chosen.area, call), "place": form["place"] ?? "",
            "errors": errors.mapValues { call.word("problem.field.\($0)") },
        ]
        if let map = mapContext(form, chosen) { context["map"] = map }
        return try Citizen.page(
            "report", title: call.word("woodpecker.report.title"), context, call, path: "/report",
            status: errors.isEmpty ? 200 : 422)
    }

    private func mapContext(_ form: Form, _ chosen: ChosenPlace) -> [String: Any]? {
        guard let whole = MapSheet(areas: areas.all) else { return nil }
        guard let point = chosen.point else {
            return [
                "src": "/report/map.svg", "lat": "", "lon": "", "west": "\(whole.box.west)",
                "east": "\(whole.box.east)", "south": "\(whole.box.south)", "north": "\(whole.box.north)",
            ]
        }
        // The first touch brings the piece around it, where a second one is more exact.
        let (lat, lon) = (rounded(point.lat), rounded(point.lon))
        let isClose = form["zoom"] == "1" && form["map.x"] != nil
        let (clat, clon) = isClose ? (form["clat"] ?? lat, form["clon"] ?? lon) : (lat, lon)
        guard let centre = self.point(Form(pairs: [("lat", clat), ("lon", clon)])), let sheet = whole.around(centre)
        else { return nil }
        return [
            "src": "/report/map.svg?zoom=1&clat=\(centre.lat)&clon=\(centre.lon)&lat=\(lat)&lon=\(lon)", "zoom": true,
            "clat": "\(centre.lat)", "clon": "\(centre.lon)", "lat": lat, "lon": lon,
            "areaName": chosen.area.map(areas.name(of:)) ?? "", "west": "\(sheet.box.west)",
            "east": "\(sheet.box.east)", "south": "\(sheet.box.south)", "north": "\(sheet.box.north)",
        ]
    }

    private func rounded(_ degrees: Double) -> String { String((degrees * 100_000).rounded() / 100_000) }

    private func areaChoices(_ chosen: AreaID?, _ call: Call) -> [[String: Any]] {
        areas.all.filter { $0.kind == .village }.map { village -> [String: Any] in
            let parts = areas.all.filter { $0.parent == village.id && $0.kind == .cooperative }
            return [
                "name": village.name, "id": village.id.description, "selected": village.id == chosen,
                "parts": parts.map {
                    ["id": $0.id.description, "name": areas.name(of: $0.id), "selected": $0.id == chosen]
                        as [String: Any]
                },
            ]
        }
    }

    func formPage(
        _ call: Call, _ category: Category, _ form: Form, _ chosen: ChosenPlace, errors: [String: String] = [:]
    ) async throws -> Answer {
        let near = try await nearCases(category, chosen.point)
        let departments = try await database.read { db in try DepartmentStore.all(in: db) }.filter(\.isActive)
        let kept = form["receipt"].flatMap { mint.receipt($0) == nil ? nil : $0 }
        let carried = if let kept { kept } else { try mint.make() }
        var context: [String: Any] = [
            "category": category.code, "categoryName": category.name.text(call.language),
            "hint": category.hint.text(call.language), "area": chosen.area?.description ?? "",
            "areaName": chosen.area.map(areas.name(of:)) ?? call.word("woodpecker.report.noArea"),
            "place": form["place"] ?? "", "lat": chosen.point.map { rounded($0.lat) } ?? "",
            "lon": chosen.point.map { rounded($0.lon) } ?? "", "receipt": carried,
            "questions": questions(category, form, errors, call), "words": form["words"] ?? "",
            "name": form["name"] ?? "", "phone": form["phone"] ?? "",
            "levels": Level.allCases.reversed().map { level -> [String: Any] in
                [
                    "value": level.rawValue, "label": call.word("woodpecker.level.\(level.rawValue)"),
                    "help": call.word("woodpecker.levelHelp.\(level.rawValue)"),
                    "checked": (form["level"] ?? Level.anonymous.rawValue) == level.rawValue,
                ]
            },
            "abouts": [["value": Holder.desk.name, "label": call.word("woodpecker.about.desk")]]
                + departments.map { ["value": Holder.department($0.id).name, "label": $0.name] },
            "aboutOpen": category.code == "conduct", "mayPublish": category.isPublic,
            "errors": errors.mapValues { call.word(ifKnown: "problem.field.\($0)") ?? call.word("problem.\($0)") },
        ]
        if !near.isEmpty { context["near"] = ["items": near.map { nearRow($0, form, call) }] as [String: Any] }
        return try Citizen.page(
            "report-form", title: call.word("woodpecker.report.title"), context, call, path: "/report",
            status: errors.isEmpty ? 200 : 422)
    }

    private func nearRow(_ item: (row: ReportCase, count: Int64), _ form: Form, _ call: Call) -> [String: Any] {
        [
            "id": item.row.id.description, "area": item.row.area.map(areas.name(of:)) ?? "",
            "date": item.row.openedAt.date, "count": String(item.count),
            "checked": form["joins"] == item.row.id.description,
            "state": call.word(item.row.department == nil ? "woodpecker.stage.new" : "woodpecker.stage.assigned"),
        ]
    }

    /// Open cases of the same thing within 250 m, the nearest first; none of what is not for everybody.
    func nearCases(_ category: Category, _ point: GeoPoint?) async throws -> [(row: ReportCase, count: Int64)] {
        guard category.isPublic, !category.isSensitive, let point else { return [] }
        let (dLat, dLon) = (0.0032, 0.0040)
        return try await database.read { db in
            try ReportCaseStore.near(
                category.code, south: point.lat - dLat, north: point.lat + dLat, west: point.lon - dLon,
                east: point.lon + dLon, in: db
            ).compactMap { row -> (ReportCase, Double)? in
                row.point.map { (row, Coarse.metres($0, point)) }
            }.filter { $0.1 <= 250 }.sorted { $0.1 < $1.1 }.prefix(5).map { row, _ in
                (row, try ReportStore.count(of: row.id, in: db))
            }
        }
    }

    private func questions(_ category: Category, _ form: Form, _ errors: [String: String], _ call: Call)
        -> [[String: Any]]
    {
        category.questions.map { question in
            let field = "q_" + question.code
            let given = form.all(field)
            var context: [String: Any] = [
                "field": field, "name": question.name.text(call.language), "required": question.required,
                "value": given.first ?? "",
            ]
            switch question.kind {
            case .choice, .many:
                context["choices"] = question.choices.map { choice -> [String: Any] in
                    [
                        "field": field, "value": choice.key, "label": choice.name.text(call.language),
                        "type": question.kind == .many ? "checkbox" : "radio", "checked": given.contains(choice.key),
                        "required": question.required && question.kind == .choice,
                    ]
                }
            case .text: context["text"] = true
            case .number: context["number"] = true
            }
            if let error = errors[field] { context["error"] = call.word("problem.field.\(error)") }
            return context
        }
    }
}
