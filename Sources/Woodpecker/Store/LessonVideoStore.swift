import Film
import Foundation
import Kernel
import Storage

enum LessonVideoStore {
    static func add(_ video: LessonVideo, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO lesson_video (\(raw: LessonVideo.columns)) VALUES (\(video.id), \(video.lesson), \(video.words),
            \(video.state), \(video.why), \(video.width), \(video.height), \(video.durationMs), \(video.bytes),
            \(video.captions), \(video.broughtAt))
            """)
    }

    static func find(_ id: ID<LessonVideo>, in db: any Reading) throws -> LessonVideo? {
        try db.first(LessonVideo.self, "SELECT \(raw: LessonVideo.columns) FROM lesson_video WHERE id = \(id)")
    }

    static func of(_ lesson: LessonID, in db: any Reading) throws -> LessonVideo? {
        try db.first(LessonVideo.self, "SELECT \(raw: LessonVideo.columns) FROM lesson_video WHERE lesson = \(lesson)")
    }

    /// Those of several lessons that can be seen.
    static func ready(of lessons: [LessonID], in db: any Reading) throws -> [LessonVideo] {
        guard !lessons.isEmpty else { return [] }
        let ids = lessons.map { "\($0)" as SQL }
        return try db.all(
            LessonVideo.self,
            """
            SELECT \(raw: LessonVideo.columns) FROM lesson_video WHERE state = 'ready'
            AND lesson IN (\(SQL.joined(ids, by: ", ")))
            """)
    }

    static func poster(_ id: ID<LessonVideo>, in db: any Reading) throws -> [UInt8]? {
        try db.value([UInt8]?.self, "SELECT poster FROM lesson_video WHERE id = \(id)") ?? nil
    }

    /// Every one that there is, for the folder to be tidied.
    static func all(in db: any Reading) throws -> [ID<LessonVideo>] {
        try db.values(Int64.self, "SELECT id FROM lesson_video").map(ID.init(rawValue:))
    }

    static func begin(_ id: ID<LessonVideo>, in db: any Writing) throws {
        try db.execute("UPDATE lesson_video SET state = 'making' WHERE id = \(id) AND state IN ('waiting', 'making')")
    }

    /// Returns whether it was still there and not finished.
    static func finish(_ id: ID<LessonVideo>, _ made: Film.Made, in db: any Writing) throws -> Bool {
        try db.execute(
            """
            UPDATE lesson_video SET state = 'ready', why = '', width = \(Int64(made.width)),
            height = \(Int64(made.height)), duration_ms = \(made.durationMs), bytes = \(made.bytes),
            poster = \(made.poster) WHERE id = \(id) AND state IN ('waiting', 'making')
            """) > 0
    }

    static func refuse(_ id: ID<LessonVideo>, why: String, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE lesson_video SET state = 'refused', why = \(why) WHERE id = \(id)
            AND state IN ('waiting', 'making')
            """)
    }

    static func caption(_ id: ID<LessonVideo>, _ captions: String, in db: any Writing) throws {
        try db.execute("UPDATE lesson_video SET captions = \(captions) WHERE id = \(id)")
    }

    static func remove(_ id: ID<LessonVideo>, in db: any Writing) throws {
        try db.execute("DELETE FROM lesson_video WHERE id = \(id)")
    }
}

/// Where films lie: under `lesson-videos` in the data folder those that were made, under `coming` in it what came in and
/// what is being made, which no backup takes.
struct LessonFilms: Sendable {
    let folder: URL
    private var coming: URL { folder.appendingPathComponent(Self.comingName) }
    static let name = "lesson-videos"
    private static let comingName = "coming"
    /// What a backup leaves out, as the beginning of paths in the data folder.
    static let passing = "\(name)/\(comingName)/"

    init(data: URL) throws {
        folder = data.appendingPathComponent(Self.name)
        try FileManager.default.createDirectory(at: coming, withIntermediateDirectories: true)
    }

    /// What came in.
    func source(_ id: ID<LessonVideo>) -> URL { coming.appendingPathComponent(id.description) }
    /// What is being made by one try.
    func part(_ id: ID<LessonVideo>, _ attempt: Int64) -> URL {
        coming.appendingPathComponent("\(id)-\(attempt).mp4")
    }
    /// What was made.
    func film(_ id: ID<LessonVideo>) -> URL { folder.appendingPathComponent("\(id).mp4") }

    /// Keeps what came in, synced, before the row that names it is committed.
    func keep(_ bytes: [UInt8], _ id: ID<LessonVideo>) throws {
        do {
            try Data(bytes).write(to: source(id))
            try sync(source(id))
        } catch let error as CocoaError where error.code == .fileWriteOutOfSpace {
            remove(id)
            throw StorageError.full
        }
    }

    /// Puts what was made in its place, synced, before the row says that it is ready.
    func place(_ part: URL, as id: ID<LessonVideo>) throws {
        try sync(part)
        if FileManager.default.fileExists(atPath: film(id).path) { try FileManager.default.removeItem(at: film(id)) }
        try FileManager.default.moveItem(at: part, to: film(id))
    }

    /// Removes what came in and what was begun.
    func clear(_ id: ID<LessonVideo>) {
        for file in files(coming) where file.lastPathComponent.hasPrefix(id.description) {
            try? FileManager.default.removeItem(at: file)
        }
    }

    func remove(_ id: ID<LessonVideo>) {
        clear(id)
        try? FileManager.default.removeItem(at: film(id))
    }

    /// Removes files of videos that are not there, left by a stop between the file and its row; none that is younger than
    /// an hour.
    func tidy(_ known: Set<ID<LessonVideo>>, at now: Date) {
        for file in files(folder) + files(coming) {
            guard let id = ID<LessonVideo>(String(file.lastPathComponent.prefix(13))), !known.contains(id),
                let changed = try? file.resourceValues(forKeys: [.contentModificationDateKey])
                    .contentModificationDate, now.timeIntervalSince(changed) > 3_600
            else { continue }
            try? FileManager.default.removeItem(at: file)
        }
    }

    private func files(_ folder: URL) -> [URL] {
        (try? FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: [.contentModificationDateKey])) ?? []
    }

    private func sync(_ file: URL) throws {
        let handle = try FileHandle(forUpdating: file)
        defer { try? handle.close() }
        try handle.synchronize()
    }
}
