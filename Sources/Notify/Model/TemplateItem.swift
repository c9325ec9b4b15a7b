import Foundation
import Kernel
import Web

/// A template as it comes in.
struct TemplateDraft: Codable, Sendable {
    var kind: String
    var language: String
    var channel: Channel
    var carrier: String?
    var body: String
    var carrierCode: String?

    static let shape = Shape.object(
        [
            "kind": .oneOf(MessageKind.all.map(\.name)), "language": .oneOf(Language.allCases.map(\.rawValue)),
            "channel": .oneOf(Channel.allCases.filter(\.isPhone).map(\.rawValue)), "carrier": .text, "body": .text,
            "carrierCode": .text,
        ], required: ["kind", "language", "channel", "body"])
}

/// A template as the API shows it, with what it becomes.
struct TemplateItem: Encodable {
    /// How it reads, how long it is, and what it costs with one carrier.
    struct Preview: Encodable {
        var text: String
        var characters: Int
        var parts: Int
        var longestCharacters: Int
        var longestParts: Int
        /// Seconds that a call speaks, as an estimate; 0 for a text.
        var seconds: Int
        var costs: [Cost]

        static let shape = Shape.object(
            [
                "text": .text, "characters": .integer, "parts": .integer, "longestCharacters": .integer,
                "longestParts": .integer, "seconds": .integer,
                "costs": .list(.object(["carrier": .text, "fen": .integer, "mostFen": .integer])),
            ], required: ["text", "characters", "parts", "longestCharacters", "longestParts", "seconds", "costs"])
    }
    struct Cost: Encodable {
        var carrier: String
        var fen: Int64
        var mostFen: Int64
    }

    var id: ID<MessageTemplate>
    var kind: String
    var language: String
    var channel: Channel
    var carrier: String
    var body: String
    var carrierCode: String
    var state: String
    var writer: String
    var writtenAt: String
    var approver: String?
    var approvedAt: String?
    var preview: Preview

    static let shape = Shape.object(
        [
            "id": .id, "kind": .text, "language": .text,
            "channel": .oneOf(Channel.allCases.filter(\.isPhone).map(\.rawValue)),
            "carrier": .text, "body": .text, "carrierCode": .text,
            "state": .oneOf(MessageTemplate.State.allCases.map(\.rawValue)), "writer": .text, "writtenAt": .time,
            "approver": .text, "approvedAt": .time, "preview": Preview.shape,
        ], required: ["id", "kind", "language", "channel", "carrier", "body", "carrierCode", "state", "preview"])

    init(_ template: MessageTemplate, preview: Preview) {
        id = template.id
        kind = template.kind
        language = template.language
        channel = template.channel
        carrier = template.carrier
        body = template.body
        carrierCode = template.carrierCode
        state = template.state.rawValue
        writer = template.writer
        writtenAt = template.writtenAt.rfc3339
        approver = template.approver
        approvedAt = template.approvedAt?.rfc3339
        self.preview = preview
    }
}

extension CarrierDesk {
    /// What words become and cost with the carriers that could bring them, with the values of an invented example.
    func preview(
        _ body: String, _ kind: MessageKind, _ channel: Channel, carrier: String, _ word: (String) -> String
    ) -> TemplateItem.Preview {
        let text = TemplateText(body)
        let example = text.filled(
            Dictionary(
                uniqueKeysWithValues: kind.variables.map { ($0.name, word("notify.example.\($0.name)")) }), kind)
        let (now, most) = (text.measure(example, channel), text.measure(text.longest(kind), channel))
        return TemplateItem.Preview(
            text: example, characters: now.characters, parts: now.parts, longestCharacters: most.characters,
            longestParts: most.parts, seconds: most.seconds,
            costs: lines.filter { $0.channel == channel && (carrier.isEmpty || $0.name == carrier) }.map {
                TemplateItem.Cost(
                    carrier: $0.name, fen: $0.fen * Int64(now.parts), mostFen: $0.fen * Int64(most.parts))
            })
    }
}
