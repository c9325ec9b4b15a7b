import Kernel
import Web

/// A voice as the API shows it.
struct VoiceView: Encodable, Sendable {
    struct Speaker: Encodable, Sendable {
        var cameraId: String
        var name: String
        var stage: VoiceStage
        var failure: VoiceFailure?
        var agreedAt: String?
        var connectedAt: String?
        var spokenMs: Int
    }

    var id: String
    var at: String
    var person: String
    var kind: VoiceRecord.Kind
    var text: String
    var reason: String
    var caseId: String?
    var urgent: Bool
    var endedAt: String?
    var speakers: [Speaker]
    /// Where the microphone's WebSocket goes; in the answer to the beginning alone.
    var port: Int?
    var path: String?

    init(_ record: VoiceRecord, _ speakers: [VoiceSpeaker]) {
        id = record.id.description
        at = record.at.rfc3339
        person = record.person
        kind = record.kind
        text = record.text
        reason = record.reason
        caseId = record.caseID?.description
        urgent = record.isUrgent
        endedAt = record.endedAt?.rfc3339
        self.speakers = speakers.map {
            Speaker(
                cameraId: $0.camera.description, name: $0.name, stage: $0.state.stage, failure: $0.state.failure,
                agreedAt: $0.state.agreedAt?.rfc3339, connectedAt: $0.state.connectedAt?.rfc3339,
                spokenMs: $0.state.spokenMs)
        }
    }

    static let shape = Shape.object([
        "id": .id, "at": .time, "person": .text, "kind": .oneOf(VoiceRecord.Kind.allCases.map(\.rawValue)),
        "text": .text, "reason": .text, "caseId": .id, "urgent": .flag, "endedAt": .time,
        "speakers": .list(
            .object([
                "cameraId": .id, "name": .text, "stage": .oneOf(VoiceStage.allCases.map(\.rawValue)),
                "failure": .oneOf(VoiceFailure.allCases.map(\.rawValue)), "agreedAt": .time, "connectedAt": .time,
                "spokenMs": .integer,
            ])), "port": .integer, "path": .text,
    ])
}
