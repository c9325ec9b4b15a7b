import GB28181
import Kernel
import Logging
import Media
import SIP
import Storage

/// The calls by which voices reach speakers: the device is asked, calls back, and its call is answered (GB/T 28181,
/// 9.12).
actor VoiceCalls {
    private struct Call {
        var device: WatchDevice
        var target: GBID
        var rank: Int
        var state = VoiceState()
        var dialog: SIPDialog?
        var hop: SIPHop?
        /// Somebody wants it to end.
        var isEnding = false
    }

    /// Each change of a voice, in order.
    nonisolated let changes: AsyncStream<(voice: SourceID, state: VoiceState)>
    private let change: AsyncStream<(voice: SourceID, state: VoiceState)>.Continuation
    private let media: any MediaPlane
    private let memory: CallMemory
    private let logger: Logger
    private var calls: [SourceID: Call] = [:]
    private weak var platform: GBPlatform?
    private static let answerSeconds: Int64 = 5
    private static let callSeconds: Int64 = 8

    init(media: any MediaPlane, memory: CallMemory, logger: Logger) {
        self.media = media
        self.memory = memory
        self.logger = logger
        (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(4_096))
    }

    /// Follows the media process until cancelled.
    func run(for platform: GBPlatform) async {
        self.platform = platform
        for await event in media.events() {
            switch event {
            case .spoken(let voice, let ms, let isOver):
                guard calls[voice] != nil else { continue }
                update(voice) { $0.spokenMs = ms }
                if isOver { await over(voice, ms: ms) }
            case .restarted:
                for voice in Array(calls.keys) { await hangUp(voice, .media) }
            default: break
            }
        }
    }

    /// Asks a camera or a speaker to call for a voice; what comes of it is told by ``changes``.
    /// - Parameter rank: a higher one takes a speaker from a lower one.
    func open(_ voice: SourceID, _ camera: Camera, of device: WatchDevice, rank: Int) async {
        calls[voice] = Call(device: device, target: camera.gbID, rank: rank)
        change.yield((voice, VoiceState()))
        guard let platform, device.isOnline else { return fail(voice, .offline) }
        guard media.isRunning else { return fail(voice, .media) }
        for (other, call) in calls where other != voice && call.target == camera.gbID {
            guard call.rank < rank else { return fail(voice, .busy) }
            await hangUp(other, .displaced)
        }
        let question = ControlMessage.broadcast(
            number: platform.nextNumber(), from: platform.configuration.platform, to: camera.gbID)
        let answer = await platform.ask(device, question, to: camera.gbID, seconds: Self.answerSeconds)
        // Some devices call at once and answer later, or never.
        guard let call = calls[voice], call.dialog == nil else { return }
        guard let answer else { return fail(voice, .noAnswer) }
        guard answer.element.value("Result")?.uppercased() == "OK" else { return fail(voice, .refused) }
        update(voice) { $0.agree() }
        try? await Task.sleep(for: .seconds(Self.callSeconds))
        if let call = calls[voice], call.dialog == nil { fail(voice, .noCall) }
    }

    /// A device calls for a voice.
    func called(_ incoming: SIPIncoming, by device: WatchDevice) async {
        let request = incoming.request
        guard let offer = SessionDescription(request.body), let platform, let endpoint = platform.endpoint,
            let voice = awaited(request, offer, by: device)
        else { return incoming.respond(403, tag: GBPlatform.tag) }
        guard offer.medium == "audio", offer.payloads.isEmpty || offer.payloads.contains(8) else {
            incoming.respond(488, tag: GBPlatform.tag)
            return fail(voice, .noAudio)
        }
        let transport: MediaTransport =
            switch offer.transport {
            case .udp: .udp
            case .tcpActive: .tcpPassive
            case .tcpPassive: .tcpActive
            }
        // A device may leave the number out; then it is ours to choose.
        let ssrc = offer.ssrc ?? .random(in: 900_000_000...999_999_999)
        let wish = VoiceWish(ssrc: ssrc, transport: transport, packetMs: transport == .udp ? 40 : 100)
        var answer = request.response(200, tag: SIPEndpoint.tag())
        // Taken before anything is waited for, so that a second call of the device does not take the same voice.
        guard let dialog = SIPDialog(answering: request, with: answer) else {
            return incoming.respond(400, tag: GBPlatform.tag)
        }
        calls[voice]?.dialog = dialog
        calls[voice]?.hop = incoming.hop
        update(voice) { $0.agree() }
        let port: Int
        do {
            port = try await media.openVoice(voice, wish).port
        } catch {
            incoming.respond(500, tag: GBPlatform.tag)
            calls[voice]?.dialog = nil
            return fail(voice, .media)
        }
        // Who connects to us comes from where it signals; else sound goes to where it says.
        let host = transport == .tcpPassive ? incoming.hop.host : offer.host
        await media.connectVoice(voice, to: MediaAddress(host: host, port: offer.port))
        let own = platform.configuration.platform
        var description = SessionDescription(
            owner: own, purpose: .play, host: endpoint.host(towards: incoming.hop), medium: "audio", port: port,
            transport: offer.transport.mirrored, ssrc: ssrc)
        description.payloads = [8]
        description.codings = [8: "PCMA/8000"]
        description.direction = "sendonly"
        description.format = "v/////a/1/8/1"
        answer.headers["Contact"] = "<sip:\(own)@\(endpoint.host(towards: incoming.hop)):\(endpoint.port)>"
        answer.headers["Content-Type"] = "application/sdp"
        answer.body = Array(description.text.utf8)
        await memory.remember(dialog, of: device.id, over: incoming.hop)
        incoming.respond(answer)
    }

    /// The voice that a device calls for: makers put the speaker, the device or something else into `From`.
    private func awaited(_ request: SIPMessage, _ offer: SessionDescription, by device: WatchDevice) -> SourceID? {
        let waiting = calls.filter {
            $0.value.device.id == device.id && $0.value.dialog == nil && !$0.value.isEnding
        }
        let names = [request.from?.uri.user, offer.owner, request.to?.uri.user].compactMap(\.self)
        let named = waiting.first { names.contains($0.value.target.description) }
        return (named ?? waiting.min { $0.key.description < $1.key.description })?.key
    }

    /// The device confirms: some hang up when sound comes earlier.
    func acknowledged(_ ack: SIPMessage) async {
        guard let voice = calls.first(where: { $0.value.dialog?.callID == ack.callID })?.key else { return }
        await media.startVoice(voice)
        update(voice) { state in
            state.stage = .connected
            state.connectedAt = state.connectedAt ?? .now
        }
    }

    /// A BYE of a device.
    /// - Returns: whether it was of a call of ours.
    func ended(by request: SIPMessage) async -> Bool {
        guard let found = calls.first(where: { $0.value.dialog?.callID == request.callID }),
            found.value.dialog?.holds(request) == true
        else { return false }
        calls[found.key]?.dialog = nil
        await memory.forget(request.callID)
        await media.closeVoice(found.key, drained: false)
        finish(found.key, found.value.state.spokenMs == 0 ? .closed : nil)
        return true
    }

    /// Ends a voice: once what waits is said, or at once.
    func end(_ voice: SourceID, drained: Bool) async {
        guard let call = calls[voice] else { return }
        calls[voice]?.isEnding = true
        if call.dialog == nil { return finish(voice, nil) }
        await media.closeVoice(voice, drained: drained)
        if !media.isRunning { await hangUp(voice, .media) }
    }

    /// Ends everything, at the end.
    func endAll() async {
        for voice in Array(calls.keys) { await hangUp(voice, nil) }
    }

    /// The media process has said the last of it.
    private func over(_ voice: SourceID, ms: Int) async {
        guard let call = calls[voice] else { return }
        await bye(voice)
        finish(voice, ms == 0 && !call.isEnding ? .closed : nil)
    }

    private func hangUp(_ voice: SourceID, _ failure: VoiceFailure?) async {
        guard calls[voice] != nil else { return }
        calls[voice]?.isEnding = true
        await bye(voice)
        await media.closeVoice(voice, drained: false)
        finish(voice, failure)
    }

    private func bye(_ voice: SourceID) async {
        guard var dialog = calls[voice]?.dialog, let hop = calls[voice]?.hop else { return }
        calls[voice]?.dialog = nil
        _ = try? await platform?.endpoint?.request(dialog.request(.bye), to: hop)
        await memory.forget(dialog.callID)
    }

    private func fail(_ voice: SourceID, _ failure: VoiceFailure) { finish(voice, failure) }

    private func finish(_ voice: SourceID, _ failure: VoiceFailure?) {
        update(voice) { state in
            state.stage = failure == nil ? .ended : .failed
            state.failure = failure
        }
        calls[voice] = nil
        if let failure { logger.info("voice failed", metadata: ["voice": "\(voice)", "why": "\(failure.rawValue)"]) }
    }

    private func update(_ voice: SourceID, _ body: (inout VoiceState) -> Void) {
        guard var state = calls[voice]?.state else { return }
        let before = state
        body(&state)
        guard state != before else { return }
        calls[voice]?.state = state
        change.yield((voice, state))
    }
}

extension VoiceState {
    fileprivate mutating func agree() {
        guard stage == .asked else { return }
        stage = .agreed
        agreedAt = .now
    }
}
