import GB28181
import Kernel
import Logging
import SIP
import Storage
import Synchronization

extension GBPlatform {
    /// A MESSAGE or NOTIFY of a device.
    func control(_ incoming: SIPIncoming) async {
        let request = incoming.request
        let now = Instant.now
        guard let device = speaker(of: incoming) else {
            limit.withLock { $0.note(incoming.hop.host, at: now) }
            incoming.respond(403, tag: Self.tag)
            return
        }
        guard let until = device.expiresAt, until > now else {
            incoming.respond(403, tag: Self.tag)
            return
        }
        if device.hop != incoming.hop || !device.isOnline { await moved(device, to: incoming.hop, at: now) }
        directory.seen(device.gbID, at: now)
        if request.method == .notify, request.body.isEmpty {
            incoming.respond(200, tag: Self.tag)
            return
        }
        guard let message = ControlMessage(request.body) else {
            Metrics.shared.counter("zhili_gb28181_unreadable_total", "Control messages that could not be read").add()
            incoming.respond(400, tag: Self.tag)
            return
        }
        switch (message.kind, message.command) {
        case (.notify, "Keepalive"): incoming.respond(200, tag: Self.tag)
        case (.response, "Catalog"):
            let collected = await catalogues.take(message, of: device.gbID, at: now)
            incoming.respond(200, tag: Self.tag)
            switch collected {
            case .complete(let collector): await apply(collector, of: device.gbID)
            case .waiting: break
            case .unsolicited: await add(CatalogItem.items(of: message), of: device)
            }
        case (.notify, "Catalog"):
            await changed(CatalogItem.items(of: message), of: device)
            incoming.respond(200, tag: Self.tag)
        case (.notify, "Alarm"):
            let isStored = await alarm(message, of: device, at: now)
            incoming.respond(isStored ? 200 : 503, tag: Self.tag)
        case (.response, "DeviceInfo"):
            incoming.respond(200, tag: Self.tag)
            await describe(message, device)
            await answers.take(message, from: device.gbID)
        case (.notify, "MobilePosition"):
            await moved(to: MobilePosition.all(in: message), of: device, at: now)
            incoming.respond(200, tag: Self.tag)
        case (.notify, "MediaStatus"):
            incoming.respond(200, tag: Self.tag)
            // Not waited for: the device's next messages stand behind this one.
            Task { await calls?.recordingEnded(request, camera: message.device) }
        case (.response, _):
            incoming.respond(200, tag: Self.tag)
            await answers.take(message, from: device.gbID)
        default: incoming.respond(200, tag: Self.tag)
        }
    }

    /// The registered device behind a request: by its own digits, or by where it comes from when a camera of it speaks.
    func speaker(of incoming: SIPIncoming) -> WatchDevice? {
        let user = incoming.request.from.flatMap { GBID($0.uri.user) }
        // A message proves nothing: it counts from the address of the last registration alone. Its port may change,
        // as NAT does; a new address needs a new registration.
        if let user, let device = directory.find(user) {
            return device.hop?.host == incoming.hop.host ? device : nil
        }
        return directory.find(hop: incoming.hop).first
    }

    private func moved(_ device: WatchDevice, to hop: SIPHop, at now: Instant) async {
        let wasOnline = device.isOnline
        directory.update(device.gbID) {
            $0.hop = hop
            $0.isOnline = true
        }
        do {
            try await database.write { db in
                try WatchDeviceStore.moved(device.id, to: hop, at: now, in: db)
                if !wasOnline { try publishDevice(device, in: db) }
            }
        } catch {
            logger.error("a device's address could not be stored", metadata: ["error": "\(error)"])
        }
        if !wasOnline, let current = directory.find(device.gbID) { greet(current) }
    }

    private func describe(_ message: ControlMessage, _ device: WatchDevice) async {
        let element = message.element
        let text = { (name: String) in String((element.value(name) ?? "").prefix(64)) }
        let (maker, model, firmware) = (text("Manufacturer"), text("Model"), text("Firmware"))
        directory.update(device.gbID) {
            $0.manufacturer = maker
            $0.model = model
            $0.firmware = firmware
        }
        try? await database.write { db in
            try WatchDeviceStore.describe(device.id, manufacturer: maker, model: model, firmware: firmware, in: db)
            try publishDevice(device, in: db)
        }
    }

