import Cases
import Crypt
import Kernel
import Places
import Storage
import Web

/// What a reporter hands in, checked already.
struct NewReport: Sendable {
    var receipt: Receipt
    var level: Level
    var channel: Way
    var category: Category
    var area: AreaID?
    var content: ReportContent
    /// JPEG, made anew by us.
    var photos: [[UInt8]] = []
    /// The holder that it is about.
    var about: Holder?
    var mayPublish = false
    /// The case that it joins, where the reporter says that it is the same thing.
    var joins: CaseID?
    /// The reporter's number at WeChat; kept for the desk alone.
    var openID: String?
    var at: Instant
}

/// What a confidential reporter lets the desk know.
struct Confided: Sendable, Codable {
    var name: String?
    var phone: String?
    var openID: String?
}

/// Takes reports: seals them, opens or joins their case, stores all of it in one transaction.
struct Intake: Sendable {
    let database: any Database
    let cases: CaseDesk
    let areas: AreaIndex
    let hard: HardKey
    /// Words for the desk in the town's language.
    let word: @Sendable (String, [String: String]) -> String

    static let source = "woodpecker"

    /// What came of it.
    struct Taken: Sendable, Codable {
        var report: ReportID
        var caseID: CaseID
    }

    /// The key of a report and how it is made of a receipt.
    struct Opened: Sendable {
        var report: ReportID
        var key: [UInt8]
    }

    /// Stores a report. The same receipt once more is the same report: nothing is stored twice.
    /// - Throws: 503 `woodpecker.closed` while nobody at the desk has a key; 422 when the receipt is another's.
    func take(_ new: NewReport) async throws -> Taken {
        let locator = new.receipt.locator
        if try await database.read({ db in try ReportStore.lock(locator: locator, in: db) }) != nil {
            guard let known = try await open(new.receipt),
                let report = try await database.read({ db in try ReportStore.find(known.report, in: db) })
            else { throw Problem.invalid(["receipt": "taken"]) }
            return Taken(report: report.id, caseID: report.caseID)
        }
        let salt = try Secret.bytes(16)
        let derived = try await hard.derive(Array(new.receipt.secret.utf8), salt: salt)
        let key = try Secret.bytes(Cipher.keyLength)
        let at = Coarse.moment(new.at, new.level)
        let id = new.level == .named ? ReportID.next() : ReportID.coarse(at)
        let confided = Confided(name: new.content.name, phone: new.content.phone, openID: new.openID)
        var shared = new.content
        if new.level != .named { (shared.name, shared.phone) = (nil, nil) }
        let sealedWords = try JSON.encode(shared)
        let content = try Self.seal(sealedWords, key: key, "content", step: 1_024)
        let photos = try new.photos.enumerated().map { position, photo in
            try Self.seal(photo, key: key, "photo \(position)", step: 65_536)
        }
        let own = try Cipher.seal(key, key: Self.unwrapKey(derived), context: Array("reporter \(id)".utf8))
        let proof = Self.proof(derived)
        let taken: Taken? = try await database.write { [self] db in
            // The same report came twice at once, and the other one was quicker.
            if try ReportStore.lock(locator: locator, in: db) != nil { return nil }
            // Nobody but the leaders reads what is said about the desk itself.
            let holder: Holder = new.about == .desk ? .leader : .desk
            guard let receiver = try KeyStore.publicKey(holder, in: db) else { throw Problem(503, "woodpecker.closed") }
            // Who is confided in is the desk, not a department.
            let contact: [UInt8] =
                new.level == .confidential
                ? try SealedBox.seal(
                    Padding.add(try JSON.encode(confided), step: 256), to: receiver, context: "contact \(id)") : []
            let caseID = try joinOrOpen(new, id, at: at, in: db)
            try ReportStore.insert(
                ReportStore.NewRow(
                    id: id, locator: new.receipt.locator, salt: salt, proof: proof, level: new.level,
                    channel: new.channel, category: new.category.code, area: new.area, caseID: caseID, receivedAt: at,
                    content: content, contact: contact, photos: photos, mayPublish: new.mayPublish), in: db)
            try ReportStore.addSeal(id, .reporter, own, in: db)
            try ReportStore.addSeal(id, holder, try Self.seal(key, of: id, to: receiver), in: db)
            // Departments that already have the case get what joins it.
            let lead = try ReportCaseStore.find(caseID, in: db)?.department
            for department in [lead].compactMap(\.self) + (try AssistStore.departments(of: caseID, in: db)) {
                guard let key2 = try KeyStore.publicKey(.department(department), in: db) else { continue }
                try ReportStore.addSeal(id, .department(department), try Self.seal(key, of: id, to: key2), in: db)
            }
            try ReportCaseStore.waits(caseID, in: db)
            try Self.publish(caseID, area: new.area, at: at, in: db)
            return Taken(report: id, caseID: caseID)
        }
        if let taken { return taken }
        return try await take(new)
    }

