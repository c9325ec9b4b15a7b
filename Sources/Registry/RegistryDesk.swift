import Identity
import Kernel
import Logging
import Places
import Storage
import Synchronization
import Web

/// What the room's pages and commands share: the store, the categories, the search key, the town's areas, and the
/// record of who did what.
struct RegistryDesk: Sendable {
    let database: any Database
    let book: CategoryBook
    let search: SearchText
    let index: AreaIndex
    let audit: Audit
    let logger: Logger
    /// Tells the desk that somebody opens record after record.
    let raise: @Sendable (_ title: String, _ key: String, _ at: Instant, _ db: any Writing) throws -> Void

    private let town = TownCache()

    var areas: TownAreas { town.areas(of: index) }
    var writer: RecordWriter { RecordWriter(search: search, areas: areas) }

    /// Who looks, with what was opened for a purpose and still is.
    func viewer(_ call: Call, in db: any Reading) throws -> Viewer {
        let caller = try call.signedIn()
        return Viewer(caller, areas, opened: try GrantStore.opened(to: caller.id, at: .now, in: db))
    }

    /// A category that the caller sees something of; another one does not exist for them.
    func category(_ call: Call) throws -> Category {
        let caller = try call.signedIn()
        guard let category = book[try call.param("category")], Policy.sees(category, Viewer(caller, areas)) else {
            throw Problem.notFound
        }
        return category
    }

    /// The categories that the caller sees something of.
    func categories(_ call: Call) throws -> [Category] {
        let viewer = Viewer(try call.signedIn(), areas)
        return book.all.filter { Policy.sees($0, viewer) }
    }

    /// Takes the categories as they are stored: a change holds on this node from the answer on, on the others a moment
    /// later.
    func readBook() async throws {
        book.replace(try await database.read { db in try CategoryStore.current(in: db) })
    }

    /// A stored record of the category within the caller's areas, for what changes it.
    func record(_ id: RecordID, _ category: Category, _ viewer: Viewer, in db: any Reading) throws -> Record {
        guard let record = try RecordStore.find(id, in: db), record.category == category.key,
            Policy.covers(viewer, area: record.area, village: record.village)
        else { throw Problem.notFound }
        return record
    }

    /// What the caller sees of a record.
    func judged(_ id: RecordID, _ category: Category, _ viewer: Viewer, in db: any Reading) throws -> JudgedRecord {
        let record = try record(id, category, viewer, in: db)
        guard let judged = Policy.judge(record, in: category, for: viewer, today: Instant.now.dayNumber) else {
            throw Problem.notFound
        }
        return judged
    }

    /// Notes in the audit log what somebody did or read.
    func note(
        _ action: String, _ subject: String, by caller: Caller, purpose: String = "", detail: String = "{}",
        at now: Instant = .now, in db: any Writing
    ) throws {
        try audit.record(
            AuditEntry(
                at: now, actor: caller.id, actorName: caller.name, action: action, subject: subject, purpose: purpose,
                detail: detail), in: db)
    }
}

/// The town's areas as they were read last: every request asks for them several times, and they change with the borders
/// alone.
private final class TownCache: Sendable {
    private let known = Mutex<(version: Int64, areas: TownAreas)?>(nil)

    func areas(of index: AreaIndex) -> TownAreas {
        let version = index.snapshot.version
        return known.withLock { known in
            if let known, known.version == version { return known.areas }
            let areas = TownAreas(index.all, locate: index.area(at:))
            known = (version, areas)
            return areas
        }
    }
}
