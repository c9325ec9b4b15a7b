import Cases
import Crypt
import Kernel
import Pictures
import Places
import Storage
import Web

extension WoodpeckerRoom {
    /// What a receipt opens.
    func receiptRoutes(_ routes: inout Routes) {
        routes.get("/receipt", .device, "Look after a report with its receipt") { call in
            try receiptPage(Citizen.call(call))
        }
        routes.get("/receipt/work", .device, "A puzzle that a script solves to be served at once") { _ in
            struct Puzzle: Encodable {
                var puzzle: String
                var bits: Int
            }
            return Citizen.sealed(try .json(Puzzle(puzzle: try work.puzzle(at: .now), bits: WorkProof.bits)))
        }
        routes.post("/receipt", .device, "Open a report with its receipt, or act on the one that is open") { call in
            let form = call.form
            return try await receiptStep(Citizen.call(call, form: form), form)
        }
        routes.post(
            "/api/v1/reports/status", .device, "What became of a report, for who has its receipt",
            shapes: Shapes(
                takes: .object(["receipt": .text, "puzzle": .text, "answer": .text], required: ["receipt"]),
                gives: .object(
                    [
                        "number": .text, "state": .text, "outcome": .text, "dueAt": .time, "department": .text,
                        "words": .text,
                        "messages": .list(
                            .object(["from": .text, "kind": .text, "at": .time, "text": .text], required: ["from"])),
                    ], required: ["number", "state"]))
        ) { call in try await statusJSON(call) }
    }

    /// The page after a report was taken: the only time at which the receipt is shown.
    func newReceiptPage(_ call: Call, _ receipt: Receipt, _ category: Category) async throws -> Answer {
        let lessons = try await timely(category)
        var context: [String: Any] = [
            "digits": receipt.text.split(separator: " ").map(String.init), "text": receipt.text,
            "words": receipt.words, "wordsText": receipt.words.joined(separator: " "),
            "category": category.name.text(call.language),
            "qr": QRCode.svg(receipt.text, label: call.word("woodpecker.receipt.qr")) ?? "",
        ]
        if !lessons.isEmpty { context["lessons"] = ["items": lessons.map { lessonRow($0, call) }] as [String: Any] }
        return try Citizen.page(
            "receipt-new", title: call.word("woodpecker.receipt.newTitle"), context, call, path: "/receipt")
    }

    private func receiptPage(_ call: Call, error: String? = nil, status: Int = 200) throws -> Answer {
        var context: [String: Any] = ["puzzle": try work.puzzle(at: .now), "bits": String(WorkProof.bits)]
        if let error { context["error"] = call.word(error) }
        return try Citizen.page(
            "receipt", title: call.word("woodpecker.receipt.title"), context, call, path: "/receipt", status: status)
    }

    /// What came of checking a receipt.
    private enum Checked {
        case opened(Intake.Opened)
        case wrong
        case wait
    }

    /// Checks a receipt behind its puzzle or in the slow lane. A locator on which somebody guesses is closed for a
    /// while, whether there is a report under it or not.
    private func check(_ receipt: Receipt, puzzle: String, answer: String) async throws -> Checked {
        let now = Instant.now
        if wrongReceipts.isOver(receipt.locator, at: now) { return .wait }
        if !work.takes(puzzle, answer: answer, at: now) { try await slowLane.wait() }
        do {
            if let opened = try await intake.open(receipt) { return .opened(opened) }
        } catch CryptError.busy {
            throw Problem(503, "overloaded", retryAfter: 20)
        }
        wrongReceipts.add(receipt.locator, at: .now)
        return .wrong
    }

    private func receiptStep(_ call: Call, _ form: Form) async throws -> Answer {
        if let pass = form["pass"] {
            guard let opened = passes.opened(pass, at: .now) else {
                return try receiptPage(call, error: "woodpecker.receipt.expired", status: 422)
            }
            if form["act"] == "leave" {
                passes.end(pass)
                return try receiptPage(call)
            }
            let flaw = try await act(form, opened)
            return try await statusPage(call, opened, pass: pass, flaw: flaw)
        }
        let receipt: Receipt
        do {
            receipt = try Receipt(form["receipt"] ?? "")
        } catch {
            return try receiptPage(call, error: "woodpecker.receipt.\(error)", status: 422)
        }
        switch try await check(receipt, puzzle: form["puzzle"] ?? "", answer: form["answer"] ?? "") {
        case .wait: return try receiptPage(call, error: "woodpecker.receipt.wait", status: 429)
        case .wrong: return try receiptPage(call, error: "woodpecker.receipt.wrong", status: 422)
        case .opened(let opened):
            return try await statusPage(call, opened, pass: try passes.issue(opened, at: .now), flaw: nil)
        }
    }

