import Kernel
import Media
import Storage
import StorageTesting
import Testing

@testable import Watch

@Suite("What is kept for speaking")
struct PhraseTests {
    @Test(
        "A town begins with some; a recording keeps its sound; the water watch says one thing to each",
        arguments: Engine.allCases)
    func kept(_ engine: Engine) async throws {
        let storage = try await TestDatabase(engine)
        let database = storage.database
        try await Migrator.migrate(database, WatchRoom.schema())
        let (texts, own) = try await database.write { db in
            let texts = try PhraseStore.list(in: db)
            let own = Phrase(id: .next(), name: "讲话", text: "", ms: 2_000, water: .people)
            try PhraseStore.insert(own, sound: [0x55, 0xD5], in: db)
            return (texts, own)
        }
        #expect(texts.count == 5 && texts.allSatisfy { !$0.isRecording && !$0.text.isEmpty })
        #expect(Set(texts.map(\.water)) == [.no, .people, .children])
        let (all, sound, silent) = try await database.read { db in
            (
                try PhraseStore.list(in: db), try PhraseStore.sound(own.id, in: db),
                try PhraseStore.sound(texts[0].id, in: db)
            )
        }
        #expect(all.filter { $0.water == .people }.map(\.id) == [own.id])
        #expect(all.count { $0.water == .children } == 1)
        #expect(sound == [0x55, 0xD5] && silent == nil)
        try await database.write { db in
            var child = own
            child.water = .children
            try PhraseStore.update(child, in: db)
            try PhraseStore.remove(texts[2].id, in: db)
        }
        let last = try await database.read { db in try PhraseStore.list(in: db) }
        #expect(last.filter { $0.water != .no }.map(\.id) == [own.id] && last.count == 5)
    }

    @Test("A node that starts ends what its own run left open, and nothing of another's", arguments: Engine.allCases)
    func nodes(_ engine: Engine) async throws {
        let storage = try await TestDatabase(engine)
        let database = storage.database
        try await Migrator.migrate(database, WatchRoom.schema())
        for home in ["one", "two"] {
            let record = VoiceRecord(
                id: .next(), at: .now, person: home, kind: .talk, text: "", reason: "", caseID: nil, isUrgent: false)
            try await database.write { db in
                try VoiceStore.insert(record, [(CameraID.next(), name: "东湾")], from: home, in: db)
            }
        }
        try await database.write { db in try VoiceStore.endForgotten(of: "two", at: .now, in: db) }
        let (records, speakers) = try await database.read { db in
            let records = try VoiceStore.list(before: nil, limit: 9, in: db)
            return (records, try VoiceStore.speakers(of: records.map(\.id), in: db))
        }
        for record in records {
            let isOwn = record.person == "two"
            #expect((record.endedAt != nil) == isOwn)
            #expect(speakers[record.id]?.first?.state.stage == (isOwn ? .failed : .asked))
        }
    }
}
