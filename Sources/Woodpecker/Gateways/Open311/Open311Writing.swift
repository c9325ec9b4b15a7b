import Cases
import Kernel
import Places
import Storage
import Web

/// A request that another program makes.
extension Open311 {
    func checkKey(_ key: String?) async throws {
        guard let key, (8...200).contains(key.utf8.count),
            try await room.database.read({ db in try Open311Store.holds(key, in: db) })
        else { throw Open311Error.key }
    }

    func create(_ call: Call) async throws -> Open311Node {
        let (form, files) = try body(call)
        try await checkKey(form["api_key"])
        try jurisdiction(form)
        guard let code = form["service_code"], !code.isEmpty else { throw Open311Error.missing("service_code") }
        guard let category = room.category(code) else { throw Open311Error.unknown("service_code") }
        let point = try place(form)
        let address = form["address_string"] ?? form["address_id"] ?? ""
        guard point != nil || !address.isEmpty else {
            throw Open311Error.missing("lat and long, address_string or address_id")
        }
        var check = FieldCheck()
        let words = check.text(form["description"], "description", 0...4_000)
        let answers = attributes(form, category, &check)
        try check.finish()
        guard files.count <= ReportForm.photoLimit else {
            throw Open311Error(status: 400, description: "at most \(ReportForm.photoLimit) media files")
        }
        var photos: [[UInt8]] = []
        for file in files { photos.append(try await ReportForm.remade(file.bytes)) }
        let name = [form["last_name"], form["first_name"]].compactMap(\.self).joined(separator: " ")
        let contact = [form["phone"], form["email"]].compactMap { $0.flatMap { $0.isEmpty ? nil : $0 } }.first
        // Who sends a name through another program is known to the desk alone; an account or device never is kept.
        let level: Level = name.isEmpty && contact == nil ? .anonymous : .confidential
        let taken = try await room.intake.take(
            NewReport(
                receipt: try Receipt(), level: level, channel: .open311, category: category,
                area: point.flatMap(room.areas.area(at:)),
                content: ReportContent(
                    words: words, answers: answers, place: String(address.prefix(200)), point: point,
                    name: name.isEmpty ? nil : String(name.prefix(80)), phone: contact.map { String($0.prefix(80)) }),
                photos: photos, mayPublish: category.isPublic, at: .now))
        return .object([
            ("service_request_id", .text(taken.caseID.description)),
            ("service_notice", .text(call.word("woodpecker.open311.notice"))), ("account_id", .nothing),
        ])
    }

    func body(_ call: Call) throws -> (Form, [Multipart.File]) {
        let type = call.header("Content-Type") ?? ""
        guard type.lowercased().hasPrefix("multipart/") else { return (call.form, []) }
        guard let parts = Multipart(call.body, type: type) else {
            throw Open311Error(status: 400, description: "the form did not arrive whole")
        }
        return (parts.form, parts.files.filter { $0.field == "media" })
    }

    func place(_ form: Form) throws -> GeoPoint? {
        let (lat, lon) = (form["lat"] ?? "", form["long"] ?? "")
        if lat.isEmpty, lon.isEmpty { return nil }
        guard let lat = Double(lat), let lon = Double(lon), let point = GeoPoint(lat: lat, lon: lon) else {
            throw Open311Error(status: 400, description: "lat and long are not a place")
        }
        return point
    }

    /// `attribute[CODE]` and `attribute[CODE][]`.
    func attributes(_ form: Form, _ category: Category, _ check: inout FieldCheck) -> [String: [String]] {
        var pairs: [(name: String, value: String)] = []
        for question in category.questions {
            for name in ["attribute[\(question.code)]", "attribute[\(question.code)][]"] {
                pairs += form.all(name).map { ("q_" + question.code, $0) }
            }
        }
        let given = ReportForm(form: Form(pairs: pairs), files: [])
        return given.answers(category, &check)
    }
}
