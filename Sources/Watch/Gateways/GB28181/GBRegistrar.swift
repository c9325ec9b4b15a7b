import GB28181
import Kernel
import Logging
import SIP
import Storage
import Synchronization

extension GBPlatform {
    /// REGISTER (9.1): a device of the register with the right password is let in, everybody else is refused.
    func register(_ incoming: SIPIncoming) async {
        let request = incoming.request
        let now = Instant.now
        guard let gbID = (request.to ?? request.from).flatMap({ GBID($0.uri.user) }), let device = directory.find(gbID)
        else {
            refuse(incoming, as: request.from?.uri.user ?? "", at: now)
            return
        }
        guard let credentials = request.headers["Authorization"].flatMap(DigestCredentials.init) else {
            challenge(incoming, device, isStale: false, at: now)
            return
        }
        switch nonces.judge(credentials.nonce, at: now) {
        case .foreign, .stale:
            challenge(incoming, device, isStale: true, at: now)
            return
        case .fresh: break
        }
        guard credentials.username == gbID.description, credentials.realm == configuration.platform.domain,
            credentials.algorithm == device.algorithm, credentials.isRight(ha1: device.ha1, method: .register),
            nonces.use(credentials.nonce, at: now)
        else {
            limit.withLock { $0.note(incoming.hop.host, at: now) }
            Metrics.shared.counter("zhili_gb28181_refused_total", "Registrations refused").add()
            note(device, trouble: "password")
            incoming.respond(answer(to: request, 403, at: now, device))
            return
        }
        await admit(incoming, device, at: now)
    }

    private func admit(_ incoming: SIPIncoming, _ device: WatchDevice, at now: Instant) async {
        let request = incoming.request
        let wished =
            request.headers["Expires"].flatMap { Int64($0) } ?? request.contact?.parameter("expires").flatMap {
                Int64($0)
            }
            ?? 3_600
        guard wished > 0 else {
            directory.update(device.gbID) { $0.expiresAt = nil }
            await setOnline(device, false, reason: "unregistered")
            incoming.respond(answer(to: request, 200, at: now, device))
            return
        }
        let seconds = min(max(wished, 60), 86_400 * 7)
        let version = GBVersion(header: request.headers["X-GB-Ver"])
        let contact = request.contact?.uri.text ?? ""
        let hop = incoming.hop
        let until = now + seconds * 1_000
        let wasOnline = device.isOnline
        var current = device
        current.hop = hop
        current.contact = contact
        current.version = version
        current.registeredAt = now
        current.expiresAt = until
        current.lastSeen = now
        current.isOnline = true
        current.trouble = ""
        let changed = current
        do {
            // Stored before it is answered: a restart a moment later still knows the device.
            try await database.write { db in
                try WatchDeviceStore.registered(
                    device.id, hop: hop, contact: contact, version: version, until: until, at: now, in: db)
                try WatchDeviceStore.trouble(device.id, "", in: db)
                if !wasOnline { try publishDevice(changed, in: db) }
            }
        } catch {
            logger.error("a registration could not be stored", metadata: ["error": "\(error)"])
            incoming.respond(answer(to: request, 503, at: now, device))
            return
        }
        directory.update(device.gbID) { $0 = changed }
        Metrics.shared.counter("zhili_gb28181_registrations_total", "Registrations accepted").add()
        var response = answer(to: request, 200, at: now, changed)
        response.headers["Expires"] = String(seconds)
        if let contact = request.headers["Contact"] { response.headers.add("Contact", contact) }
        incoming.respond(response)
        if !wasOnline || device.catalogueAt == nil || device.hop != hop { greet(changed) }
    }

    private func challenge(_ incoming: SIPIncoming, _ device: WatchDevice, isStale: Bool, at now: Instant) {
        var response = answer(to: incoming.request, 401, at: now, device)
        response.headers["WWW-Authenticate"] =
            DigestChallenge(
                realm: configuration.platform.domain, nonce: nonces.make(at: now), algorithm: device.algorithm,
                isStale: isStale
            ).header
        incoming.respond(response)
    }

    private func refuse(_ incoming: SIPIncoming, as user: String, at now: Instant) {
        limit.withLock { $0.note(incoming.hop.host, at: now) }
        if GBID(user)?.isFull == true { directory.knocked(user, address: incoming.hop.host, at: now) }
        Metrics.shared.counter("zhili_gb28181_refused_total", "Registrations refused").add()
        var response = incoming.request.response(403, tag: Self.tag)
        response.headers["X-GB-Ver"] = GBVersion.v2022.rawValue
        incoming.respond(response)
    }

    /// An answer to REGISTER: our edition, and the time by which cameras set their clocks.
    private func answer(to request: SIPMessage, _ status: Int, at now: Instant, _ device: WatchDevice) -> SIPMessage {
        var response = request.response(status, tag: Self.tag)
        response.headers["X-GB-Ver"] = GBVersion.v2022.rawValue
        if status == 200, !device.ownQuirks.wantsNoDate { response.headers["Date"] = GBTime.dateHeader(now) }
        return response
    }

    private func note(_ device: WatchDevice, trouble: String) {
        guard device.trouble != trouble else { return }
        directory.update(device.gbID) { $0.trouble = trouble }
        let database = database
        Task {
            try? await database.write { db in
                try WatchDeviceStore.trouble(device.id, trouble, in: db)
                try publishDevice(device, in: db)
            }
        }
    }

    /// Asks a device that has just come what it is and what it has, and to tell of alarms.
    func greet(_ device: WatchDevice) {
        Task {
            await ask(device, .query("DeviceInfo", number: nextNumber(), of: device.gbID))
            await fetchCatalogue(of: device)
            await subscribe(to: device)
        }
    }
}
