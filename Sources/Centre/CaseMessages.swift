import Cases
import Kernel
import Notify
import Storage

/// Who was told of a case, how, and what became of it, as its page shows it.
func toldOf(
    _ id: CaseID, in db: any Reading, word: CaseSurroundings.MessageWords
) throws -> [MessageView] {
    let outbox = Outbox()
    let trails = try outbox.trails(of: id, in: db)
    return try outbox.messages(of: id, in: db).map { message in
        let trail = trails[message.id]
        return MessageView(
            to: message.to.name, channel: message.channel.rawValue, state: message.state.rawValue,
            at: message.queuedAt.rfc3339, role: message.roleName { word($0, [:]) }, text: trail?.text ?? message.text,
            trail: (trail?.steps ?? []).map { MessageView.Step(at: $0.at.rfc3339, text: $0.words(word)) })
    }
}