    /// Checks a receipt. A wrong locator costs the same computation as a wrong secret, and gives the same answer.
    func open(_ receipt: Receipt) async throws -> Opened? {
        let lock = try await database.read { db in try ReportStore.lock(locator: receipt.locator, in: db) }
        let isThere = lock?.salt.count == 16
        let salt = isThere ? lock?.salt ?? [] : Array(Digest.sha256(Array(receipt.locator.utf8)).prefix(16))
        let derived = try await hard.derive(Array(receipt.secret.utf8), salt: salt)
        let proof = isThere ? lock?.proof ?? [] : [UInt8](repeating: 0, count: 32)
        let sealed = try await database.read { db in
            try ReportStore.seal(lock?.report ?? ReportID(rawValue: 0), .reporter, in: db)
        }
        guard Secret.equal(Self.proof(derived), proof), isThere, let lock, let sealed,
            let key = Cipher.open(
                sealed, key: Self.unwrapKey(derived), context: Array("reporter \(lock.report)".utf8))
        else { return nil }
        return Opened(report: lock.report, key: key)
    }

    /// Seals a report's key to a holder.
    static func seal(_ key: [UInt8], of id: ReportID, to receiver: [UInt8]) throws -> [UInt8] {
        try SealedBox.seal(key, to: receiver, context: "report \(id)")
    }

    static func seal(_ bytes: [UInt8], key: [UInt8], _ context: String, step: Int) throws -> [UInt8] {
        try Cipher.seal(Padding.add(bytes, step: step), key: key, context: Array(context.utf8))
    }

    static func unseal(_ sealed: [UInt8], key: [UInt8], _ context: String) -> [UInt8]? {
        Cipher.open(sealed, key: key, context: Array(context.utf8)).flatMap(Padding.remove)
    }

    /// Tells the inbox that something changed; nothing of what.
    static func publish(_ id: CaseID, area: AreaID?, at: Instant, in db: any Writing) throws {
        try db.publish(
            NewEvent(
                type: "report.changed", subject: "reports/\(id)", permission: Permission.reportRead.name,
                area: area?.rawValue, at: at, data: "{\"subject\":\"reports/\(id)\",\"caseId\":\"\(id)\"}"))
    }

    private func joinOrOpen(_ new: NewReport, _ id: ReportID, at: Instant, in db: any Writing) throws -> CaseID {
        let signal = Signal(source: Self.source, key: id.description)
        // Who is reported reads what joins a case that it has: what is about somebody never joins anything.
        if new.about == nil, let other = new.joins, let known = try ReportCaseStore.find(other, in: db),
            known.outcome == nil,
            known.category == new.category.code, known.about.isEmpty, try cases.isOpen(other, in: db)
        {
            try cases.join(signal, text: word("woodpecker.case.joined", [:]), to: other, at: at, in: db)
            return other
        }
        let point = new.category.isSensitive || new.about != nil ? nil : new.content.point.flatMap(Coarse.point)
        let area = new.area.map(areas.name(of:)) ?? ""
        let name = new.about == nil ? new.category.name.text(.zh) : word("woodpecker.case.about", [:])
        let opened = try cases.open(
            NewCase(
                kind: .report, severity: Severity(rawValue: new.category.severity) ?? .minor,
                title: area.isEmpty ? name : "\(name)·\(area)", placeText: area, point: point, area: new.area,
                signal: signal, at: at, id: new.level == .named ? nil : CaseID.coarse(at)), in: db)
        let due = try cases.record(opened, in: db)?.dueAt ?? at
        try ReportCaseStore.insert(
            ReportCaseStore.NewRow(
                id: opened, category: new.category.code, area: new.area, point: point, about: new.about?.name ?? "",
                openedAt: at, dueAt: due,
                answerDueAt: cases.calendar.moment(after: WorkCalendar.dayMs, from: at)), in: db)
        return opened
    }

    private static func proof(_ derived: [UInt8]) -> [UInt8] {
        Digest.hkdf(derived, salt: [], context: "woodpecker receipt proof")
    }

    private static func unwrapKey(_ derived: [UInt8]) -> [UInt8] {
        Digest.hkdf(derived, salt: [], context: "woodpecker receipt key")
    }
}

extension Holder {
    /// The person who made the report; the key is the receipt.
    static let reporter = Holder(name: "reporter")
}
