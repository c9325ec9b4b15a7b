import Kernel
import Office
import Storage
import Web

extension WoodpeckerRoom {
    /// The lessons of the desk as a workbook, with counts and without a word of who read them.
    func lessonExportRoutes(_ routes: inout Routes) {
        routes.get("/lesson-desk.xlsx", .needs(.lessonEdit), "Lessons in all states, as a workbook") { call in
            let state = call.query("state").flatMap(Lesson.State.init(rawValue:))
            let columns = ["lessons.name", "lessons.topic", "column.state", "lessons.author", "lessons.months"]
            let titles = (columns + ["lessons.done", "lessons.allRight"]).map { call.word("woodpecker.\($0)") }
            let book = try Workbook(sheet: "Zhili", columns: titles.enumerated().map { ($1, $0 == 0 ? 40 : 16) })
            let database = database
            try await book.addPages { (last: Lesson?) in
                try await database.read { db in try LessonStore.list(state, before: last?.id, limit: 500, in: db) }
            } cells: { lesson in
                [
                    .text(lesson.title), .text(call.word("woodpecker.topic.\(lesson.topic.rawValue)")),
                    .text(call.word("woodpecker.lessonState.\(lesson.state.rawValue)")), .text(lesson.authorName),
                    .text(lesson.months.map(String.init).joined(separator: "、")),
                    .number(Double(lesson.quizDone)), .number(Double(lesson.quizRight)),
                ]
            }
            return .bytes(
                try book.bytes(), type: Workbook.type, name: call.word("woodpecker.lessons.desk") + ".xlsx")
        }
    }
}