    /// Does what a button of the page asks for.
    /// - Returns: the words' key where it could not be done.
    private func act(_ form: Form, _ opened: Intake.Opened) async throws -> String? {
        var check = FieldCheck()
        do {
            switch form["act"] {
            case "reply":
                let words = check.text(form["words"], "words", 1...2_000)
                try check.finish()
                if (try? Receipt(words)) != nil { return "woodpecker.receipt.inWords" }
                try await correspondence.reply(words, opened, at: .now)
            case "rate":
                guard let rating = form["rating"].flatMap(Rating.init(rawValue:)) else { return "problem.invalid" }
                try await correspondence.rate(rating, opened, at: .now)
            case "not-fixed":
                let words = check.text(form["words"], "words", 1...2_000)
                try check.finish()
                try await correspondence.notFixed(words, opened, at: .now)
            default: break
            }
            return nil
        } catch let problem as Problem where problem.status == 409 || problem.status == 422 {
            return "problem.\(problem.code)"
        }
    }

    private func statusPage(_ call: Call, _ opened: Intake.Opened, pass: String, flaw: String?) async throws -> Answer {
        let now = Instant.now
        guard let status = try await database.read({ db in try correspondence.status(opened, at: now, in: db) }) else {
            return try receiptPage(call, error: "woodpecker.receipt.erased", status: 410)
        }
        let category = category(status.report.category)
        var context: [String: Any] = [
            "pass": pass, "number": status.number, "category": category?.name.text(call.language) ?? "",
            "area": status.report.area.map(areas.name(of:)) ?? "",
            "state": call.word("woodpecker.phase.\(status.phase.rawValue)"),
            "steps": steps(status, call), "received": status.report.receivedAt.date,
            "department": status.department?.name ?? "", "departmentPhone": status.department?.phone ?? "",
            "due": status.dueAt.map { String($0.text.prefix(16)) } ?? "",
            "own": status.content?.words ?? "", "photos": status.report.photos > 0 ? String(status.report.photos) : "",
            "lines": status.lines.map { line -> [String: Any] in
                [
                    "from": call.word("woodpecker.sender.\(line.sender.rawValue)"), "isOwn": line.sender == .citizen,
                    "kind": call.word("woodpecker.kind.\(line.kind.rawValue)"),
                    "at": line.sender == .citizen && status.report.level != .named
                        ? line.at.date : String(line.at.text.prefix(16)),
                    "words": line.words,
                ]
            },
            "mayReply": !status.report.isMuted, "mayReopen": status.mayReopen,
            "muted": status.report.isMuted,
        ]
        if let outcome = status.outcome {
            context["outcome"] = [
                "text": call.word("woodpecker.outcome.\(outcome.rawValue)"), "tint": outcome == .fixed ? "ok" : "warn",
            ]
            context["ratings"] = Rating.allCases.map { rating -> [String: Any] in
                [
                    "value": rating.rawValue, "label": call.word("woodpecker.rating.\(rating.rawValue)"),
                    "chosen": status.report.rating == rating,
                ]
            }
        }
        if let flaw { context["flaw"] = call.word(flaw) }
        return try Citizen.page(
            "receipt-status", title: call.word("woodpecker.receipt.statusTitle"), context, call, path: "/receipt")
    }

    private func steps(_ status: Correspondence.Status, _ call: Call) -> [[String: Any]] {
        let reached =
            switch status.phase {
            case .open: 0
            case .accepted: 1
            case .assigned, .handling, .suspended: 2
            case .handled, .rejected, .merged: 3
            case .closed: 4
            }
        return ["received", "accepted", "handled", "answered", "verified"].enumerated().map { index, name in
            ["label": call.word("woodpecker.step.\(name)"), "done": index <= reached, "current": index == reached]
        }
    }

    private func statusJSON(_ call: Call) async throws -> Answer {
        struct Wanted: Decodable {
            var receipt: String
            var puzzle: String?
            var answer: String?
        }
        struct Message: Encodable {
            var from: String
            var kind: String
            var at: String
            var text: String
        }
        struct Status: Encodable {
            var number: String
            var state: String
            var outcome: String?
            var dueAt: String?
            var department: String?
            var words: String?
            var messages: [Message]
        }
        let wanted: Wanted = try call.json()
        guard let receipt = try? Receipt(wanted.receipt) else { throw Problem.invalid(["receipt": "invalid"]) }
        switch try await check(receipt, puzzle: wanted.puzzle ?? "", answer: wanted.answer ?? "") {
        case .wait: throw Problem(429, "login.wait", retryAfter: 900)
        case .wrong: throw Problem(404, "woodpecker.no-receipt")
        case .opened(let opened):
            guard
                let status = try await database.read({ db in
                    try correspondence.status(opened, at: .now, in: db)
                })
            else { throw Problem(404, "woodpecker.no-receipt") }
            return Citizen.sealed(
                try .json(
                    Status(
                        number: status.number, state: status.phase.rawValue, outcome: status.outcome?.rawValue,
                        dueAt: status.dueAt?.rfc3339, department: status.department?.name,
                        words: status.content?.words,
                        messages: status.lines.map {
                            Message(from: $0.sender.rawValue, kind: $0.kind.rawValue, at: $0.at.rfc3339, text: $0.words)
                        })))
        }
    }
}
