import HTTPTypes
import Kernel
import Media
import Storage
import Web

extension Permission {
    /// Speaks through loudspeakers.
    static let cameraSpeak = Permission("camera.speak", [.officer, .leader])
}

/// `/speak` and `/api/v1/voices`: the desk's microphone, and texts spoken by the machine, at cameras' loudspeakers.
struct VoiceRoutes {
    let platform: GBPlatform?
    let voices: Voices?
    let desk: any WatchDesk

    func add(to routes: inout Routes) {
        routes.get("/speak", .needs(.cameraSpeak), "Speaks through loudspeakers; what was said lately") { call in
            try await VoicePage.show(call)
        }
        routes.get(
            "/api/v1/voices", .needs(.cameraSpeak), "What was said through loudspeakers, newest first",
            shapes: Shapes(gives: .page(of: VoiceView.shape))
        ) { call in
            let limit = call.limit
            let before = call.query("after").flatMap { VoiceID($0) }
            let (records, speakers) = try await call.database.read { db in
                let records = try VoiceStore.list(before: before, limit: limit + 1, in: db)
                return (records, try VoiceStore.speakers(of: records.map(\.id), in: db))
            }
            return try .list(
                records.prefix(limit).map { VoiceView($0, speakers[$0.id] ?? []) },
                next: records.count > limit ? records[limit - 1].id.description : nil)
        }
        routes.post(
            "/api/v1/voices", .needs(.cameraSpeak),
            "Speaks at up to 500 cameras or speakers: into the microphone (kind talk, by the ticket given), a text, or "
                + "what is kept (phraseId)",
            shapes: Shapes(takes: Wish.shape, gives: VoiceView.shape)
        ) { call in try await begin(call) }
        routes.get(
            "/api/v1/voices/{id}", .needs(.cameraSpeak), "One voice: how far each speaker is",
            shapes: Shapes(gives: VoiceView.shape)
        ) { call in
            let id: VoiceID = try call.id()
            return try .json(try await view(id, call.database))
        }
        routes.post(
            "/api/v1/voices/{id}/end", .needs(.cameraSpeak), "Ends a voice; what waits is still said, unless cut off",
            shapes: Shapes(takes: .object(["atOnce": .flag]), gives: VoiceView.shape)
        ) { call in
            let id: VoiceID = try call.id()
            let atOnce = call.body.isEmpty ? false : try call.json(End.self).atOnce ?? false
            if atOnce { await voices?.stop(id) } else { await voices?.end(id) }
            return try .json(try await view(id, call.database))
        }
    }

    private struct End: Codable { var atOnce: Bool? }

    private struct Wish: Codable, Sendable {
        var kind: VoiceRecord.Kind
        var cameraIds: [String]
        var text: String?
        /// What is kept, in place of a text.
        var phraseId: String?
        var repeats: Int?
        var reason: String?
        var caseId: String?
        var urgent: Bool?

        static let shape = Shape.object(
            [
                "kind": .oneOf(VoiceRecord.Kind.allCases.map(\.rawValue)), "cameraIds": .list(.id), "text": .text,
                "phraseId": .id, "repeats": .integer, "reason": .text, "caseId": .id, "urgent": .flag,
            ], required: ["kind", "cameraIds"])
    }

