import Identity
import Kernel
import Storage
import Web

extension WoodpeckerRoom {
    /// A lesson as an article of the official account.
    func lessonPushRoutes(_ routes: inout Routes) {
        routes.post(
            "/lesson-desk/{id}/push", .needs(.lessonReview), "Make a lesson an article in WeChat, or send it to all"
        ) { call in
            let id: LessonID = try call.id()
            try await push(id, call)
            return .redirect(to: "/lesson-desk/\(id)?done=saved")
        }
        routes.post(
            "/api/v1/lessons/{id}/push", .needs(.lessonReview),
            "Makes a lesson an article in WeChat (`article`), or sends it to every follower within the month's quota",
            shapes: Shapes(takes: .object(["how": .oneOf(Self.ways.map(\.rawValue))], required: ["how"]))
        ) { call in
            try await push(try call.id(), call)
            return .nothing
        }
    }

    private static let ways = [AccountTask.Kind.article, .mass]

    private func push(_ id: LessonID, _ call: Call) async throws {
        guard let account else { throw Problem.conflict("woodpecker.no-account") }
        let caller = try call.signedIn()
        guard let kind = Self.ways.first(where: { $0.rawValue == call.form["how"] }) else {
            throw Problem.invalid(["how": "invalid"])
        }
        let month = try Month(nil, now: .now).after
        _ = try await call.once { db -> Bool in
            guard let lesson = try LessonStore.find(id, in: db) else { throw Problem.notFound }
            guard lesson.state == .published else { throw Problem.conflict("woodpecker.lesson-move") }
            guard try !LessonPictureStore.list(id, in: db).isEmpty else {
                throw Problem.conflict("woodpecker.no-cover")
            }
            if let last = try AccountStore.latest(kind, id.description, in: db), Self.stands(last, for: lesson) {
                throw Problem.conflict("woodpecker.pushed")
            }
            if kind == .mass {
                guard try AccountStore.count(.mass, since: month.start, in: db) < account.massPerMonth else {
                    throw Problem.conflict("woodpecker.mass-quota")
                }
            }
            try AccountStore.add(kind, subject: id.description, at: .now, in: db)
            try audit.record(
                AuditEntry(
                    at: .now, actor: caller.id, actorName: caller.name,
                    action: kind == .mass ? "lesson.mass" : "lesson.article", subject: "lesson:\(id)", detail: "{}"),
                in: db)
            return true
        }
    }

    /// Whether what was sent, or may have been, is the lesson as it is now.
    private static func stands(_ task: AccountTask, for lesson: Lesson) -> Bool {
        [.waiting, .sending, .done, .unknown].contains(task.state) && task.at >= lesson.changedAt
    }

    /// What the lesson's page says of WeChat to who may send it.
    func pushContext(_ lesson: Lesson, hasCover: Bool, _ call: Call) async throws -> [String: Any]? {
        guard let account, lesson.state == .published, try call.signedIn().may(.lessonReview) else { return nil }
        let month = try Month(nil, now: .now).after
        let (tasks, mass) = try await database.read { db in
            (
                try Self.ways.map { try AccountStore.latest($0, lesson.id.description, in: db) },
                try AccountStore.count(.mass, since: month.start, in: db)
            )
        }
        return [
            "action": "/lesson-desk/\(lesson.id)/push", "needsCover": !hasCover,
            "mass": "\(mass) / \(account.massPerMonth)",
            "ways": zip(Self.ways, tasks).map { kind, task -> [String: Any] in
                let isDone = task.map { Self.stands($0, for: lesson) } ?? false
                return [
                    "how": kind.rawValue,
                    "sure": kind == .mass ? call.word("woodpecker.push.sure") : "",
                    "label": call.word("woodpecker.push.\(kind.rawValue)"),
                    "may": hasCover && !isDone && (kind != .mass || mass < account.massPerMonth),
                    "state": task.map { call.word("woodpecker.account.state.\($0.state.rawValue)") } ?? "",
                    "tint": task.map { $0.state == .done ? "ok" : "info" } ?? "",
                    "at": task.map { String($0.at.text.prefix(16)) } ?? "",
                ]
            },
        ]
    }
}