    // MARK: Speaking

    /// Sends a control message and waits for its 200.
    /// - Returns: the status, 0 where nobody answered.
    @discardableResult
    func tell(_ device: WatchDevice, _ message: ControlMessage, to target: GBID? = nil) async -> Int {
        guard let endpoint, let hop = device.hop else { return 0 }
        var request = newRequest(.message, to: target ?? device.gbID, of: device, hop: hop)
        request.headers["Content-Type"] = "Application/MANSCDP+xml"
        request.body = message.bytes(for: device.version)
        do {
            return try await endpoint.request(request, to: hop).status ?? 0
        } catch {
            return 0
        }
    }

    /// Sends a query and waits for its answer, 10 s at most.
    /// - Returns: `nil` where none came.
    @discardableResult
    func ask(_ device: WatchDevice, _ message: ControlMessage, to target: GBID? = nil, seconds: Int64 = 10) async
        -> ControlMessage?
    {
        async let answer = answers.wait(for: message.number, of: device.gbID, seconds: seconds)
        let status = await tell(device, message, to: target)
        if status != 200 { await answers.give(up: message.number, of: device.gbID) }
        return await answer
    }

    /// A request outside any dialog.
    func newRequest(_ method: SIPMethod, to target: GBID, of device: WatchDevice, hop: SIPHop) -> SIPMessage {
        let domain = configuration.platform.domain
        let host = hop.host.contains(":") ? "[\(hop.host)]" : hop.host
        return SIPMessage(
            .request(method, uri: "sip:\(target)@\(host):\(hop.port)"),
            headers: SIPHeaders([
                ("From", "<sip:\(configuration.platform)@\(domain)>;tag=\(SIPEndpoint.tag())"),
                ("To", "<sip:\(target)@\(domain)>"), ("Call-ID", SIPEndpoint.tag()),
                ("CSeq", "1 \(method.rawValue)"), ("Max-Forwards", "70"), ("User-Agent", "Zhili"),
            ]))
    }

    /// Asks a camera for a key frame: in its edition's spelling, and again in the other one's where that was refused
    /// or brought none.
    func askForKeyFrame(_ device: WatchDevice, _ camera: GBID, isAgain: Bool) async {
        func order(_ isAgain: Bool) -> ControlMessage {
            .keyFrame(number: nextNumber(), of: camera, for: device.version, isAgain: isAgain)
        }
        let status = await tell(device, order(isAgain), to: camera)
        if status != 200, !isAgain { await tell(device, order(true), to: camera) }
    }
}

extension CatalogItem {
    /// The items of a page or a notice.
    static func items(of message: ControlMessage) -> [CatalogItem] {
        (message.element["DeviceList"]?.all("Item") ?? []).prefix(CatalogCollector.limit).compactMap(CatalogItem.init)
    }
}

/// Queries that wait for their answers.
actor PendingAnswers {
    private struct Key: Hashable {
        var device: GBID
        var number: Int
    }
    private var waiting: [Key: CheckedContinuation<ControlMessage?, Never>] = [:]

    func wait(for number: Int, of device: GBID, seconds: Int64) async -> ControlMessage? {
        let key = Key(device: device, number: number)
        let timer = Task {
            try? await Task.sleep(for: .seconds(seconds))
            if !Task.isCancelled { give(up: number, of: device) }
        }
        defer { timer.cancel() }
        return await withCheckedContinuation { continuation in
            if let old = waiting.updateValue(continuation, forKey: key) { old.resume(returning: nil) }
        }
    }

    func take(_ message: ControlMessage, from device: GBID) {
        waiting.removeValue(forKey: Key(device: device, number: message.number))?.resume(returning: message)
    }

    func give(up number: Int, of device: GBID) {
        waiting.removeValue(forKey: Key(device: device, number: number))?.resume(returning: nil)
    }
}
