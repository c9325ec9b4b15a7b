import Crypt
import Foundation
import Identity
import Kernel
import Logging
import Places
import ServiceLifecycle
import Storage
import Web

/// 大数据库: what the town knows, by categories that are data, kept true and guarded by one policy.
public struct RegistryRoom: Room {
    /// The room's name.
    public let name = "registry"
    /// Its tables.
    public let migrations: [Migration]
    /// The categories as they are now.
    public let book = CategoryBook()
    let desk: RegistryDesk
    let folder: URL

    /// The schema, needed before there is a database.
    public static func schema() throws -> [Migration] { try Migration.load(room: "registry", bundle: .module) }
    /// Its templates and words.
    public static var resources: Bundle { .module }
    /// Its templates and words.
    public var bundle: Bundle { .module }

    /// Opens the room: reads the key of its hashes in `folder`, or makes one, and adds the shipped categories that the
    /// town does not have yet.
    /// - Parameter raise: opens a case when somebody opens record after record; its key is the same for an hour.
    public init(
        database: any Database, folder: URL, audit: Audit, areas: AreaIndex, logger: Logger,
        raise: @escaping @Sendable (_ title: String, _ key: String, _ at: Instant, _ db: any Writing) throws -> Void
    ) async throws {
        migrations = try Self.schema()
        self.folder = folder
        desk = RegistryDesk(
            database: database, book: book, search: SearchText(key: try Self.key(in: folder)), index: areas,
            audit: audit, logger: logger, raise: raise)
        let shipped = try CategoryStore.shipped()
        let current = try await database.read { db in try CategoryStore.current(in: db) }
        if Set(shipped.map(\.key)).isSubset(of: current.map(\.category.key)) {
            book.replace(current)
        } else {
            book.replace(
                try await database.write { db in
                    try CategoryStore.addMissing(shipped, at: .now, in: db)
                    return try CategoryStore.current(in: db)
                })
        }
    }

    private static func key(in folder: URL) throws -> [UInt8] {
        let file = folder.appendingPathComponent("registry.key")
        if let known = FileManager.default.contents(atPath: file.path), known.count == 32 { return Array(known) }
        let key = try Secret.bytes(32)
        guard
            FileManager.default.createFile(
                atPath: file.path, contents: Data(key), attributes: [.posixPermissions: 0o600])
        else { throw StorageError.unavailable("cannot write \(file.path)") }
        return key
    }

    /// Makes the invented town's records, the same for the same seed, and returns how many.
    /// - Parameters:
    ///   - records: about how many; 100,000 is a town of full size.
    ///   - spot: a place within an area, for a number.
    public static func makeSample(
        database: any Database, folder: URL, areas: [Area], records: Int, seed: UInt64 = 2026, at now: Instant,
        locate: @escaping @Sendable (GeoPoint) -> AreaID?, spot: @escaping @Sendable (AreaID, UInt64) -> GeoPoint?
    ) async throws -> Int64 {
        let shipped = try CategoryStore.shipped()
        let book = CategoryBook()
        book.replace(
            try await database.write { db in
                try CategoryStore.addMissing(shipped, at: now, in: db)
                return try CategoryStore.current(in: db)
            })
        let town = TownAreas(areas, locate: locate)
        var sample = SampleTown(
            areas: town, writer: RecordWriter(search: SearchText(key: try key(in: folder)), areas: town), book: book,
            total: records, seed: seed, now: now, spot: spot)
        try await sample.store(in: database)
        return try await database.read { db in
            try db.value(Int64.self, "SELECT COUNT(*) FROM registry_record") ?? 0
        }
    }

    /// The registry.
    public var navigation: [NavigationItem] {
        [
            NavigationItem("/registry", key: "registry.nav", icon: "list", needs: .registryRead, order: 30),
            NavigationItem("/field/visits", key: "registry.visits", icon: "check", needs: .registryVerify, order: 31),
        ]
    }

    /// Its ways in.
    public func routes(_ routes: inout Routes) {
        CategoryPages(desk: desk).add(to: &routes)
        RecordListPages(desk: desk).add(to: &routes)
        RecordPages(desk: desk).add(to: &routes)
        RecordForms(desk: desk).add(to: &routes)
        RecordRoutes(desk: desk).add(to: &routes)
        ProposalPages(desk: desk).add(to: &routes)
        ImportPages(importer: importer).add(to: &routes)
        VisitPages(desk: desk).add(to: &routes)
        PairPages(desk: desk).add(to: &routes)
        QualityPages(desk: desk).add(to: &routes)
        ExportPages(desk: desk).add(to: &routes)
        ReportPages(desk: desk).add(to: &routes)
        CategoryAdmin(desk: desk).add(to: &routes)
        CategoryRoutes(desk: desk).add(to: &routes)
        RemovalRoutes(desk: desk).add(to: &routes)
        ReviewRoutes(desk: desk).add(to: &routes)
    }

    /// How true the data of a village are, as texts: a small number of people is told as `<5`.
    public struct VillageQuality: Sendable {
        /// Which village.
        public var village: String
        /// How many records.
        public var records: String
        /// How many of them are whole, in per cent.
        public var complete: String
        /// How many of them were looked at in time, in per cent.
        public var fresh: String
        /// How many contradict others.
        public var contradictory: String
    }

