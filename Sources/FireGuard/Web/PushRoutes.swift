import Kernel
import Storage
import Web

/// `/push/{gateway}`: what platforms and devices push. The answer comes after the commit.
struct PushRoutes {
    let ingest: Ingest

    func add(to routes: inout Routes) {
        routes.get("/push/{gateway}", .device, "Answers OneNET's check of a new push address") { call in
            let gateway = try await find(call)
            guard gateway.kind == .onenet else { throw Problem.notFound }
            let message = try OneNETPush.handshake(
                token: gateway.secret, nonce: call.query("nonce") ?? "", message: call.query("msg") ?? "",
                signature: call.query("signature") ?? "")
            return .text(message)
        }
        routes.post("/push/{gateway}", .device, "Takes what a platform or a device pushes", bodyLimit: 65_536) { call in
            try await take(call)
        }
    }

    private struct Taken: Encodable {
        struct Item: Encodable {
            var outcome: String
            var alarmId: AlarmID?
            var caseId: CaseID?
        }
        var items: [Item]
    }

    private func take(_ call: Call) async throws -> Answer {
        let gateway = try await find(call)
        let now = Instant.now
        let source = SignalSource(kind: gateway.kind, address: gateway.address, peer: gateway.address)
        let signals: [FireSignal]
        let trial = try await trialMark(of: gateway, call, at: now)
        if gateway.kind == .onenet {
            signals = try OneNETPush.read(
                call.body, token: gateway.secret, cipherKey: gateway.cipherKey, source: source, receivedAt: now)
        } else {
            if trial == nil, gateway.kind == .json || !gateway.secret.isEmpty {
                let given = bearer(call) ?? call.header("X-Token") ?? call.query("token") ?? ""
                if !PushToken.matches(given, gateway.secret) { try await passDrill(of: gateway, call, at: now) }
            }
            guard let document = LooseJSON.read(call.body) else { throw Problem.malformed("the body is not JSON") }
            signals =
                gateway.kind == .ctwing
                ? try CTWingPush.read(
                    document, source: source, receivedAt: now, raw: call.body,
                    profile: gateway.profile.isEmpty ? nil : ByteProfile(gateway.profile))
                : try PlainReport.read(
                    document, source: source, receivedAt: now, raw: call.body,
                    delivery: ID<FireSignal>.next().description)
        }
        // A trial's mark opens the door for the trial alone.
        if let trial, !signals.allSatisfy({ $0.address == trial && $0.kind == .fire }) { throw Problem.unauthorized }
        let outcomes = try await ingest.take(signals)
        return try .json(
            Taken(
                items: outcomes.map { outcome in
                    switch outcome {
                    case .known: Taken.Item(outcome: "known")
                    case .folded(let id): Taken.Item(outcome: "folded", alarmId: id)
                    case .raised(let id, let caseID): Taken.Item(outcome: "raised", alarmId: id, caseId: caseID)
                    case .counted(let id): Taken.Item(outcome: "counted", alarmId: id)
                    case .stored: Taken.Item(outcome: "stored")
                    }
                }))
    }

    /// The mark that a trial of this very gateway shows.
    private func trialMark(of gateway: Gateway, _ call: Call, at now: Instant) async throws -> String? {
        guard let mark = call.header(OwnFire.header), mark.utf8.count <= 64 else { return nil }
        let way = TrialWay(kind: .push(gateway)).name
        return try await call.database.read { db in
            try GatewayTrialStore.isOpen(mark, way: way, at: now, in: db) ? mark : nil
        }
    }

    /// What a drill has announced to the byte, with its mark in it, comes in without the token, which nobody keeps.
    private func passDrill(of gateway: Gateway, _ call: Call, at now: Instant) async throws {
        let body = call.body
        let isDrill = try await call.database.read { db in
            try FireDrillStore.isAwaited(body, at: gateway.id, now: now, in: db)
        }
        guard isDrill else { throw Problem.unauthorized }
    }

    private func bearer(_ call: Call) -> String? {
        call.header("Authorization").flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
    }

    private func find(_ call: Call) async throws -> Gateway {
        let address = try call.param("gateway").lowercased()
        guard address.utf8.count <= 64 else { throw Problem.notFound }
        let found = try await call.database.read { db in
            for kind in [GatewayKind.json, .ctwing, .onenet] {
                if let gateway = try DeviceStore.gateway(kind, address: address, in: db) { return gateway as Gateway? }
            }
            return nil
        }
        guard let found else { throw Problem.notFound }
        return found
    }
}
