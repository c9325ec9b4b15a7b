import HTTPTypes
import Kernel
import Media
import Storage
import Web

extension Permission {
    /// Changes what is kept for speaking.
    static let phraseWrite = Permission("phrase.write", [.officer, .leader, .admin])
}

/// `/api/v1/voice-phrases`: texts and recordings that are kept for speaking.
struct PhraseRoutes {
    let desk: any WatchDesk
    /// A form's words beside the file.
    static let bodyLimit = SoundFile.largest + (64 << 10)

    func add(to routes: inout Routes) {
        routes.get(
            "/api/v1/voice-phrases", .needs(.cameraSpeak), "Texts and recordings that are kept for speaking",
            shapes: Shapes(gives: .page(of: PhraseView.shape))
        ) { call in
            let phrases = try await call.database.read { db in try PhraseStore.list(in: db) }
            return try .list(phrases.map(PhraseView.init), next: nil)
        }
        routes.post(
            "/api/v1/voice-phrases", .needs(.phraseWrite), "Keeps a text that the machine speaks",
            shapes: Shapes(takes: PhraseDraft.shape, gives: PhraseView.shape)
        ) { call in try .json(PhraseView(try await keep(try call.json(), call)), status: 201) }
        routes.post(
            "/api/v1/voice-phrases/recordings", .needs(.phraseWrite),
            "Keeps a recording: multipart/form-data with the file `sound`, `name`, and `text` and `water` if wanted",
            bodyLimit: Self.bodyLimit,
            shapes: Shapes(
                takes: .object(["sound": .text, "name": .text, "text": .text, "water": .text]), gives: PhraseView.shape)
        ) { call in try .json(PhraseView(try await keepRecording(call)), status: 201) }
        routes.put(
            "/api/v1/voice-phrases/{id}", .needs(.phraseWrite), "Changes a text, or the name of a recording",
            shapes: Shapes(takes: PhraseDraft.shape, gives: PhraseView.shape)
        ) { call in try .json(PhraseView(try await change(try call.id(), try call.json(), call))) }
        routes.delete("/api/v1/voice-phrases/{id}", .needs(.phraseWrite), "Takes a text or a recording away") { call in
            try await remove(try call.id(), call)
            return .nothing
        }
        routes.get(
            "/api/v1/voice-phrases/{id}/sound", .needs(.cameraSpeak),
            "How it sounds: a WAVE file, 8,000 samples a second"
        ) { call in
            let id: PhraseID = try call.id()
            let (phrase, sound) = try await call.database.read { db in
                (try PhraseStore.find(id, in: db), try PhraseStore.sound(id, in: db))
            }
            guard let phrase else { throw Problem.notFound }
            let samples = try await Self.samples(of: phrase, sound)
            return .bytes(SoundFile.wave(samples), type: "audio/wav").with("Cache-Control", "no-store")
        }
    }

    /// What goes out to loudspeakers, mono, 8,000 a second.
    static func samples(of phrase: Phrase, _ sound: [UInt8]?) async throws -> [Int16] {
        if let sound { return sound.map(G711.fromALaw) }
        do {
            return try await Speech.samples(of: phrase.text)
        } catch {
            throw Problem(503, "watch.no-speech")
        }
    }

    func keep(_ draft: PhraseDraft, _ call: Call) async throws -> Phrase {
        let phrase = try draft.checked(.next(), isRecording: false)
        return try await insert(phrase, sound: nil, call)
    }