    /// The quality of the data as this caller may know it; `nil` where they may not.
    public func quality(for caller: Caller, in db: any Reading) throws -> [VillageQuality]? {
        guard caller.may(.registryQuality) else { return nil }
        return try QualityPages(desk: desk).lines(for: caller, in: db)?.map {
            VillageQuality(
                village: $0.village, records: $0.records, complete: $0.complete, fresh: $0.fresh,
                contradictory: $0.contradictory)
        }
    }

    /// Its workers.
    public func services() -> [any Service] {
        [
            BookKeeper(desk: desk), ImportWorker(importer: importer), NightWorker(desk: desk, imports: importer.folder),
            Rederiving(desk: desk), CategoryRemoval(desk: desk),
        ]
    }

    var importer: Importer { Importer(desk: desk, folder: folder.appendingPathComponent("imports")) }

    /// What a table brought.
    public struct ImportReport: Sendable {
        /// Rows by what became of them.
        public var added, changed, same, refused: Int64
        /// The refused rows with why, as an .xlsx; empty where there are none.
        public var refusedRows: [UInt8]
        /// Column → field, by their names.
        public var columns: [(column: String, field: String)]
    }

    /// Brings a table in at once, its columns read by name and content.
    /// - Parameters:
    ///   - isDry: whether nothing is stored.
    ///   - words: what a code of a refusal means.
    public func importTable(
        _ bytes: [UInt8], name: String, category key: String, isDry: Bool, words: @escaping @Sendable (String) -> String
    ) async throws -> ImportReport {
        guard let category = book[key] else { throw Problem.invalid(["category": "unknown"]) }
        // Whoever may write to the data folder is the registry's own clerk.
        let viewer = Viewer(roles: Set(Role.allCases))
        var job = try await importer.take(
            bytes, name: name, category, viewer: viewer, by: (nil, "zhili import"), at: .now)
        let (id, plan) = (job.id, job.plan)
        job =
            try await desk.database.write { db in
                var plan = plan
                plan.isDry = isDry
                try ImportStore.queue(id, plan, in: db)
                try desk.audit.record(
                    AuditEntry(
                        at: .now, actor: nil, actorName: "zhili import", action: isDry ? "import.try" : "import.store",
                        subject: "imports/\(id)"), in: db)
                return try ImportStore.find(id, in: db)
            } ?? job
        try await importer.run(job)
        let (done, refusals) = try await desk.database.read { db in
            (try ImportStore.find(id, in: db), try ImportStore.refusals(of: id, limit: 200_000, in: db))
        }
        let counts = done?.counts ?? ImportCounts()
        let rows =
            refusals.isEmpty
            ? []
            : try await importer.refusedRows(job, refusals, heads: ("行号", "原因")) { flaw in
                "\(category.field(flaw.field)?.name.zh ?? flaw.field)：\(words("problem.field.\(flaw.code)"))"
            }
        return ImportReport(
            added: counts.added, changed: counts.changed, same: counts.same, refused: counts.refused,
            refusedRows: rows,
            columns: plan.columns.sorted { $0.key < $1.key }.map {
                (plan.names[$0.key], category.field($0.value)?.name.zh ?? $0.value)
            })
    }
}

extension RegistryRoom {
    /// What is kept about a person and who looked, as lines to print for them; asking is noted in the audit log.
    /// - Parameters:
    ///   - number: the person's whole ID number or phone.
    ///   - proof: how it was made sure that it is theirs to ask.
    ///   - word: words of the catalogue in the language of the print.
    public func ownReport(
        _ number: String, proof: String, language: Language, word: @Sendable (String) -> String
    ) async throws -> [String] {
        var check = FieldCheck()
        let (wanted, why) = (check.text(number, "number", 7...30), check.text(proof, "proof", 2...200))
        try check.finish()
        let (desk, visible) = (desk, book.all)
        let report = try await desk.database.write { db in
            try OwnReport.asked(
                wanted, desk, visible: visible, by: (nil, "zhili own-report"), proof: why, at: .now, in: db)
        }
        guard !report.parts.isEmpty else { return [word("registry.nothingKept")] }
        var lines: [String] = []
        for part in report.parts {
            let category = part.category
            lines += ["", "== \(category.name.text(language))"]
            lines.append(
                [category.purpose, category.basis, category.owner].map { $0.text(language) }.joined(separator: " · "))
            for (value, fact) in zip(part.values, part.facts) {
                let text =
                    switch value.field.type {
                    case .code: value.field.codeName(value.value, language)
                    case .flag: word(value.value == "1" ? "registry.yes" : "registry.no")
                    default: value.value
                    }
                let source = word("registry.source.\(fact.source.rawValue)")
                lines.append(
                    "\(value.field.name.text(language)): \(text)  (\(source) \(fact.seenBy) \(Instant(ms: fact.seenAt).date))"
                )
            }
            lines.append("-- \(word("registry.whoLooked"))")
            lines += part.looks.map { look in
                let what = word("audit.\(look.action)")
                return
                    "\(look.at.text) \(look.actorName) \(what.hasPrefix("audit.") ? look.action : what) \(look.purpose)"
            }
            if part.looks.isEmpty { lines.append(word("registry.nobodyLooked")) }
        }
        return lines
    }
}

/// Keeps the categories in memory true.
private struct BookKeeper: Service {
    let desk: RegistryDesk

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await desk.database.wakeups.wait(CategoryBook.topic, atMostMs: 300_000)
                do {
                    desk.book.replace(try await desk.database.read { db in try CategoryStore.current(in: db) })
                } catch is CancellationError {
                    break
                } catch {
                    desk.logger.error("categories could not be read", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}
