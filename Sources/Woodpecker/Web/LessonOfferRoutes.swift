import Cases
import Kernel
import Notify
import Storage
import Web

extension WoodpeckerRoom {
    /// Lessons that fit a case, and their sending to who answers for its place.
    func lessonOfferRoutes(_ routes: inout Routes) {
        routes.get("/lesson-offers/{id}", .needs(.lessonOffer), "Lessons that fit a case, to be sent to its place") {
            call in try await offerPage(call)
        }
        routes.post("/lesson-offers/{id}", .needs(.lessonOffer), "Send a lesson to who answers for a case's place") {
            call in
            let form = call.form
            do {
                _ = try await offer(form["lesson"], to: form.all("to"), call)
            } catch let problem as Problem where problem.status == 422 {
                return try await offerPage(call, errors: problem.fields)
            }
            return .redirect(to: "/cases/\(try call.param("id"))?done=woodpecker.offered")
        }
        let lesson = Shape.object(
            ["id": .id, "title": .text, "summary": .text, "path": .text], required: ["id", "title", "path"])
        routes.get(
            "/api/v1/cases/{id}/lessons", .needs(.lessonOffer), "Published lessons that fit a case",
            shapes: Shapes(gives: .page(of: lesson))
        ) { call in
            let found = try await offers(of: call)
            return try .list(
                found.lessons.map {
                    ["id": $0.id.description, "title": $0.title, "summary": $0.summary, "path": "/lessons/\($0.id)"]
                }, next: nil)
        }
        routes.post(
            "/api/v1/cases/{id}/lessons", .needs(.lessonOffer),
            "Sends a lesson's address by text to the owner or key-holders of a case's place, each once",
            shapes: Shapes(
                takes: .object(
                    ["lessonId": .id, "to": .list(.oneOf(["owner", "key-holder"]))], required: ["lessonId", "to"]),
                gives: .object(["told": .integer], required: ["told"]))
        ) { call in
            struct Body: Decodable { var lessonId: String, to: [String] }
            let body: Body = try call.json()
            return try .json(["told": try await offer(body.lessonId, to: body.to, call)])
        }
    }

    private struct Found: Sendable {
        var record: CaseRecord
        var lessons: [Lesson]
        var readers: [LessonOffers.Reader]
        /// Lesson's subject → names of who has it.
        var told: [String: [String]]
    }

    /// The case, where its reader may know of it.
    private func record(_ call: Call, in db: any Reading) throws -> CaseRecord {
        let caller = try call.signedIn()
        guard let record = try cases.record(try call.id(), in: db) else { throw Problem.notFound }
        if let areas = caller.areas, let area = record.area, !areas.isEmpty, !call.covers(areas, area) {
            throw Problem.notFound
        }
        return record
    }

    private func offers(of call: Call) async throws -> Found {
        try await database.read { db in
            let record = try record(call, in: db)
            return Found(
                record: record, lessons: try offers.fitting(record, at: .now, in: db),
                readers: try offers.readers(of: record, in: db).readers,
                told: Dictionary(grouping: try offers.sent(record.id, in: db), by: \.subject).mapValues {
                    $0.map(\.to.name)
                })
        }
    }

    private func offer(_ lesson: String?, to roles: [String], _ call: Call) async throws -> Int {
        let caller = try call.signedIn()
        let root = root(call)
        guard let lesson = lesson.flatMap(LessonID.init) else { throw Problem.invalid(["lesson": "required"]) }
        return try await call.once { db in
            try offers.send(
                lesson, of: try record(call, in: db), to: Set(roles), root: root, by: caller, at: .now, word: word,
                in: db)
        }
    }

    private func offerPage(_ call: Call, errors: [String: String] = [:]) async throws -> Answer {
        let found = try await offers(of: call)
        let roles = [("owner", "role.owner"), ("key-holder", "notify.role.key-holder")].compactMap {
            (role, word) -> [String: Any]? in
            let names = found.readers.filter { $0.role == role }.map(\.name)
            guard !names.isEmpty else { return nil }
            return ["value": role, "label": call.word(word), "names": names.joined(separator: "、")]
        }
        return try call.page(
            "lesson-offer", title: call.word("woodpecker.offer.title"),
            Citizen.tidy([
                "id": found.record.id.description, "number": found.record.number, "case": found.record.title,
                "kind": call.word("cases.kindName.\(found.record.kind.rawValue)"),
                "error": errors.isEmpty ? "" : call.word("woodpecker.offer.needsSomebody"),
                "roles": roles, "canSend": !roles.isEmpty,
                "lessons": found.lessons.enumerated().map { index, lesson -> [String: Any] in
                    var row = lessonRow(lesson, call)
                    row["checked"] = index == 0
                    row["told"] = found.told["lessons/\(lesson.id)"]?.joined(separator: "、") ?? ""
                    return row
                },
            ]), status: errors.isEmpty ? 200 : 422)
    }
}
