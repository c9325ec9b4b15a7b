import Kernel
import Storage

/// Takes what is said later of messages: it changes their state, and stands on the case where somebody answered or
/// could not be reached. Receipts come late, twice and out of order.
public struct ReceiptDesk: Sendable {
    /// Whose key in a call ends an escalation.
    private static let deskRoles: Set<String> = ["officer", "leader", "admin"]

    let database: any Database
    let escalations: Escalations

    /// A desk.
    public init(database: any Database, escalations: Escalations) {
        self.database = database
        self.escalations = escalations
    }

    /// A carrier's word by its own number.
    public func take(providerID: String, by carrier: String, isDelivered: Bool) async throws {
        try await take(
            [CarrierReceipt(providerID: providerID, state: isDelivered ? .delivered : .failed)], by: carrier)
    }

    /// What came of a call of ours.
    public func take(_ id: MessageID, _ state: MessageState, key: String?) async throws {
        try await database.write { db in
            guard let message = try MessageStore.find(id, in: db) else { return }
            try apply(state, key: key, to: message, at: .now, in: db)
        }
    }

    func take(_ receipts: [CarrierReceipt], by carrier: String) async throws {
        try await database.write { db in
            for receipt in receipts {
                let byCarrier = try receipt.providerID.flatMap {
                    try TryStore.message(of: $0, by: carrier, in: db)
                }
                guard let id = byCarrier ?? receipt.message, let message = try MessageStore.find(id, in: db) else {
                    continue
                }
                try apply(receipt.state, key: receipt.key, to: message, at: .now, in: db)
            }
        }
    }

    /// What somebody answered to a text: it belongs to the last emergency that the phone was told of within two hours.
    public func take(_ reply: CarrierReply) async throws {
        try await database.write { db in try take(reply, at: .now, in: db) }
    }

    func take(_ reply: CarrierReply, at now: Instant, in db: any Writing) throws {
        guard !reply.number.isEmpty,
            let message = try MessageStore.lastEmergency(to: reply.number, since: now - Self.replyMs, in: db),
            let caseID = message.caseID
        else { return }
        if let key = reply.key {
            try apply(.answered, key: key, by: .sms, to: message, at: now, in: db)
        } else {
            try apply(.answered, key: nil, by: .sms, to: message, at: now, in: db)
            try escalations.note(
                escalations.word(
                    "notify.replied.text", ["name": message.to.name, "text": String(reply.text.prefix(100))]),
                caseID, now, db)
        }
    }

    /// Milliseconds for which a text may be answered.
    private static let replyMs: Int64 = 7_200_000

    func apply(
        _ state: MessageState, key: String?, by way: Channel = .call, to message: Message, at now: Instant,
        in db: any Writing
    ) throws {
        let detail = key.map { "key \($0)" } ?? ""
        let isKnown = try MessageStore.changes(of: message.id, in: db).contains {
            $0.state == state.rawValue && $0.detail == detail
        }
        if isKnown { return }
        if state.rank >= message.state.rank {
            try MessageStore.set(message.id, state, detail: detail, at: now, in: db)
        }
        if state == .failed, state.rank >= message.state.rank { try escalations.hurry(message, at: now, in: db) }
        guard let caseID = message.caseID else { return }
        // Who has answered need not be rung or texted again about it.
        if state == .answered {
            try MessageStore.withdraw(caseID, to: message.to.phone, at: now, in: db)
        }
        let word = escalations.word
        if let key {
            // Somebody of the desk has it: nobody else of the desk need be woken. An owner's word is noted, and stops
            // nothing: it may be a mistake, or not the owner.
            if ["1", "2"].contains(key), Self.deskRoles.contains(message.to.role) {
                try escalations.acknowledge(subject: message.subject, at: now, in: db)
            }
            let meaning =
                way == .sms
                ? "notify.replied.\(key)" : ["1", "2"].contains(key) ? "notify.key.\(key)" : "notify.key.other"
            try escalations.note(word(meaning, ["name": message.to.name, "key": key]), caseID, now, db)
        } else if state == .failed {
            try escalations.note(word("notify.failed", ["name": message.to.name]), caseID, now, db)
        }
    }
}
