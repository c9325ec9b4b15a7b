import Cases
import Crypt
import Kernel
import Storage
import Web

/// What a reporter does with the receipt: reads, asks back, rates, says that it is not fixed.
struct Correspondence: Sendable {
    let database: any Database
    let cases: CaseDesk
    let word: @Sendable (String, [String: String]) -> String

    /// Milliseconds after the outcome in which it can be said that it is not fixed.
    static let reopenMs: Int64 = 30 * CivilTime.dayMs
    /// Messages that a reporter may send.
    static let messageLimit = 50

    /// Everything that a receipt shows.
    struct Status: Sendable {
        struct Line: Sendable {
            var sender: ReportMessage.Sender
            var kind: ReportMessage.Kind
            var at: Instant
            var words: String
        }
        var report: Report
        var number: String
        var phase: CasePhase
        var dueAt: Instant?
        var department: Department?
        var outcome: Outcome?
        var content: ReportContent?
        var lines: [Line]
        var mayReopen: Bool
    }

    func status(_ opened: Intake.Opened, at now: Instant, in db: any Reading) throws -> Status? {
        guard let report = try ReportStore.find(opened.report, in: db), report.erasedAt == nil,
            let row = try ReportCaseStore.find(report.caseID, in: db),
            let record = try cases.record(report.caseID, in: db)
        else { return nil }
        let lines = try ReportStore.messages(opened.report, in: db).filter(\.kind.isForReporter)
            .compactMap { message -> Status.Line? in
                guard let words = Intake.unseal(message.body, key: opened.key, "message \(message.id)") else {
                    return nil
                }
                return Status.Line(
                    sender: message.sender, kind: message.kind, at: message.at,
                    words: String(decoding: words, as: UTF8.self))
            }
        let content = try ReportStore.content(opened.report, in: db)
            .flatMap { Intake.unseal($0, key: opened.key, "content") }
            .flatMap { try? JSON.decode(ReportContent.self, $0) }
        return Status(
            report: report, number: record.number, phase: record.phase, dueAt: record.isOpen ? row.dueAt : nil,
            department: try row.department.flatMap { try DepartmentStore.find($0, in: db) }, outcome: row.outcome,
            content: content, lines: lines,
            mayReopen: !report.isMuted
                && (row.finishedAt.map { now - $0 <= Self.reopenMs } ?? (record.phase == .rejected)))
    }

    /// A word to those who handle it.
    func reply(_ words: String, _ opened: Intake.Opened, at now: Instant) async throws {
        try await write(opened) { report, db in
            try add(.reply, words, opened, report, at: now, in: db)
            try cases.note(
                word("woodpecker.case.replied", [:]), on: report.caseID, by: .system(Intake.source),
                at: Coarse.moment(now, report.level), in: db)
        }
    }

    /// How the reporter found the outcome.
    func rate(_ rating: Rating, _ opened: Intake.Opened, at now: Instant) async throws {
        try await write(opened) { report, db in
            guard try ReportCaseStore.find(report.caseID, in: db)?.outcome != nil else {
                throw Problem.conflict("woodpecker.not-finished")
            }
            try ReportStore.setRating(report.id, rating, in: db)
            try Intake.publish(report.caseID, area: report.area, at: Coarse.moment(now, report.level), in: db)
        }
    }

    /// It is not fixed: the case is open again, and where a department had it, its time begins anew.
    func notFixed(_ words: String, _ opened: Intake.Opened, at now: Instant) async throws {
        try await write(opened) { report, db in
            guard let status = try status(opened, at: now, in: db), status.mayReopen,
                let row = try ReportCaseStore.find(report.caseID, in: db)
            else { throw Problem.conflict("woodpecker.not-finished") }
            let at = Coarse.moment(now, report.level)
            let department = try row.department.flatMap { try DepartmentStore.find($0, in: db) }
            try cases.reopen(
                report.caseID, reason: word("woodpecker.case.notFixed", [:]),
                handOver: department.map { word("woodpecker.case.handed", ["name": $0.name]) },
                by: .system(Intake.source), at: at, in: db)
            try add(.notFixed, words, opened, report, at: now, in: db)
            let due = try cases.record(report.caseID, in: db)?.dueAt
            try ReportCaseStore.reopened(report.caseID, due: due ?? at, in: db)
        }
    }

    private func write(
        _ opened: Intake.Opened, _ body: @escaping @Sendable (Report, any Writing) throws -> Void
    ) async throws {
        try await database.write { db in
            guard let report = try ReportStore.find(opened.report, in: db), report.erasedAt == nil else {
                throw Problem.notFound
            }
            guard !report.isMuted else { throw Problem.conflict("woodpecker.muted") }
            try body(report, db)
        }
    }

    private func add(
        _ kind: ReportMessage.Kind, _ words: String, _ opened: Intake.Opened, _ report: Report, at now: Instant,
        in db: any Writing
    ) throws {
        let sent = try ReportStore.messages(report.id, in: db).count { $0.sender == .citizen }
        guard sent < Self.messageLimit else { throw Problem.conflict("woodpecker.too-many-messages") }
        let at = Coarse.moment(now, report.level)
        let id = report.level == .named ? ID<ReportMessage>.next() : .coarse(at)
        try ReportStore.insert(
            try ReportMessage(
                id, report: report.id, at: at, sender: .citizen, kind: kind, words: words, key: opened.key), in: db)
        try ReportCaseStore.waits(report.caseID, in: db)
        try Intake.publish(report.caseID, area: report.area, at: at, in: db)
    }
}

extension ReportMessage {
    /// A message whose words are sealed under the report's key.
    init(
        _ id: ID<ReportMessage>, report: ReportID, at: Instant, sender: Sender, kind: Kind, words: String,
        key: [UInt8]
    ) throws {
        self.id = id
        self.report = report
        self.at = at
        self.sender = sender
        self.kind = kind
        body = try Intake.seal(Array(words.utf8), key: key, "message \(id)", step: 512)
    }
}