    private func begin(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let wish: Wish = try call.json()
        guard let voices, let platform else { throw Problem(503, "watch.no-media") }
        var check = FieldCheck()
        check.expect(!wish.cameraIds.isEmpty, "cameraIds", "required")
        check.expect(wish.cameraIds.count <= Voices.mostSpeakers, "cameraIds", "too-long")
        let ids = Set(wish.cameraIds.prefix(Voices.mostSpeakers).compactMap { CameraID($0) })
        let phraseID = wish.phraseId.flatMap { PhraseID($0) }
        check.expect(wish.phraseId == nil || phraseID != nil, "phraseId", "invalid")
        check.expect(wish.kind != .recording || phraseID != nil, "phraseId", "required")
        let own = check.text(wish.text ?? "", "text", wish.kind == .text && phraseID == nil ? 1...200 : 0...0)
        let caseID = wish.caseId.flatMap { CaseID($0) }
        check.expect(wish.caseId == nil || caseID != nil, "caseId", "invalid")
        // In an alarm nobody is asked why.
        let reason = check.text(wish.reason ?? "", "reason", caseID == nil ? 1...100 : 0...100)
        let repeats = wish.repeats ?? 1
        check.expect((1...5).contains(repeats), "repeats", "out-of-range")
        try check.finish()
        let (text, once) = try await said(wish.kind, own, phraseID, call.database)
        guard once.count * repeats <= Voices.mostSeconds * 8_000 else { throw Problem.invalid(["text": "too-long"]) }
        let cameras = try await call.database.read { db in try CameraStore.find(Array(ids), in: db) }
        let seen = cameras.values.filter { caller.sees($0) }
        guard seen.count == ids.count else { throw Problem.invalid(["cameraIds": "invalid"]) }
        let places = seen.compactMap { camera in platform.directory.find(camera.device).map { (camera, $0) } }
        guard !places.isEmpty else { throw Problem.conflict("watch.device-offline") }
        let record = VoiceRecord(
            id: .next(), at: .now, person: caller.name, kind: wish.kind, text: text, reason: reason, caseID: caseID,
            isUrgent: wish.urgent ?? false)
        // On the record before the first sound.
        let stored = try await call.once { [desk] db in
            try VoiceStore.insert(record, places.map { ($0.0.id, $0.0.title) }, from: voices.home, in: db)
            for (camera, _) in places {
                try desk.audit(
                    "camera.speak", subject: "cameras/\(camera.id)", by: caller.watcher,
                    purpose: [reason, text].filter { !$0.isEmpty }.joined(separator: "："), at: record.at, in: db)
            }
            if let caseID {
                let words = [
                    "names": places.prefix(5).map(\.0.title).joined(separator: "、"), "count": String(places.count),
                    "text": text.isEmpty ? desk.word("watch.speak.microphone", [:]) : text,
                ]
                try desk.note(
                    desk.word("watch.speak.note", words), on: caseID, by: caller.watcher, at: record.at, in: db)
            }
            return record.id.description
        }
        // The repeat of a request is told of what the first one began.
        guard stored == record.id.description else {
            return try .json(try await view(VoiceID(stored) ?? record.id, call.database), status: 201)
        }
        await voices.begin(
            record, at: places.map { (camera: $0.0, device: $0.1) },
            saying: Array(repeatElement(once, count: repeats).joined()))
        var view = try await view(record.id, call.database)
        if wish.kind == .talk {
            do {
                let ticket = try await voices.ticket(record.id, speaker: Viewer(name: caller.name))
                (view.port, view.path) = (ticket.port, ticket.path)
            } catch {
                throw Problem(503, "watch.media", detail: error.rawValue)
            }
        }
        return try .json(view, status: 201).with("Cache-Control", "no-store")
    }

    /// What is said and how it sounds: what is kept, else the text; of a microphone nothing yet.
    private func said(
        _ kind: VoiceRecord.Kind, _ text: String, _ id: PhraseID?, _ database: any Database
    ) async throws -> (words: String, samples: [Int16]) {
        guard let id else {
            guard kind == .text else { return (text, []) }
            let phrase = Phrase(id: .next(), name: "", text: text, ms: 0, water: .no)
            return (text, try await PhraseRoutes.samples(of: phrase, nil))
        }
        let (phrase, sound) = try await database.read { db in
            (try PhraseStore.find(id, in: db), try PhraseStore.sound(id, in: db))
        }
        guard let phrase, kind == (phrase.isRecording ? .recording : .text) else {
            throw Problem.invalid(["phraseId": "invalid"])
        }
        return (phrase.words, try await PhraseRoutes.samples(of: phrase, sound))
    }

    private func view(_ id: VoiceID, _ database: any Database) async throws -> VoiceView {
        let live = await voices?.speakers(of: id)
        return try await database.read { db in
            guard let record = try VoiceStore.find(id, in: db) else { throw Problem.notFound }
            return VoiceView(record, try live ?? VoiceStore.speakers(of: [id], in: db)[id] ?? [])
        }
    }
}
