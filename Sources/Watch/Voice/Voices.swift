import Foundation
import Kernel
import Logging
import Media
import ServiceLifecycle
import Storage
import Web

/// What is being said at the moment, and the record of it.
actor Voices: Service {
    private struct Session {
        var record: VoiceRecord
        var speakers: [SourceID: VoiceSpeaker]
        /// What a speaker says from its beginning, whenever it joins; empty for a microphone.
        var samples: [Int16]
        var limit: Task<Void, Never>?
    }

    /// The most speakers at once.
    static let mostSpeakers = 500
    /// Seconds that a voice may last.
    static let mostSeconds = 60
    private let database: any Database
    private let media: any MediaPlane
    private let calls: VoiceCalls
    nonisolated let home: String
    private let logger: Logger
    private var sessions: [VoiceID: Session] = [:]
    private var owners: [SourceID: VoiceID] = [:]

    /// - Parameter home: the node, by ``Home``.
    init(database: any Database, media: any MediaPlane, calls: VoiceCalls, home: String, logger: Logger) {
        self.database = database
        self.media = media
        self.calls = calls
        self.home = home
        self.logger = logger
    }

    /// Keeps the record true until the service group shuts down.
    func run() async throws {
        try? await database.write { [home] db in try VoiceStore.endForgotten(of: home, at: .now, in: db) }
        await cancelWhenGracefulShutdown { [self] in
            for await change in calls.changes { await changed(change.voice, change.state) }
        }
    }

    /// Begins: all speakers are asked at once, each goes its own way. The record and its audit are stored already.
    /// - Parameter samples: what is said, mono, 8,000 a second; empty for a microphone.
    func begin(_ record: VoiceRecord, at places: [(camera: Camera, device: WatchDevice)], saying samples: [Int16]) {
        var session = Session(record: record, speakers: [:], samples: samples)
        for (camera, device) in places {
            guard let source = SourceID("voice/\(record.id)/\(camera.id)") else { continue }
            session.speakers[source] = VoiceSpeaker(camera: camera.id, name: camera.title, state: VoiceState())
            owners[source] = record.id
            let rank = record.isUrgent ? 1 : 0
            Task { [calls] in await calls.open(source, camera, of: device, rank: rank) }
        }
        // Whatever becomes of the browser: nobody holds a loudspeaker for ever.
        session.limit = Task {
            try? await Task.sleep(for: .seconds(Self.mostSeconds + 30))
            if !Task.isCancelled { await self.end(record.id) }
        }
        sessions[record.id] = session
    }

    /// A way for the browser's microphone to all speakers of a voice.
    func ticket(_ id: VoiceID, speaker: Viewer) async throws(MediaFailure) -> Ticket {
        try await media.voiceTicket(for: sessions[id].map { Array($0.speakers.keys) } ?? [], speaker: speaker)
    }

    /// Ends a voice: what waits is still said. A second time is no error.
    func end(_ id: VoiceID) async {
        guard let session = sessions[id] else { return }
        session.limit?.cancel()
        for source in session.speakers.keys { await calls.end(source, drained: true) }
    }

    /// Cuts a voice off at once.
    func stop(_ id: VoiceID) async {
        guard let session = sessions[id] else { return }
        session.limit?.cancel()
        for source in session.speakers.keys { await calls.end(source, drained: false) }
    }

    /// How far each speaker of a voice is; `nil` once it is over.
    func speakers(of id: VoiceID) -> [VoiceSpeaker]? {
        sessions[id].map { $0.speakers.values.sorted { ($0.name, $0.camera.rawValue) < ($1.name, $1.camera.rawValue) } }
    }

    private func changed(_ source: SourceID, _ state: VoiceState) async {
        guard let id = owners[source], let session = sessions[id], let speaker = session.speakers[source] else {
            return
        }
        let before = speaker.state
        sessions[id]?.speakers[source]?.state = state
        if state.stage == .connected, before.stage != .connected, !session.samples.isEmpty {
            // Who joins late hears it from the beginning.
            await media.say(session.samples, to: [source])
            await calls.end(source, drained: true)
        }
        guard state.stage != before.stage else { return }
        if state.isOver { owners[source] = nil }
        let isLast = sessions[id]?.speakers.values.allSatisfy(\.state.isOver) ?? false
        defer { if isLast { sessions.removeValue(forKey: id)?.limit?.cancel() } }
        do {
            try await database.write { db in
                try VoiceStore.set(state, of: speaker.camera, id, in: db)
                if isLast { try VoiceStore.end(id, at: .now, in: db) }
            }
        } catch {
            logger.error("a voice's record could not be kept", metadata: ["voice": "\(id)", "error": "\(error)"])
        }
    }
}
