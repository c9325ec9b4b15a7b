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
            try await database.write { [receipts] db in
                guard let message = try MessageStore.find(id, in: db) else { throw Problem.notFound }
                try receipts.apply(state, key: receipt.key, to: message, at: .now, in: db)
            }
            return .nothing
        }
    }

    /// Whether a request carries the gateway's token.
    static func shows(_ token: String?, _ call: Call) -> Bool {
        guard let token, let given = call.header("Authorization"), given.hasPrefix("Bearer ") else { return false }
        return Secret.equal(Array(given.dropFirst(7).utf8), Array(token.utf8))
    }
}
