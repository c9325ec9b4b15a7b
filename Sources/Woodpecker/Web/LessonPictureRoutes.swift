import Kernel
import Pictures
import Storage
import Web

extension WoodpeckerRoom {
    /// Pictures of lessons: brought by who writes, made anew, and seen by everybody once the lesson is public.
    func lessonPictureRoutes(_ routes: inout Routes) {
        routes.get("/lessons/{id}/pictures/{picture}", .device, "A picture of a lesson") { call in
            let lesson = try await shown(call)
            return Citizen.sealed(try await image(lesson.id, try call.id("picture")))
        }
        routes.get(
            "/lesson-desk/{id}/pictures/{picture}", .needs(.lessonEdit), "A picture of a lesson, public or not"
        ) { call in try await image(try call.id(), try call.id("picture")) }
        // A form's words beside the file.
        let limit = Pictures.Limits().bytes + (64 << 10)
        routes.post(
            "/lesson-desk/{id}/pictures", .needs(.lessonEdit), "Bring a picture, or take one out", bodyLimit: limit
        ) { call in
            let id: LessonID = try call.id()
            if let picture = call.form["remove"].flatMap(ID<LessonPicture>.init) {
                try await removePicture(picture, of: id, call)
            } else {
                do {
                    _ = try await addPicture(to: id, call)
                } catch let problem as Problem where problem.status == 422 {
                    return try await editPage(call, errors: problem.fields)
                }
            }
            return .redirect(to: "/lesson-desk/\(id)?done=saved")
        }
        routes.post(
            "/api/v1/lessons/{id}/pictures", .needs(.lessonEdit),
            "Brings a picture: multipart/form-data with the file `picture` and `words` that say what it shows",
            bodyLimit: limit,
            shapes: Shapes(
                takes: .object(["picture": .text, "words": .text]), gives: .object(["id": .id], required: ["id"]))
        ) { call in try .json(["id": try await addPicture(to: try call.id(), call).id], status: 201) }
        routes.delete("/api/v1/lessons/{id}/pictures/{picture}", .needs(.lessonEdit), "Takes a picture out") { call in
            try await removePicture(try call.id("picture"), of: try call.id(), call)
            return .nothing
        }
    }

    private func image(_ lesson: LessonID, _ picture: ID<LessonPicture>) async throws -> Answer {
        guard let bytes = try await database.read({ db in try LessonPictureStore.image(picture, of: lesson, in: db) })
        else { throw Problem.notFound }
        return .bytes(bytes, type: "image/jpeg")
    }

    private func addPicture(to id: LessonID, _ call: Call) async throws -> LessonPicture {
        guard let parts = Multipart(call.body, type: call.header("Content-Type") ?? "") else {
            throw Problem.malformed("multipart/form-data is wanted")
        }
        var check = FieldCheck()
        let words = check.text(parts.form["words"], "words", 1...200)
        let file = parts.files.first { $0.field == "picture" }
        check.expect(file != nil, "picture", "required")
        try check.finish()
        var limits = Pictures.Limits()
        limits.edge = LessonPicture.edge
        let made: Pictures.Picture
        do {
            made = try await Pictures.reencode(file?.bytes ?? [], limits)
        } catch Pictures.Refusal.tooLarge {
            throw Problem.invalid(["picture": "too-large"])
        } catch {
            throw Problem.invalid(["picture": "no-picture"])
        }
        let picture = LessonPicture(lesson: id, words: words, width: made.width, height: made.height)
        try await database.write { db in
            let lesson = try editable(id, call, in: db)
            guard try LessonPictureStore.list(id, in: db).count < LessonPicture.limit else {
                throw Problem.invalid(["picture": "too-many"])
            }
            try LessonPictureStore.add(picture, made.bytes, in: db)
            try redraft(lesson, in: db)
        }
        return picture
    }

    private func removePicture(_ picture: ID<LessonPicture>, of id: LessonID, _ call: Call) async throws {
        try await database.write { db in
            let lesson = try editable(id, call, in: db)
            guard try LessonPictureStore.remove(picture, of: id, in: db) else { throw Problem.notFound }
            try redraft(lesson, in: db)
        }
    }

    /// The lesson, where it may be changed: what everybody reads is taken back first.
    func editable(_ id: LessonID, _ call: Call, in db: any Reading) throws -> Lesson {
        guard let lesson = try LessonStore.find(id, in: db) else { throw Problem.notFound }
        guard lesson.allowed(by: try call.signedIn()).contains("edit") else {
            throw Problem.conflict("woodpecker.lesson-move")
        }
        return lesson
    }

    /// What was changed is looked through again.
    func redraft(_ lesson: Lesson, in db: any Writing) throws {
        var lesson = lesson
        (lesson.state, lesson.publishAt, lesson.changedAt) = (.draft, nil, .now)
        try LessonStore.save(lesson, in: db)
    }
}
