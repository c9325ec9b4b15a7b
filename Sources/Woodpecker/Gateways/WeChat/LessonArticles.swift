import Kernel
import Storage
import WeChatAPI
import Web

/// Lessons by the official account: reminders to those who agreed, articles, and mass messages within the month's
/// quota. Each step of an article is kept before the next is made, so that a stop in between repeats one step at most;
/// a draft made twice is seen by nobody, and a mass message goes under a number of ours that the platform knows.
struct LessonArticles: LessonPush {
    /// Where pages of this centre are read.
    let address: @Sendable () -> String?

    /// How far an article is.
    struct Progress: Codable, Sendable, Equatable {
        var cover: String?
        var draft: String?
    }

    func notice(_ task: inout AccountTask, _ account: Account, in db: any Writing) throws -> WeChatNotice? {
        let template = try Account.templates(in: db).remind
        guard !template.isEmpty, let id = LessonID(task.subject), let lesson = try LessonStore.find(id, in: db),
            lesson.state == .published, let openID = account.person(task.sealed),
            let consent = try AccountStore.consent(heldBy: task.id, in: db), consent.template == template
        else { return nil }
        task.way = "consent"
        return .oneTime(
            openID: openID, template: template, url: address().map { "\($0)/lessons/\(id)" },
            scene: Int(consent.scene), title: String(lesson.title.prefix(15)), text: String(lesson.summary.prefix(200)))
    }

    func article(_ id: LessonID, _ task: AccountTask, _ account: Account) async -> WeChatOutcome {
        await drafted(id, task, account) { await account.client.publish(draft: $0) }
    }

    func mass(_ id: LessonID, _ task: AccountTask, _ account: Account) async -> WeChatOutcome {
        await drafted(id, task, account) { await account.client.sendToAll(draft: $0, reference: "zhili-\(task.id)") }
    }

    private func drafted(
        _ id: LessonID, _ task: AccountTask, _ account: Account, _ then: (String) async -> WeChatOutcome
    ) async -> WeChatOutcome {
        var progress = Self.progress(task)
        do {
            if let failed = try await prepare(id, task, account, &progress) { return failed }
        } catch {
            return .notSent("store")
        }
        return await then(progress.draft ?? "")
    }

    /// Cover and draft, as far as they are not there; what went wrong, or `nil`.
    private func prepare(_ id: LessonID, _ task: AccountTask, _ account: Account, _ progress: inout Progress)
        async throws -> WeChatOutcome?
    {
        guard progress.draft == nil else { return nil }
        let found = try await account.database.read { db -> (lesson: Lesson, cover: [UInt8])? in
            guard let lesson = try LessonStore.find(id, in: db), lesson.state == .published,
                let first = try LessonPictureStore.list(id, in: db).first,
                let cover = try LessonPictureStore.image(first.id, of: id, in: db)
            else { return nil }
            return (lesson, cover)
        }
        // Taken back meanwhile: nothing goes out.
        guard let found else { return .refused(WeChatRefusal(code: 0)) }
        if progress.cover == nil {
            switch await account.client.addPicture(found.cover) {
            case .taken(let number): progress.cover = number
            case .unknown(let why): return .notSent(why)
            case let other: return other
            }
            try await keep(progress, task, account)
        }
        switch await account.client.draft([article(found.lesson, cover: progress.cover ?? "")]) {
        case .taken(let number): progress.draft = number
        // Nobody sees a draft: making another is no harm.
        case .unknown(let why): return .notSent(why)
        case let other: return other
        }
        try await keep(progress, task, account)
        return nil
    }

    /// The article's text; pictures stay on the lesson's own page, to which it leads.
    func article(_ lesson: Lesson, cover: String) -> WeChatArticle {
        let paragraphs = [lesson.summary] + lesson.body.split(whereSeparator: \.isNewline).map(String.init)
        return WeChatArticle(
            title: lesson.title, author: lesson.authorName, digest: lesson.summary,
            content: paragraphs.map { "<p>\(escaped($0))</p>" }.joined(),
            source: address().map { "\($0)/lessons/\(lesson.id)" } ?? "", cover: cover)
    }

    private func keep(_ progress: Progress, _ task: AccountTask, _ account: Account) async throws {
        let text = try JSON.text(progress)
        try await account.database.write { db in try AccountStore.progress(task.id, text, at: .now, in: db) }
    }

    private static func progress(_ task: AccountTask) -> Progress {
        (try? JSON.decode(Progress.self, Array(task.step.utf8))) ?? Progress()
    }
}
