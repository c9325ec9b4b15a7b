import Cases
import Kernel
import Logging
import ServiceLifecycle
import Storage
import WeChatAPI
import Web

/// Does what waits for the official account. A task is marked `sending` and committed before the platform hears of it.
/// Where the process dies in between, what may be done twice is done again; a message to a person is not, and stands as
/// `unknown`: the platform knows no number of ours by which it could tell a repeat.
struct AccountSender: Service {
    let account: Account
    let logger: Logger
    /// The number of a report's case, as people know it.
    let number: @Sendable (ReportID, any Reading) throws -> String?
    /// Does a lesson's part of the tasks.
    var lessons: (any LessonPush)?
    var now: @Sendable () -> Instant = { .now }

    private var database: any Database { account.database }
    private static let parallel = 8
    private static let keepMs: Int64 = 60 * CivilTime.dayMs
    private static let sent = Metrics.shared.counter(
        "zhili_wechat_tasks_total", "What the official account's API has taken")

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    if try await step() > 0 { continue }
                    let due = try await database.read { db in try AccountStore.nextDue(in: db) }
                    let pause = due.map { min(60_000, max(10, $0 - now())) } ?? 60_000
                    await database.wakeups.wait(AccountStore.topic, atMostMs: pause)
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("the official account's tasks rest", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: .seconds(1))
                }
            }
        }
    }

    /// Does what is due; returns how many were tried.
    func step() async throws -> Int {
        let start = now()
        let due = try await database.read { db in try AccountStore.nextDue(in: db) }
        guard let due, due <= start else { return 0 }
        let work = try await database.write { db in
            for task in try AccountStore.abandoned(at: start, in: db) { try recover(task, at: start, in: db) }
            try AccountStore.forget(before: start - Self.keepMs, in: db)
            return try AccountStore.due(at: start, limit: Self.parallel, in: db).compactMap { task in
                try begin(task, at: start, in: db)
            }
        }
        await withTaskGroup { group in
            for one in work { group.addTask { await perform(one.task, one.act) } }
        }
        return work.count
    }

    // MARK: Before

    /// What is to be asked of the platform.
    enum Act: Sendable {
        case notice(WeChatNotice)
        case menu(WeChatMenu)
        case article(LessonID)
        case mass(LessonID)
    }

    /// The process that had it died: nobody knows what the platform heard.
    private func recover(_ task: AccountTask, at now: Instant, in db: any Writing) throws {
        if task.kind.isRepeatable {
            try AccountStore.again(task.id, at: now, code: "again", in: db)
        } else {
            try AccountStore.spend(task.id, in: db)
            try AccountStore.end(task.id, .unknown, code: "stopped", in: db)
        }
    }

    private func begin(_ task: AccountTask, at now: Instant, in db: any Writing) throws -> (
        task: AccountTask, act: Act
    )? {
        var task = task
        var act: Act?
        switch task.kind {
        case .menu: act = (try? JSON.decode(WeChatMenu.self, task.sealed)).map(Act.menu)
        case .article: act = LessonID(task.subject).map(Act.article)
        case .mass: act = LessonID(task.subject).map(Act.mass)
        case .told, .remind:
            guard now - task.at < AccountRetry.giveUpMs else {
                try AccountStore.release(task.id, in: db)
                try AccountStore.end(task.id, .late, code: task.code.isEmpty ? "too-late" : task.code, in: db)
                return nil
            }
            act = try notice(&task, at: now, in: db).map(Act.notice)
        }
        guard let act else {
            try AccountStore.end(task.id, .late, code: task.code.isEmpty ? "no-way" : task.code, in: db)
            return nil
        }
        try AccountStore.begin(task.id, way: task.way, at: now, in: db)
        task.tries += 1
        return (task, act)
    }

    /// By what way this person may be told now: an answer to the last message, else a consent, else not at all.
    private func notice(_ task: inout AccountTask, at now: Instant, in db: any Writing) throws -> WeChatNotice? {
        if task.kind == .remind { return try lessons?.notice(&task, account, in: db) }
        guard let report = ReportID(task.subject), let openID = account.person(task.sealed),
            let number = try number(report, db)
        else { return nil }
        let words = account.word("woodpecker.wechat.told", ["number": number])
        if var window = try AccountStore.window(task.person, in: db), window.isOpen(at: now) {
            window.used += 1
            try AccountStore.setWindow(task.person, window, in: db)
            task.way = "text"
            return .text(openID: openID, words)
        }
        let templates = try Account.templates(in: db)
        guard !templates.answer.isEmpty,
            let consent = try AccountStore.consent(task.person, templates.answer, in: db)
        else { return nil }
        try AccountStore.hold(consent.id, for: task.id, in: db)
        task.way = consent.id.description
        // A `thing` field takes twenty characters.
        let short = account.word("woodpecker.wechat.toldShort", ["number": number])
        return .subscription(
            openID: openID, template: templates.answer, page: nil,
            data: [templates.answerField: String(short.prefix(20))])
    }

    // MARK: After

    private func perform(_ task: AccountTask, _ act: Act) async {
        let outcome =
            switch act {
            case .notice(let notice): await account.client.send(notice)
            case .menu(let menu): await account.client.setMenu(menu)
            case .article(let id): await lessons?.article(id, task, account) ?? .notSent("no lessons")
            case .mass(let id): await lessons?.mass(id, task, account) ?? .notSent("no lessons")
            }
        let moment = now()
        do {
            try await database.write { db in try finish(task, outcome, at: moment, in: db) }
        } catch {
            // Its lease runs out, and it is looked at again.
            logger.error(
                "what came of a task could not be kept", metadata: ["task": "\(task.id)", "error": "\(error)"])
        }
    }

    private func finish(_ task: AccountTask, _ outcome: WeChatOutcome, at now: Instant, in db: any Writing) throws {
        switch outcome {
        case .taken(let id):
            Self.sent.add()
            try AccountStore.spend(task.id, in: db)
            try AccountStore.end(task.id, .done, code: id, in: db)
        case .refused(let refusal):
            if refusal.meaning == .outsideWindow || refusal.meaning == .account, task.way == "text" {
                try giveBack(task, in: db)
            }
            if refusal.meaning == .outsideWindow, !task.person.isEmpty, task.way == "text" {
                // The platform counts otherwise than we do: it is right. Another way may be left.
                try AccountStore.setWindow(task.person, ReplyWindow(at: now, used: ReplyWindow.most), in: db)
                try AccountStore.again(task.id, at: now, code: "\(refusal.code)", in: db)
                return
            }
            if refusal.meaning == .notFollowing, !task.person.isEmpty { try AccountStore.drop(task.person, in: db) }
            try AccountStore.spend(task.id, in: db)
            try AccountStore.end(task.id, .refused, code: "\(refusal.code)", in: db)
        case .limited(let code):
            try AccountStore.release(task.id, in: db)
            if code == 45_047, task.way == "text" {
                try AccountStore.setWindow(task.person, ReplyWindow(at: now, used: ReplyWindow.most), in: db)
                try AccountStore.again(task.id, at: now, code: "\(code)", in: db)
            } else if code == 45_028 {
                try AccountStore.end(task.id, .refused, code: "\(code)", in: db)
            } else {
                try giveBack(task, in: db)
                let moment = code == 45_009 ? AccountRetry.tomorrow(now) : now + 60_000
                try AccountStore.again(task.id, at: moment, code: "\(code)", in: db)
            }
        case .notSent(let why):
            try AccountStore.release(task.id, in: db)
            try giveBack(task, in: db)
            try AccountStore.again(task.id, at: now + AccountRetry.pauseMs(task.tries), code: why, in: db)
        case .unknown(let why):
            if task.kind.isRepeatable, task.tries < 6 {
                try AccountStore.again(task.id, at: now + AccountRetry.pauseMs(task.tries), code: why, in: db)
            } else {
                try AccountStore.spend(task.id, in: db)
                try AccountStore.end(task.id, .unknown, code: why, in: db)
            }
        }
    }

    /// The message that was counted did not go out.
    private func giveBack(_ task: AccountTask, in db: any Writing) throws {
        guard task.way == "text", var window = try AccountStore.window(task.person, in: db), window.used > 0 else {
            return
        }
        window.used -= 1
        try AccountStore.setWindow(task.person, window, in: db)
    }
}

/// What lessons have to say by the official account.
protocol LessonPush: Sendable {
    /// The reminder that a task stands for, where its consent is still there.
    func notice(_ task: inout AccountTask, _ account: Account, in db: any Writing) throws -> WeChatNotice?
    /// Makes a lesson an article that everybody can read.
    func article(_ id: LessonID, _ task: AccountTask, _ account: Account) async -> WeChatOutcome
    /// Sends a lesson's article to every follower.
    func mass(_ id: LessonID, _ task: AccountTask, _ account: Account) async -> WeChatOutcome
}
