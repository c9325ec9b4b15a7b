import Crypt
import Kernel
import Storage
import Web

/// What a gateway says later of a message.
struct Receipt: Decodable, Sendable {
    /// `delivered`, `answered` or `failed`.
    var state: String
    /// What the person pressed, one of 0…9 * #.
    var key: String?

    static let shape = Shape.object(
        ["state": .oneOf(["delivered", "answered", "failed"]), "key": .text], required: ["state"])
}

extension NotifyRoom {
    func receiptRoutes(_ routes: inout Routes) {
        routes.post(
            "/api/v1/messages/{id}/receipt", .device,
            "What a message gateway says later of a message, with its token as bearer",
            bodyLimit: 4_096, shapes: Shapes(takes: Receipt.shape)
        ) { call in
            guard Self.shows(token, call) else { throw Problem.unauthorized }
            let id: MessageID = try call.id()
            let receipt: Receipt = try call.json()
            guard let state = MessageState(rawValue: receipt.state), state.rank > MessageState.sent.rank else {
                throw Problem.invalid(["state": "invalid"])
            }
            if let key = receipt.key, key.count != 1 || !"0123456789*#".contains(key) {
                throw Problem.invalid(["key": "invalid"])
            }
            try await database.write { db in try take(receipt, state, of: id, at: .now, in: db) }
            return .nothing
        }
    }

    /// Whether a request carries the gateway's token.
    static func shows(_ token: String?, _ call: Call) -> Bool {
        guard let token, let given = call.header("Authorization"), given.hasPrefix("Bearer ") else { return false }
        return Secret.equal(Array(given.dropFirst(7).utf8), Array(token.utf8))
    }

    private func take(
        _ receipt: Receipt, _ state: MessageState, of id: MessageID, at now: Instant, in db: any Writing
    ) throws {
        guard let message = try MessageStore.find(id, in: db) else { throw Problem.notFound }
        let detail = receipt.key.map { "key \($0)" } ?? ""
        // Receipts come late, twice and out of order.
        let isKnown = try MessageStore.changes(of: id, in: db).contains {
            $0.state == state.rawValue && $0.detail == detail
        }
        if isKnown { return }
        if state.rank >= message.state.rank { try MessageStore.set(id, state, detail: detail, at: now, in: db) }
        guard let caseID = message.caseID else { return }
        let words = escalations.word
        if let key = receipt.key {
            let meaning = ["1", "2"].contains(key) ? "notify.key.\(key)" : "notify.key.other"
            try note(words(meaning, ["name": message.to.name, "key": key]), caseID, now, db)
        } else if state == .failed {
            try note(words("notify.failed", ["name": message.to.name]), caseID, now, db)
        }
    }
}
