import Kernel
import Storage

/// Reports with their seals, photos and messages.
enum ReportStore {
    /// What is inserted beside the report's plain columns.
    struct NewRow: Sendable {
        var id: ReportID
        var locator: String
        var salt: [UInt8]
        var proof: [UInt8]
        var level: Level
        var channel: Way
        var category: String
        var area: AreaID?
        var caseID: CaseID
        var receivedAt: Instant
        var content: [UInt8]
        var contact: [UInt8]
        var photos: [[UInt8]]
        var mayPublish: Bool
    }

    /// What a receipt is checked against.
    struct Lock: Sendable, RowDecodable {
        var report: ReportID
        var salt: [UInt8]
        var proof: [UInt8]
        init(row: inout Row) throws {
            report = try row.next()
            salt = try row.next()
            proof = try row.next()
        }
    }

    static func insert(_ new: NewRow, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO report (id, locator, salt, proof, level, channel, category, area, case_id, received_at, content,
            contact, photos, may_publish, muted, rating) VALUES (\(new.id), \(new.locator), \(new.salt), \(new.proof),
            \(new.level), \(new.channel), \(new.category), \(new.area), \(new.caseID), \(new.receivedAt),
            \(new.content), \(new.contact), \(new.photos.count), \(new.mayPublish), 0, '')
            """)
        for (position, photo) in new.photos.enumerated() {
            try db.execute(
                "INSERT INTO report_photo (report, position, sealed) VALUES (\(new.id), \(position), \(photo))")
        }
    }

    static func lock(locator: String, in db: any Reading) throws -> Lock? {
        try db.first(Lock.self, "SELECT id, salt, proof FROM report WHERE locator = \(locator)")
    }

    static func find(_ id: ReportID, in db: any Reading) throws -> Report? {
        try db.first(Report.self, "SELECT \(raw: Report.columns) FROM report WHERE id = \(id)")
    }

    /// The reports whose case it is, oldest first.
    static func list(of id: CaseID, in db: any Reading) throws -> [Report] {
        try db.all(
            Report.self,
            "SELECT \(raw: Report.columns) FROM report WHERE case_id = \(id) ORDER BY received_at, id LIMIT 500")
    }

    static func count(of id: CaseID, in db: any Reading) throws -> Int64 {
        try db.value(Int64.self, "SELECT COUNT(*) FROM report WHERE case_id = \(id)") ?? 0
    }

    static func content(_ id: ReportID, in db: any Reading) throws -> [UInt8]? {
        try db.value([UInt8].self, "SELECT content FROM report WHERE id = \(id)")
    }

    static func contact(_ id: ReportID, in db: any Reading) throws -> [UInt8]? {
        try db.value([UInt8].self, "SELECT contact FROM report WHERE id = \(id)")
    }

    static func photo(_ id: ReportID, _ position: Int, in db: any Reading) throws -> [UInt8]? {
        try db.value(
            [UInt8].self, "SELECT sealed FROM report_photo WHERE report = \(id) AND position = \(position)")
    }

    static func seal(_ id: ReportID, _ holder: Holder, in db: any Reading) throws -> [UInt8]? {
        try db.value([UInt8].self, "SELECT sealed FROM report_seal WHERE report = \(id) AND holder = \(holder)")
    }

    static func holders(_ id: ReportID, in db: any Reading) throws -> [Holder] {
        try db.values(Holder.self, "SELECT holder FROM report_seal WHERE report = \(id) ORDER BY holder")
    }

    static func addSeal(_ id: ReportID, _ holder: Holder, _ sealed: [UInt8], in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO report_seal (report, holder, sealed) VALUES (\(id), \(holder), \(sealed))
            ON CONFLICT (report, holder) DO UPDATE SET sealed = excluded.sealed
            """)
    }

    static func dropSeal(_ id: ReportID, _ holder: Holder, in db: any Writing) throws {
        try db.execute("DELETE FROM report_seal WHERE report = \(id) AND holder = \(holder)")
    }

    static func messages(_ id: ReportID, in db: any Reading) throws -> [ReportMessage] {
        try db.all(
            ReportMessage.self,
            "SELECT \(raw: ReportMessage.columns) FROM report_message WHERE report = \(id) ORDER BY position LIMIT 500")
    }

    static func insert(_ message: ReportMessage, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO report_message (\(raw: ReportMessage.columns), position) VALUES (\(message.id), \(message.report),
            \(message.at), \(message.sender), \(message.kind), \(message.body),
            (SELECT COALESCE(MAX(position), 0) + 1 FROM report_message WHERE report = \(message.report)))
            """)
    }

    static func setRating(_ id: ReportID, _ rating: Rating, in db: any Writing) throws {
        try db.execute("UPDATE report SET rating = \(rating.rawValue) WHERE id = \(id)")
    }

    static func setMuted(_ id: ReportID, _ isMuted: Bool, in db: any Writing) throws {
        try db.execute("UPDATE report SET muted = \(isMuted) WHERE id = \(id)")
    }

    static func move(_ id: CaseID, to other: CaseID, in db: any Writing) throws {
        try db.execute("UPDATE report SET case_id = \(other) WHERE case_id = \(id)")
    }

    /// Destroys what a report said: keys first, then what they opened, then what its receipt is checked against.
    static func erase(_ id: ReportID, at now: Instant, in db: any Writing) throws {
        try db.execute("DELETE FROM report_seal WHERE report = \(id)")
        try db.execute("DELETE FROM report_photo WHERE report = \(id)")
        try db.execute("DELETE FROM report_message WHERE report = \(id)")
        let nothing: [UInt8] = []
        try db.execute(
            """
            UPDATE report SET content = \(nothing), contact = \(nothing), salt = \(nothing), proof = \(nothing), photos = 0,
            erased_at = \(now) WHERE id = \(id)
            """)
    }

    /// Reports whose case was finished before `moment` and whose content is still there.
    static func expired(before moment: Instant, limit: Int, in db: any Reading) throws -> [ReportID] {
        try db.values(
            ReportID.self,
            """
            SELECT report.id FROM report JOIN report_case ON report_case.case_id = report.case_id
            WHERE report.erased_at IS NULL AND report_case.finished_at < \(moment) ORDER BY report.id
            LIMIT \(Int64(limit))
            """)
    }
}