    func keepRecording(_ call: Call) async throws -> Phrase {
        guard let parts = Multipart(call.body, type: call.header("Content-Type") ?? "") else {
            throw Problem.malformed("multipart/form-data is wanted")
        }
        var phrase = try PhraseDraft(parts.form).checked(.next(), isRecording: true)
        guard let file = parts.files.first(where: { $0.field == "sound" }) else {
            throw Problem.invalid(["sound": "required"])
        }
        guard file.bytes.count <= SoundFile.largest else { throw Problem.invalid(["sound": "sound-too-large"]) }
        let samples: [Int16]
        do {
            samples = try await SoundFile.samples(of: file.bytes, atMost: Voices.mostSeconds)
        } catch .missing {
            throw Problem(503, "watch.no-speech")
        } catch {
            throw Problem.invalid(["sound": error == .tooLong ? "sound-too-long" : "no-sound"])
        }
        phrase.ms = Int64(samples.count / 8)
        guard phrase.ms > 0 else { throw Problem.invalid(["sound": "no-sound"]) }
        return try await insert(phrase, sound: samples.map(G711.aLaw), call)
    }

    private func insert(_ phrase: Phrase, sound: [UInt8]?, _ call: Call) async throws -> Phrase {
        let caller = try call.signedIn()
        return try await call.once { [desk] db in
            guard try PhraseStore.list(in: db).count < Phrase.limit else {
                throw Problem.invalid(["name": "too-many"])
            }
            try PhraseStore.insert(phrase, sound: sound, in: db)
            try desk.audit(
                "voice-phrase.keep", subject: "voice-phrases/\(phrase.id)", by: caller.watcher, purpose: phrase.name,
                at: .now, in: db)
            return phrase
        }
    }

    func change(_ id: PhraseID, _ draft: PhraseDraft, _ call: Call) async throws -> Phrase {
        let caller = try call.signedIn()
        return try await call.database.write { [desk] db in
            guard let known = try PhraseStore.find(id, in: db) else { throw Problem.notFound }
            var phrase = try draft.checked(id, isRecording: known.isRecording)
            phrase.ms = known.ms
            try PhraseStore.update(phrase, in: db)
            try desk.audit(
                "voice-phrase.change", subject: "voice-phrases/\(id)", by: caller.watcher, purpose: phrase.name,
                at: .now, in: db)
            return phrase
        }
    }

    func remove(_ id: PhraseID, _ call: Call) async throws {
        let caller = try call.signedIn()
        try await call.database.write { [desk] db in
            guard let phrase = try PhraseStore.find(id, in: db) else { throw Problem.notFound }
            try PhraseStore.remove(id, in: db)
            try desk.audit(
                "voice-phrase.remove", subject: "voice-phrases/\(id)", by: caller.watcher, purpose: phrase.name,
                at: .now, in: db)
        }
    }
}

/// A phrase as it is told.
struct PhraseDraft: Codable, Sendable {
    var name: String?
    var text: String?
    var water: String?

    static let shape = Shape.object(
        ["name": .text, "text": .text, "water": .oneOf(Phrase.Water.allCases.map(\.rawValue))], required: ["name"])

    init(_ form: Form) { (name, text, water) = (form["name"], form["text"], form["water"]) }

    func checked(_ id: PhraseID, isRecording: Bool) throws -> Phrase {
        var check = FieldCheck()
        let name = check.text(name, "name", 1...40)
        let text = check.text(text ?? "", "text", isRecording ? 0...200 : 1...200)
        let water = Phrase.Water(rawValue: water ?? "")
        check.expect(water != nil, "water", "invalid")
        try check.finish()
        return Phrase(id: id, name: name, text: text, ms: 0, water: water ?? .no)
    }
}

/// A phrase as the API shows it.
struct PhraseView: Encodable, Sendable {
    var id: String
    var name: String
    var kind: VoiceRecord.Kind
    var text: String
    /// Seconds of a recording.
    var seconds: Double?
    var water: Phrase.Water

    init(_ phrase: Phrase) {
        id = phrase.id.description
        name = phrase.name
        kind = phrase.isRecording ? .recording : .text
        text = phrase.text
        seconds = phrase.isRecording ? Double(phrase.ms) / 1_000 : nil
        water = phrase.water
    }

    static let shape = Shape.object([
        "id": .id, "name": .text, "kind": .oneOf([VoiceRecord.Kind.text, .recording].map(\.rawValue)), "text": .text,
        "seconds": .number, "water": .oneOf(Phrase.Water.allCases.map(\.rawValue)),
    ])
}
