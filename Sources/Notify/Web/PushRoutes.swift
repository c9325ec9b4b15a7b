import Foundation
import Identity
import Kernel
import Storage
import Web
import WebPush

/// What a page needs to ask for leave to notify, and which browsers may be notified already.
struct OwnPush: Encodable {
    struct Device: Encodable {
        var id: String
        var at: String
    }
    /// Whether the centre sends notices at all.
    var isOffered: Bool
    /// The key by which push services know the centre.
    var publicKey: String
    var devices: [Device]

    static let shape = Shape.object(
        [
            "isOffered": .flag, "publicKey": .text,
            "devices": .list(.object(["id": .id, "at": .time], required: ["id", "at"])),
        ], required: ["isOffered", "publicKey", "devices"])
}

/// What a browser gives when it is allowed.
struct NewPush: Codable, Sendable {
    var endpoint: String
    var p256dh: String
    var auth: String

    static let shape = Shape.object(
        ["endpoint": .text, "p256dh": .text, "auth": .text], required: ["endpoint", "p256dh", "auth"])
}

extension NotifyRoom {
    private var push: PushCarrier? { carriers.lines.lazy.compactMap { $0.carrier as? PushCarrier }.first }

    func pushRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/me/push", .anyone, "The own browsers that may be notified, and the key to allow another",
            shapes: Shapes(gives: OwnPush.shape)
        ) { call in try .json(try await ownPush(call)) }
        routes.put(
            "/api/v1/me/push", .anyone, "Lets a browser be notified (RFC 8030)",
            shapes: Shapes(takes: NewPush.shape, gives: OwnPush.shape)
        ) { call in
            let caller = try call.signedIn()
            let new: NewPush = try call.json()
            guard let push else { throw Problem.conflict("push.off") }
            guard push.origin(of: new.endpoint) != nil else { throw Problem.invalid(["endpoint": "push.service"]) }
            guard let point = Base64URL.bytes(new.p256dh), let secret = Base64URL.bytes(new.auth),
                PushKeys(point: point, secret: secret) != nil
            else { throw Problem.invalid(["p256dh": "invalid"]) }
            try await database.write { [audit] db in
                let id = try PushStore.save(
                    new.endpoint, point: new.p256dh, secret: new.auth, of: caller.id, at: .now, in: db)
                try record("push.allow", id, caller, audit, in: db)
            }
            return try .json(try await ownPush(call))
        }
        routes.delete(
            "/api/v1/me/push/{id}", .anyone, "Ends the notices to one of the own browsers",
            shapes: Shapes(gives: OwnPush.shape)
        ) { call in
            let caller = try call.signedIn()
            let id: ID<PushDevice> = try call.id()
            try await database.write { [audit] db in
                guard try PushStore.remove(id, of: caller.id, in: db) else { throw Problem.notFound }
                try record("push.end", id, caller, audit, in: db)
            }
            return try .json(try await ownPush(call))
        }
    }

    private func ownPush(_ call: Call) async throws -> OwnPush {
        let id = try call.signedIn().id
        let key = try await push?.key()
        let devices = try await database.read { db in try PushStore.devices(of: id, in: db) }
        return OwnPush(
            isOffered: key != nil, publicKey: key.map { Base64URL.text($0.publicKey) } ?? "",
            devices: devices.map { OwnPush.Device(id: $0.id.description, at: $0.createdAt.rfc3339) })
    }
}

private func record(
    _ action: String, _ id: ID<PushDevice>, _ caller: Caller, _ audit: Audit, in db: any Writing
) throws {
    try audit.record(
        AuditEntry(
            at: .now, actor: caller.id, actorName: caller.name, action: action, subject: "staff/\(caller.id)",
            detail: try JSON.text(["device": id.description])), in: db)
}
