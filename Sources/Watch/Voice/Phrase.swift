import Kernel
import Storage

/// Names a phrase.
typealias PhraseID = ID<Phrase>

/// Something that is said again and again: a text that the machine speaks, or a recording.
struct Phrase: Sendable, Codable, RowDecodable {
    /// What the water watch says by itself when somebody is seen; of each kind there is one at most.
    enum Water: String, Sendable, Codable, CaseIterable, SQLConvertible {
        case no = ""
        case people, children
    }

    var id: PhraseID
    var name: String
    /// What the machine speaks; of a recording, what it says, as a note.
    var text: String
    /// Milliseconds of a recording; 0 of a text.
    var ms: Int64
    var water: Water

    var isRecording: Bool { ms > 0 }
    /// What the record of a voice says was said.
    var words: String { text.isEmpty ? name : text }

    static let columns = "id, name, text, ms, water"
    /// A town has so many at most: they are buttons.
    static let limit = 60

    init(id: PhraseID, name: String, text: String, ms: Int64, water: Water) {
        self.id = id
        self.name = name
        self.text = text
        self.ms = ms
        self.water = water
    }

    init(row: inout Row) throws {
        id = try row.next()
        name = try row.next()
        text = try row.next()
        ms = try row.next()
        water = try row.next()
    }
}

enum PhraseStore {
    static func list(in db: any Reading) throws -> [Phrase] {
        try db.all(
            Phrase.self, "SELECT \(raw: Phrase.columns) FROM watch_phrase ORDER BY id LIMIT \(Int64(Phrase.limit))")
    }

    static func find(_ id: PhraseID, in db: any Reading) throws -> Phrase? {
        try db.first(Phrase.self, "SELECT \(raw: Phrase.columns) FROM watch_phrase WHERE id = \(id)")
    }

    /// A recording as G.711 A-law; `nil` for a text.
    static func sound(_ id: PhraseID, in db: any Reading) throws -> [UInt8]? {
        try db.value([UInt8]?.self, "SELECT sound FROM watch_phrase WHERE id = \(id)") ?? nil
    }

    static func insert(_ phrase: Phrase, sound: [UInt8]?, in db: any Writing) throws {
        try makeRoom(for: phrase, in: db)
        try db.execute(
            """
            INSERT INTO watch_phrase (\(raw: Phrase.columns), sound) VALUES (\(phrase.id), \(phrase.name),
            \(phrase.text), \(phrase.ms), \(phrase.water), \(sound))
            """)
    }

    static func update(_ phrase: Phrase, in db: any Writing) throws {
        try makeRoom(for: phrase, in: db)
        try db.execute(
            """
            UPDATE watch_phrase SET name = \(phrase.name), text = \(phrase.text), water = \(phrase.water)
            WHERE id = \(phrase.id)
            """)
    }

    static func remove(_ id: PhraseID, in db: any Writing) throws {
        try db.execute("DELETE FROM watch_phrase WHERE id = \(id)")
    }

    /// The water watch says one thing: the newest choice takes the place of the one before.
    private static func makeRoom(for phrase: Phrase, in db: any Writing) throws {
        guard phrase.water != .no else { return }
        try db.execute(
            "UPDATE watch_phrase SET water = '' WHERE water = \(phrase.water) AND id <> \(phrase.id)")
    }
}
