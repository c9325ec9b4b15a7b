import Kernel
import Storage
import Web

extension Permission {
    /// Write lessons.
    public static let lessonEdit = Permission("lesson.edit", [.officer, .leader, .clerk])
    /// Pass and publish lessons.
    public static let lessonReview = Permission("lesson.review", [.leader])
}

extension WoodpeckerRoom {
    /// Lessons for everybody, and the desk at which they are written.
    func lessonRoutes(_ routes: inout Routes) {
        routes.get("/lessons", .device, "Lessons, first those that season or incidents make timely") { call in
            let call = Citizen.call(call)
            let (lessons, lately) = try await published()
            return try Citizen.page(
                "lessons", title: call.word("woodpecker.lessons.title"),
                ["items": lessons.map { lessonRow($0, call, lately: lately) }], call, path: "/lessons")
        }
        routes.get("/lessons.xml", .device, "Lessons as RSS 2.0") { call in try await feed(call) }
        routes.get("/lessons/{id}", .device, "A lesson") { call in
            try await lessonPage(Citizen.call(call), answers: nil)
        }
        routes.post("/lessons/{id}", .device, "The answers to a lesson's questions") { call in
            let form = call.form
            return try await lessonPage(Citizen.call(call, form: form), answers: form)
        }
        routes.get(
            "/api/v1/lessons", .device, "Published lessons, newest first",
            shapes: Shapes(
                query: [("before", "the last id seen"), ("limit", "1…500")],
                gives: .page(
                    of: .object(
                        [
                            "id": .id, "topic": .text, "title": .text, "summary": .text, "inSeason": .flag,
                            "afterIncident": .flag,
                            "publishedAt": .time, "pictures": .list(LessonView.Picture.shape),
                            "video": LessonView.Video.shape,
                        ],
                        required: ["id", "title"])))
        ) { call in
            let limit = call.limit
            let before = call.query("before").flatMap(LessonID.init)
            let (found, pictures, videos, lately) = try await database.read { db in
                let found = try LessonStore.list(.published, before: before, limit: limit + 1, in: db)
                return (
                    found, try LessonPictureStore.list(of: found.map(\.id), in: db),
                    try LessonVideoStore.ready(of: found.map(\.id), in: db), try offers.topics(at: .now, in: db)
                )
            }
            return try .list(
                found.prefix(limit).map { lesson in
                    LessonView(
                        lesson, pictures.filter { $0.lesson == lesson.id }, videos.first { $0.lesson == lesson.id },
                        lately: lately)
                },
                next: found.count > limit
                    ? found.prefix(limit).last.map { "/api/v1/lessons?limit=\(limit)&before=\($0.id)" } : nil)
        }
        routes.get("/lesson-desk", .needs(.lessonEdit), "Lessons in all states") { call in try await deskPage(call) }
        routes.get("/lesson-desk/{id}", .needs(.lessonEdit), "A lesson to be written or passed") { call in
            try await editPage(call)
        }
        routes.post("/lesson-desk", .needs(.lessonEdit), "Write a lesson") { call in try await saveLesson(call) }
        routes.post("/lesson-desk/{id}", .needs(.lessonEdit), "Pass, publish, schedule or take back a lesson") { call in
            do {
                try await moveLesson(call)
            } catch let problem as Problem where problem.status == 422 {
                return try await editPage(call, errors: problem.fields)
            }
            return .redirect(to: "/lesson-desk/\(try call.param("id"))?done=saved")
        }
    }
}
