import Foundation
import GB28181
import Kernel
import Storage
import Web

/// `/speak`: whom to speak to, the microphone, a text, and what was said lately with its proof.
enum VoicePage {
    static func show(_ call: Call) async throws -> Answer {
        let caller = try call.signedIn()
        let known = try await call.database.read { db in
            var things: [Camera] = []
            for kind in [GBID.Kind.camera, .speaker] {
                things += try CameraStore.list(CameraFilter(kind: kind), limit: 1_000, in: db)
            }
            let online = try db.values(
                WatchDeviceID.self, "SELECT id FROM watch_device WHERE online = 1 ORDER BY id LIMIT 20000")
            let records = try VoiceStore.list(before: nil, limit: 20, in: db)
            return (
                things: things, online: Set(online), records: records, phrases: try PhraseStore.list(in: db),
                speakers: try VoiceStore.speakers(of: records.map(\.id), in: db)
            )
        }
        let asked = Set((call.query("cameras") ?? "").split(separator: ",").map(String.init))
        let seen = known.things.filter { caller.sees($0) && !$0.isMissing }
        let groups = Dictionary(grouping: seen) { call.word("watch.place.\($0.place.rawValue)") }
        let shown = groups.sorted { $0.key < $1.key }.map { name, list -> [String: Any] in
            ["name": name, "cameras": list.map { one($0, known.online, asked) }]
        }
        return try call.page(
            "speak", title: call.word("watch.speak.title"),
            [
                "caseId": call.query("case") ?? "", "groups": shown,
                "texts": known.phrases.filter { !$0.isRecording }.map { ["name": $0.name, "text": $0.text] },
                "recordings": known.phrases.filter(\.isRecording).map {
                    ["id": $0.id.description, "name": $0.name, "text": $0.text]
                },
                "mayKeep": caller.may(.phraseWrite),
                "reasons": ["water", "fire", "person", "notice", "test"].map {
                    ["text": call.word("watch.speak.reason.\($0)")]
                },
                "voices": known.records.map { lately($0, known.speakers[$0.id] ?? [], call) },
            ])
    }

    private static func one(_ camera: Camera, _ online: Set<WatchDeviceID>, _ asked: Set<String>) -> [String: Any] {
        let id = camera.id.description
        return [
            "id": id, "name": camera.title, "isOff": !online.contains(camera.device), "isChosen": asked.contains(id),
        ]
    }

    private static func lately(_ record: VoiceRecord, _ speakers: [VoiceSpeaker], _ call: Call) -> [String: Any] {
        let reached = speakers.count { $0.state.spokenMs > 0 }
        return [
            "at": record.at.text, "person": record.person, "reason": record.reason,
            "text": record.text.isEmpty ? call.word("watch.speak.microphone") : record.text,
            "reached": String(reached), "all": String(speakers.count), "isPartial": reached < speakers.count,
            "speakers": speakers.map { speaker -> [String: Any] in
                [
                    "name": speaker.name, "state": WatchWords.voice(call, speaker.state),
                    "isBad": speaker.state.stage == .failed,
                ]
            },
        ]
    }
}

extension WatchWords {
    /// How far a voice is at a speaker, in words.
    static func voice(_ call: Call, _ state: VoiceState) -> String {
        if let failure = state.failure { return call.word("js.watch.voice.failure.\(failure.rawValue)") }
        return call.word(
            "js.watch.voice.\(state.stage.rawValue)",
            ["seconds": String(format: "%.1f", Double(state.spokenMs) / 1_000)])
    }
}
