import GB28181
import Kernel
import SIP
import Synchronization

/// One recorder: registers, gives signs of life, and answers what the centre asks.
actor SimulatedRecorder {
    let plan: CameraTown.Plan
    let gbID: GBID
    private let cameras: [CatalogItem]
    let hop: SIPHop
    var endpoint: SIPEndpoint?
    weak var town: CameraTown?
    private var sequence: UInt32 = 0
    private var number = 0
    private var calls: [String: CameraSending] = [:]
    private var subscribed: Set<String> = []
    /// Calls to which we connect once they are confirmed.
    private var waiting: [String: (invite: SIPMessage, offer: SessionDescription, ssrc: UInt32)] = [:]

    init(_ plan: CameraTown.Plan, number: Int) {
        self.plan = plan
        hop = SIPHop(plan.transport, plan.host, plan.port)
        let serial = plan.firstSerial + number
        gbID = Self.id(plan.platform, type: 118, serial: serial)
        let own = gbID
        cameras = (0..<plan.cameras).map { index in
            CatalogItem(
                id: Self.id(plan.platform, type: 132, serial: serial * 100 + index + 1),
                name: plan.cameras == 1 ? "模拟摄像头\(serial)" : "模拟摄像头\(serial)-\(index + 1)", parent: own, isOn: true,
                point: nil, ptzType: index % 2 == 0 ? 1 : 3)
        }
    }

    /// The digits of a thing of the platform's region.
    private static func id(_ platform: GBID, type: Int, serial: Int) -> GBID {
        let text = String(serial % 1_000_000)
        let digits = platform.domain + String(type) + "0" + String(repeating: "0", count: 6 - text.count) + text
        return GBID(digits) ?? platform
    }

    func run(_ town: CameraTown) async {
        self.town = town
        var configuration = SIPEndpoint.Configuration()
        configuration.host = plan.host == "127.0.0.1" ? "127.0.0.1" : "0.0.0.0"
        configuration.port = 0
        let (events, continuation) = AsyncStream.makeStream(
            of: SIPEndpoint.Event.self, bufferingPolicy: .bufferingOldest(1_000))
        let endpoint = SIPEndpoint(configuration) { event in
            switch event {
            case .request, .acknowledged: continuation.yield(event)
            default: break
            }
        }
        guard (try? await endpoint.start()) != nil else { return }
        self.endpoint = endpoint
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await event in events {
                    switch event {
                    case .request(let incoming): await self.answer(incoming)
                    case .acknowledged(let ack): await self.confirmed(ack.callID)
                    default: break
                    }
                }
            }
            await live()
            continuation.finish()
            group.cancelAll()
        }
        for call in calls.values { call.stop() }
        await endpoint.stop()
    }

    private func live() async {
        while !Task.isCancelled {
            guard await register(seconds: 3_600) else {
                try? await Task.sleep(for: .seconds(5))
                continue
            }
            for _ in 0..<max(1, 3_000 / max(1, plan.heartbeatSeconds)) {
                try? await Task.sleep(for: .seconds(plan.heartbeatSeconds))
                if Task.isCancelled { break }
                number += 1
                if await tell(.keepalive(number: number, of: gbID)) == 200 {
                    town?.heard.withLock { $0.alive += 1 }
                } else {
                    break
                }
            }
        }
        // Whoever is switched off properly says so.
        await Task { _ = await register(seconds: 0) }.value
    }

    private func register(seconds: Int) async -> Bool {
        guard let endpoint else { return false }
        let uri = "sip:\(plan.platform)@\(plan.platform.domain)"
        var request = newRequest(.register, uri: uri, to: gbID)
        request.headers["Contact"] = "<sip:\(gbID)@\(endpoint.host(towards: hop)):\(endpoint.port)>"
        request.headers["Expires"] = String(seconds)
        request.headers["X-GB-Ver"] = plan.version.rawValue
        var answer = try? await endpoint.request(request, to: hop)
        if let challenge = answer?.headers["WWW-Authenticate"].flatMap(DigestChallenge.init) {
            sequence += 1
            request.headers["CSeq"] = CSeq(sequence, .register).text
            request.headers["Authorization"] =
                challenge.answer(
                    user: gbID.description, password: plan.password, method: .register, uri: uri,
                    cnonce: SIPEndpoint.tag()
                ).header
            answer = try? await endpoint.request(request, to: hop)
        }
        let isIn = answer?.status == 200
        town?.heard.withLock { if isIn { $0.registered += 1 } else { $0.refused += 1 } }
        return isIn
    }

    func newRequest(_ method: SIPMethod, uri: String, to target: GBID) -> SIPMessage {
        sequence += 1
        let domain = plan.platform.domain
        return SIPMessage(
            .request(method, uri: uri),
            headers: SIPHeaders([
                ("From", "<sip:\(gbID)@\(domain)>;tag=\(SIPEndpoint.tag())"), ("To", "<sip:\(target)@\(domain)>"),
                ("Call-ID", SIPEndpoint.tag()), ("CSeq", CSeq(sequence, method).text), ("Max-Forwards", "70"),
                ("User-Agent", "Zhili simulator"),
            ]))
    }

    @discardableResult
    func tell(_ message: ControlMessage) async -> Int {
        await tell(message.bytes(for: plan.version))
    }

    private func tell(_ body: [UInt8]) async -> Int {
        guard let endpoint else { return 0 }
        var request = newRequest(
            .message, uri: "sip:\(plan.platform)@\(plan.platform.domain)", to: plan.platform)
        request.headers["Content-Type"] = "Application/MANSCDP+xml"
        request.body = body
        return (try? await endpoint.request(request, to: hop).status) ?? 0
    }

    func alarm(_ text: String, method: Int, type: Int?) async {
        number += 1
        await tell(
            .alarm(
                number: number, of: cameras.first?.id ?? gbID, priority: 1, method: method, at: .now, text: text,
                type: type))
    }

    /// Remembers what ends a call's medium.
    func keep(_ callID: String, _ stop: @escaping @Sendable () -> Void) {
        calls[callID] = CameraSending(port: 0, stop: stop)
    }

    func position(_ point: GeoPoint, speed: Double) async {
        number += 1
        await tell(
            MobilePosition.notice(number: number, of: cameras.first?.id ?? gbID, point: point, at: .now, speed: speed))
    }

    /// A replay is at its end: said inside its call (9.8.2).
    private func ended(_ invite: SIPMessage, camera: String) async {
        guard let endpoint, calls[invite.callID] != nil else { return }
        number += 1
        var request = newRequest(
            .message, uri: "sip:\(plan.platform)@\(plan.platform.domain)", to: plan.platform)
        request.headers["Call-ID"] = invite.callID
        request.headers["Content-Type"] = "Application/MANSCDP+xml"
        request.body = ControlMessage.endOfRecording(number: number, of: GBID(camera) ?? gbID).bytes(for: plan.version)
        _ = try? await endpoint.request(request, to: hop)
    }

    // MARK: Answers

    private func answer(_ incoming: SIPIncoming) async {
        switch incoming.request.method {
        case .message?:
            let message = ControlMessage(incoming.request.body)
            if plan.faults.contains(.otherKeyFrame), message?.element[plan.version.keyFrameElement] != nil {
                return incoming.respond(400)
            }
            incoming.respond(200)
            if let message { await control(message) }
        case .invite?: await invited(incoming)
        case .bye?:
            waiting[incoming.request.callID] = nil
            calls.removeValue(forKey: incoming.request.callID)?.stop()
            town?.heard.withLock { $0.ended += 1 }
            incoming.respond(200)
        case .info?: steer(incoming)
        case .subscribe?: subscribe(incoming)
        case .options?: incoming.respond(200)
        default: incoming.respond(405)
        }
    }

    private func steer(_ incoming: SIPIncoming) {
        guard let call = calls[incoming.request.callID], let order = PlaybackControl(incoming.request.body) else {
            return incoming.respond(481)
        }
        town?.heard.withLock { $0.orders.append(order) }
        if case .seek = order, plan.faults.contains(.refusesSeek) { return incoming.respond(488) }
        if case .speed = order, plan.faults.contains(.ignoresSpeed) { return incoming.respond(200) }
        call.steer?(order)
        incoming.respond(200)
    }

    private func subscribe(_ incoming: SIPIncoming) {
        guard !plan.faults.contains(.noSubscriptions) else { return incoming.respond(489) }
        let request = incoming.request
        let isNew = request.to?.tag == nil
        guard isNew || subscribed.contains(request.callID) else { return incoming.respond(481) }
        subscribed.insert(request.callID)
        let topic = ControlMessage(request.body)?.command ?? ""
        town?.heard.withLock { if isNew { $0.subscriptions.append(topic) } else { $0.renewals += 1 } }
        var response = request.response(200, tag: SIPEndpoint.tag())
        if let endpoint {
            response.headers["Contact"] = "<sip:\(gbID)@\(endpoint.host(towards: hop)):\(endpoint.port)>"
        }
        response.headers["Expires"] = request.headers["Expires"] ?? "3600"
        incoming.respond(response)
    }

    private func control(_ message: ControlMessage) async {
        let number = message.number
        switch (message.kind, message.command) {
        case (.query, "Catalog"): await sendCatalogue(number)
        case (.query, "DeviceInfo"):
            await tell(
                .result(
                    "DeviceInfo", number: number, of: gbID, isOK: true,
                    [
                        XMLElement("DeviceName", "模拟录像机"), XMLElement("Manufacturer", "SimCam"),
                        XMLElement("Model", "S-100"), XMLElement("Firmware", "1.0"),
                    ]))
        case (.query, "DeviceStatus"):
            await tell(
                .result(
                    "DeviceStatus", number: number, of: gbID, isOK: true,
                    [XMLElement("Online", "ONLINE"), XMLElement("Status", "OK")]))
        case (.query, "RecordInfo"): await sendRecords(message)
        case (.notify, "Broadcast"): await voiceAsked(message)
        case (.control, "DeviceControl"):
            if let command = message.element.value("PTZCmd").flatMap({ PTZCommand(hex: $0) }) {
                town?.heard.withLock { $0.moves.append(command.summary) }
            }
            for name in ["IFrameCmd", "IFameCmd"] where message.element[name] != nil {
                town?.heard.withLock { $0.keyFrames.append(name) }
            }
            if let home = message.element["HomePosition"] {
                town?.heard.withLock { $0.homes.append(home.number("PresetIndex") ?? 0) }
                await tell(.result("DeviceControl", number: number, of: GBID(message.device) ?? gbID, isOK: true))
            }
            if message.element["AlarmCmd"] != nil {
                town?.heard.withLock { $0.resets += 1 }
                await tell(.result("DeviceControl", number: number, of: gbID, isOK: true))
            }
        default: break
        }
    }

    private func sendCatalogue(_ number: Int) async {
        let total = cameras.count + (plan.faults.contains(.partialCatalogue) ? 1 : 0)
        var rest = cameras[...]
        while !rest.isEmpty {
            let page = rest.prefix(10)
            rest = rest.dropFirst(10)
            let message = ControlMessage.page(
                "Catalog", number: number, of: gbID, total: total, list: "DeviceList", items: page.map(\.element))
            var bytes = message.bytes(for: plan.version)
            if plan.faults.contains(.endlessXML) {
                bytes = Array(bytes.prefix(200)) + Array(String(repeating: "<Item>", count: 6_000).utf8)
            }
            if plan.faults.contains(.brokenXML) {
                let text = GBText.decode(bytes).replacing("</Address>", with: "").replacing("模拟", with: "A & B <")
                bytes = GBText.encode(text)
            }
            _ = await tell(bytes)
        }
    }

    private func sendRecords(_ message: ControlMessage) async {
        guard let from = GBTime.read(message.element.value("StartTime")),
            let to = GBTime.read(message.element.value("EndTime")), let camera = GBID(message.device)
        else { return }
        // A file for each hour of what was asked for.
        var items: [XMLElement] = []
        var start = from
        while start < to, items.count < 24 {
            let end = min(to, start + 3_600_000)
            items.append(
                XMLElement(
                    "Item", "",
                    [
                        XMLElement("DeviceID", camera.description), XMLElement("Name", "模拟录像"),
                        XMLElement("StartTime", GBTime.text(start)), XMLElement("EndTime", GBTime.text(end)),
                        XMLElement("Secrecy", "0"), XMLElement("Type", "time"),
                    ]))
            start = end
        }
        for first in stride(from: 0, to: max(1, items.count), by: 8) {
            await tell(
                .page(
                    "RecordInfo", number: message.number, of: camera, total: items.count, list: "RecordList",
                    items: Array(items.dropFirst(first).prefix(8))))
        }
    }

    private func invited(_ incoming: SIPIncoming) async {
        let request = incoming.request
        guard !plan.faults.contains(.deaf) else { return }
        guard !plan.faults.contains(.busy) else { return incoming.respond(486) }
        guard let offer = SessionDescription(request.body), let endpoint else { return incoming.respond(488) }
        incoming.respond(100)
        let camera = request.to?.uri.user ?? ""
        let ssrc = plan.faults.contains(.otherSource) ? (offer.ssrc ?? 0) &+ 1 : offer.ssrc ?? 0
        town?.heard.withLock { $0.asked.append("\(offer.name) \(offer.start) \(offer.end)") }
        var port = 9
        if !plan.faults.contains(.silent) {
            // Whoever is to connect does so after the ACK, as devices do: then its address is known.
            if offer.transport == .tcpPassive {
                waiting[request.callID] = (request, offer, ssrc)
            } else if let sending = await send(request, offer, ssrc) {
                port = sending.port
            } else if plan.sender != nil {
                return incoming.respond(500)
            }
        }
        var answer = SessionDescription(
            owner: GBID(camera) ?? gbID, purpose: .play, host: endpoint.host(towards: hop), medium: "video", port: port,
            transport: offer.transport.mirrored, ssrc: ssrc)
        answer.payloads = [96]
        answer.codings = [96: "PS/90000"]
        answer.direction = "sendonly"
        var response = request.response(200, tag: SIPEndpoint.tag())
        response.headers["Contact"] = "<sip:\(camera)@\(endpoint.host(towards: hop)):\(endpoint.port)>"
        response.headers["Content-Type"] = "application/sdp"
        response.body = Array(answer.text.utf8)
        town?.heard.withLock { $0.calls += 1 }
        incoming.respond(response)
    }

    private func confirmed(_ callID: String) async {
        town?.heard.withLock { $0.confirmed += 1 }
        guard let call = waiting.removeValue(forKey: callID) else { return }
        _ = await send(call.invite, call.offer, call.ssrc)
    }

    /// Begins to send; `nil` where there is nothing to send or nobody to send to.
    private func send(_ invite: SIPMessage, _ offer: SessionDescription, _ ssrc: UInt32) async -> CameraSending? {
        let camera = invite.to?.uri.user ?? ""
        let sending = try? await plan.sender?.send(camera: camera, to: offer, ssrc: ssrc) { [weak self] in
            Task { await self?.ended(invite, camera: camera) }
        }
        guard let sending else { return nil }
        calls.removeValue(forKey: invite.callID)?.stop()
        calls[invite.callID] = sending
        return sending
    }
}
