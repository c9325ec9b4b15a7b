import Foundation
import GB28181
import Kernel
import Logging
import Media
import SIP
import Storage
import Web

/// The calls by which pictures flow: one a live source, however many watch; one a person's replay.
actor LiveCalls {
    struct Call {
        var device: WatchDevice
        var camera: GBID
        var ssrc: UInt32
        var dialog: SIPDialog?
        var key: SIPClientKey?
        /// The INVITE's Call-ID: an answer to one before it, of the same source, is not this call's.
        var inviteID: String?
        var hop: SIPHop
        var isEnding = false
        /// How far its pictures have come.
        var stage = MediaStage.signalling
        /// What of a recorder's own is played, for whom.
        var replay: Replay?
    }

    let media: any MediaPlane
    let platform: GBID
    private let memory: CallMemory
    let logger: Logger
    private var pool: SSRCPool
    var calls: [SourceID: Call] = [:]
    weak var endpoint: SIPEndpoint?
    private var askForKeyFrame: @Sendable (WatchDevice, GBID, _ isAgain: Bool) async -> Void = { _, _, _ in }
    private static let patience: Duration = .seconds(10)

    init(media: any MediaPlane, platform: GBID, memory: CallMemory, logger: Logger) {
        self.media = media
        self.platform = platform
        self.memory = memory
        self.logger = logger
        pool = SSRCPool(platform: platform)
    }

    /// Follows the media process until cancelled; first ends what a run before this one left open.
    /// - Parameter keyFrame: asks a camera for a key frame, the second time in the other spelling.
    func run(on endpoint: SIPEndpoint, keyFrame: @escaping @Sendable (WatchDevice, GBID, Bool) async -> Void) async {
        self.endpoint = endpoint
        askForKeyFrame = keyFrame
        let events = media.events()
        await memory.endForgotten(over: endpoint)
        for await event in events {
            switch event {
            case .failed(let source, _, let failure):
                logger.info("picture ended", metadata: ["source": "\(source)", "why": "\(failure)"])
                lost(source)
            case .unwatched(let source): Task { await end(source, closing: true) }
            case .restarted: endLost()
            case .reached(let source, let stage): calls[source]?.stage = stage
            case .wantsKeyFrame(let source): wantsKeyFrame(source)
            case .picture, .spoken, .recorded, .unrecorded: break
            }
        }
    }

    /// Opens a camera's live picture, or joins it.
    /// - Returns: its source; the picture may still be on its way.
    func open(_ camera: Camera, of device: WatchDevice, substream: Bool) async throws -> SourceID {
        guard let source = SourceID("live/\(camera.id)" + (substream ? "/1" : "")) else { throw Problem.notFound }
        // One that is just being closed is closed first, or the new source would be closed in its place.
        while calls[source]?.isEnding == true { try await Task.sleep(for: .milliseconds(5)) }
        if calls[source] != nil { return source }
        let attributes = substream ? [device.ownQuirks.subStreamAttribute] : []
        try await begin(source, camera, of: device) { [platform] host, port, transport, ssrc in
            var offer = SessionDescription.offer(
                from: platform, purpose: .play, host: host, port: port, transport: transport, ssrc: ssrc)
            offer.attributes = attributes
            return offer
        }
        return source
    }

    /// Calls a camera for a source that has no call yet.
    /// - Throws: a ``Problem`` when the device is away or nothing is left to call with; later failures are told by the
    ///   media process, so that viewers see the stage.
    func begin(
        _ source: SourceID, _ camera: Camera, of device: WatchDevice, replay: Replay? = nil,
        offer: (_ host: String, _ port: Int, SessionDescription.Transport, _ ssrc: UInt32) -> SessionDescription
    ) async throws {
        guard let endpoint, media.isRunning else { throw Problem(503, "watch.no-media") }
        guard device.isOnline, let hop = device.hop else { throw Problem.conflict("watch.device-offline") }
        guard let ssrc = pool.take(replay == nil ? .live : .history) else { throw Problem(503, "watch.full") }
        let transport: MediaTransport =
            switch device.transport {
            case .udp: .udp
            case .tcpPassive: .tcpPassive
            case .tcpActive: .tcpActive
            }
        calls[source] = Call(device: device, camera: camera.gbID, ssrc: ssrc, hop: hop, replay: replay)
        let receiver: Receiver
        do {
            receiver = try await media.open(source, .gb28181(ssrc: ssrc, transport: transport))
        } catch {
            forget(source)
            throw Problem(503, "watch.media", detail: error.rawValue)
        }
        guard receiver.isNew else { return }
        let description = offer(
            endpoint.host(towards: hop), receiver.port, Self.described(transport), receiver.ssrc)
        invite(source, description, on: endpoint)
    }

    private static func described(_ transport: MediaTransport) -> SessionDescription.Transport {
        switch transport {
        case .udp: .udp
        case .tcpPassive: .tcpPassive
        case .tcpActive: .tcpActive
        }
    }

    private func invite(_ source: SourceID, _ offer: SessionDescription, on endpoint: SIPEndpoint) {
        guard var call = calls[source] else { return }
        let host = call.hop.host.contains(":") ? "[\(call.hop.host)]" : call.hop.host
        let own = endpoint.host(towards: call.hop)
        var invite = SIPMessage(
            .request(.invite, uri: "sip:\(call.camera)@\(host):\(call.hop.port)"),
            headers: SIPHeaders([
                ("From", "<sip:\(platform)@\(platform.domain)>;tag=\(SIPEndpoint.tag())"),
                ("To", "<sip:\(call.camera)@\(platform.domain)>"), ("Call-ID", SIPEndpoint.tag()),
                ("CSeq", "1 INVITE"), ("Contact", "<sip:\(platform)@\(own):\(endpoint.port)>"),
                ("Subject", "\(call.camera):\(SessionDescription.digits(call.ssrc)),\(platform):0"),
                ("Max-Forwards", "70"), ("User-Agent", "Zhili"), ("Content-Type", "application/sdp"),
            ]))
        invite.body = Array(offer.text.utf8)
        let request = invite
        // Answers come in their order through one stream, and the call ends with it.
        let (answers, continuation) = AsyncStream.makeStream(of: Result<SIPMessage, SIPFailure>.self)
        call.key = endpoint.invite(request, to: call.hop) { result in
            continuation.yield(result)
            if case .success(let response) = result, (response.status ?? 0) < 200 { return }
            continuation.finish()
        }
        call.inviteID = request.callID
        calls[source] = call
        let hop = call.hop
        Task {
            let timer = Task {
                try? await Task.sleep(for: Self.patience)
                if !Task.isCancelled { await self.giveUp(source, request) }
            }
            for await answer in answers { await self.answered(source, request, answer, over: hop) }
            timer.cancel()
        }
    }

    /// Nobody waits longer for a camera that does not answer; the INVITE is taken back.
    private func giveUp(_ source: SourceID, _ invite: SIPMessage) async {
        guard let call = calls[source], call.inviteID == invite.callID, call.dialog == nil else { return }
        if let key = call.key { endpoint?.cancel(key) }
        await media.fail(source, .unreachable)
        forget(source)
    }

    private func answered(
        _ source: SourceID, _ invite: SIPMessage, _ answer: Result<SIPMessage, SIPFailure>, over hop: SIPHop
    ) async {
        guard case .success(let response) = answer else {
            guard calls[source]?.inviteID == invite.callID else { return }
            await media.fail(source, .unreachable)
            forget(source)
            return
        }
        guard let status = response.status, status >= 200 else { return }
        guard status < 300 else {
            guard calls[source]?.inviteID == invite.callID else { return }
            logger.info("camera refused", metadata: ["source": "\(source)", "status": "\(status)"])
            Metrics.shared.counter("zhili_gb28181_invite_refused_total", "INVITEs refused by devices").add()
            await media.fail(source, .refused)
            forget(source)
            return
        }
        await accepted(source, invite, response, over: hop)
    }

    private func accepted(
        _ source: SourceID, _ invite: SIPMessage, _ response: SIPMessage, over hop: SIPHop
    ) async {
        guard let endpoint, let dialog = SIPDialog(request: invite, response: response) else { return }
        guard var call = calls[source], call.inviteID == invite.callID, !call.isEnding, let key = call.key else {
            // It answered after we gave up: confirm and hang up, or it would send for good.
            await hangUp(invite, dialog, hop)
            return
        }
        call.dialog = dialog
        calls[source] = call
        await memory.remember(dialog, of: call.device.id, over: call.hop)
        if let answer = SessionDescription(response.body) {
            if let coding = answer.privateCoding {
                logger.warning(
                    "camera sends its maker's own coding; set it to standard PS", metadata: ["coding": "\(coding)"])
            }
            if let ssrc = answer.ssrc, ssrc != call.ssrc { await media.adopt(source, ssrc: ssrc) }
            // Also where it sends from: cameras that send under another number are told apart by it.
            await media.connect(source, to: MediaAddress(host: answer.host, port: answer.port))
        }
        endpoint.acknowledge(key, with: dialog.ack(for: invite), to: call.hop)
    }

    private func hangUp(_ invite: SIPMessage, _ dialog: SIPDialog, _ hop: SIPHop) async {
        guard let endpoint else { return }
        var own = dialog
        endpoint.confirm(dialog.ack(for: invite), to: hop)
        _ = try? await endpoint.request(own.request(.bye), to: hop)
    }

    /// Asks the camera for a key frame; where none has come two seconds later, once more in the other spelling.
    private func wantsKeyFrame(_ source: SourceID) {
        guard let call = calls[source], !call.isEnding else { return }
        let ask = askForKeyFrame
        Task {
            await ask(call.device, call.camera, false)
            try? await Task.sleep(for: .seconds(2))
            guard let later = calls[source], later.ssrc == call.ssrc, later.stage < .keyFrame else { return }
            await ask(call.device, call.camera, true)
        }
    }

    /// A BYE of a device.
    /// - Returns: whether it was of a call of ours.
    func ended(by request: SIPMessage) async -> Bool {
        guard let found = calls.first(where: { $0.value.dialog?.callID == request.callID }),
            found.value.dialog?.holds(request) == true
        else { return false }
        await media.fail(found.key, .closed)
        await memory.forget(request.callID)
        forget(found.key)
        return true
    }

    /// Hangs up.
    func end(_ source: SourceID, closing: Bool) async {
        guard var call = calls[source], !call.isEnding else { return }
        call.isEnding = true
        calls[source] = call
        if closing { await media.close(source) }
        // From here on the camera may be called anew, while the device still thinks about the BYE.
        forget(source)
        await hangUp(call)
    }

    /// The media process has a source no more. Whether the device answers the BYE is not waited for: the next call must
    /// not wait for a device that is gone.
    private func lost(_ source: SourceID) {
        guard let call = calls[source], !call.isEnding else { return }
        forget(source)
        Task { await hangUp(call) }
    }

    /// The media process is gone, and every source with it.
    private func endLost() { for source in Array(calls.keys) { lost(source) } }

    private func hangUp(_ call: Call) async {
        if var dialog = call.dialog {
            let bye = dialog.request(.bye)
            _ = try? await endpoint?.request(bye, to: call.hop)
            await memory.forget(dialog.callID)
        } else if let key = call.key {
            endpoint?.cancel(key)
        }
    }

    /// Hangs up everything, at the end.
    func endAll() async {
        await withDiscardingTaskGroup { group in
            for source in calls.keys { group.addTask { await self.end(source, closing: true) } }
        }
    }

    private func forget(_ source: SourceID) {
        if let call = calls.removeValue(forKey: source) { pool.free(call.ssrc) }
    }
}
