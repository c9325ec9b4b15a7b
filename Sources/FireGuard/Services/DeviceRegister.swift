import Crypt
import Kernel
import Storage
import Web

/// Registers and changes gateways and detectors, for the API and the forms alike.
struct DeviceRegister: Sendable {
    let desk: any Desk
    let directory: GatewayDirectory
    let watch: SilenceWatch

    /// A gateway as somebody wants it.
    struct GatewayWish: Codable, Sendable {
        var kind: GatewayKind
        var address: String
        var name: String
        var siteId: SiteID?
        var heartbeatSeconds: Int?
        /// A new token; left out, the known one stays.
        var token: String?
        /// The key of OneNET's encrypted messages, 16 or 43 characters; left out, the known one stays, empty: none.
        var cipherKey: String?
        /// How the bytes of CTWing's transparent products are read (docs/fire.md); left out, as it was.
        var profile: String?
    }

    /// A detector as somebody wants it.
    struct DetectorWish: Codable, Sendable {
        var siteId: SiteID
        var gatewayId: GatewayID
        var address: String
        var kind: DetectorKind
        var place: String?
        var plan: PlanPosition?
        var reportSeconds: Int?
    }

    /// Saves a gateway.
    /// - Throws: a 422 that names the wrong fields, 404 for an unknown one, 409 for another protocol.
    func save(_ wish: GatewayWish, as id: GatewayID, isNew: Bool, _ call: Call) async throws -> GatewayView {
        let caller = try call.signedIn()
        var check = FieldCheck()
        let address = check.text(wish.address, "address", 1...64).lowercased()
        let name = check.text(wish.name, "name", 1...100)
        let seconds = wish.heartbeatSeconds ?? (wish.kind == .gb26875 ? 30 : 0)
        check.expect((0...86_400).contains(seconds), "heartbeatSeconds", "out-of-range")
        if wish.kind == .gb26875 { check.expect(FrameTranslation.bytes(address) != nil, "address", "device-address") }
        if [.json, .ctwing, .onenet].contains(wish.kind) {
            // It is a piece of the address that is pushed to.
            check.expect(address.utf8.allSatisfy(Self.isPlain), "address", "push-address")
        }
        if let token = wish.token { check.expect((16...128).contains(token.utf8.count), "token", "too-short") }
        if isNew, wish.kind == .json || wish.kind == .onenet { check.expect(wish.token != nil, "token", "required") }
        if let key = wish.cipherKey, !key.isEmpty {
            check.expect(wish.kind == .onenet && OneNETCipher.isKey(key), "cipherKey", "cipher-key")
        }
        if let profile = wish.profile, !profile.isEmpty {
            check.expect(wish.kind == .ctwing && ByteProfile(profile) != nil, "profile", "byte-profile")
        }
        try check.finish()
        let secret = wish.token.map { PushToken.stored($0, for: wish.kind) }
        let now = Instant.now
        let draft = Gateway(
            id: id, kind: wish.kind, address: address, name: name, site: wish.siteId, heartbeatSeconds: seconds)
        let view = try await call.once { db in
            var gateway = draft
            let known = try DeviceStore.gateway(id, in: db)
            guard isNew || known != nil else { throw Problem.notFound }
            if let known, known.kind != gateway.kind { throw Problem.conflict("gateway.kind-is-fixed") }
            if let other = try DeviceStore.gateway(gateway.kind, address: address, in: db), other.id != id {
                throw Problem.invalid(["address": "taken"])
            }
            gateway.secret = secret ?? known?.secret ?? ""
            gateway.cipherKey = wish.cipherKey ?? known?.cipherKey ?? ""
            gateway.profile = wish.profile ?? known?.profile ?? ""
            if let site = gateway.site {
                guard try SiteStore.find(site, in: db) != nil else { throw Problem.invalid(["siteId": "unknown"]) }
            }
            try DeviceStore.save(gateway, in: db)
            try desk.audit(
                isNew ? "gateway.create" : "gateway.change", subject: "gateways/\(id)", by: caller.person,
                purpose: nil, at: now, in: db)
            return GatewayView(gateway, lastSeen: known?.lastSeen)
        }
        directory.note(draft)
        watch.watch(draft)
        return view
    }

    /// Saves a detector.
    /// - Throws: a 422 that names the wrong fields, 404 for one that the caller may not know of.
    func save(_ wish: DetectorWish, as id: DetectorID, isNew: Bool, _ call: Call) async throws -> DetectorView {
        let caller = try call.signedIn()
        let scope = Scope(caller)
        var check = FieldCheck()
        let address = check.text(wish.address, "address", 1...64)
        let place = check.text(wish.place ?? "", "place", 0...100)
        let seconds = wish.reportSeconds ?? 0
        check.expect((0...2_592_000).contains(seconds), "reportSeconds", "out-of-range")
        if let plan = wish.plan { check.expect(PlanPosition(x: plan.x, y: plan.y) != nil, "plan", "out-of-range") }
        try check.finish()
        let now = Instant.now
        let detector = Detector(
            id: id, site: wish.siteId, gateway: wish.gatewayId, address: address, kind: wish.kind, place: place,
            plan: wish.plan, reportSeconds: seconds)
        let view = try await call.once { db in
            guard let site = try SiteStore.find(wish.siteId, in: db), scope.sees(site) else {
                throw Problem.invalid(["siteId": "unknown"])
            }
            guard try DeviceStore.gateway(wish.gatewayId, in: db) != nil else {
                throw Problem.invalid(["gatewayId": "unknown"])
            }
            if let other = try DeviceStore.detector(at: wish.gatewayId, address: address, in: db), other.id != id {
                throw Problem.invalid(["address": "taken"])
            }
            if !isNew {
                guard let known = try DeviceStore.detector(id, in: db),
                    let before = try SiteStore.find(known.site, in: db), scope.sees(before)
                else { throw Problem.notFound }
            }
            try DeviceStore.save(detector, in: db)
            try desk.audit(
                isNew ? "detector.create" : "detector.change", subject: "detectors/\(id)", by: caller.person,
                purpose: nil, at: now, in: db)
            return DetectorView(detector, lastSeen: nil)
        }
        watch.watch(detector)
        return view
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 95 || byte == 46
    }
}

/// The token by which a push is known.
enum PushToken {
    /// The form in which it is kept: OneNET's signature needs the token itself.
    static func stored(_ token: String, for kind: GatewayKind) -> String {
        kind == .onenet
            ? token
            : Secret.hex(Digest.sha256(Array(token.utf8)))
    }

    /// Whether `given` is the token kept as `stored`.
    static func matches(_ given: String, _ stored: String) -> Bool {
        !stored.isEmpty && Secret.equal(Array(self.stored(given, for: .json).utf8), Array(stored.utf8))
    }
}
