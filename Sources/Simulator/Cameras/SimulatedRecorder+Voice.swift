import GB28181
import SIP
import Synchronization

extension SimulatedRecorder {
    /// The centre wants to speak: the recorder says yes, and calls for the voice (9.12).
    func voiceAsked(_ message: ControlMessage) async {
        let target = message.element.value("TargetID").flatMap { GBID($0) } ?? gbID
        let refuses = plan.faults.contains(.refusesVoice)
        await tell(.result("Broadcast", number: message.number, of: target, isOK: !refuses, []))
        guard !refuses, !plan.faults.contains(.neverCalls), let endpoint else { return }
        let isQuiet = Mutex(true)
        let heard: SimulatedSpeaker.Heard = { [weak town] ms, soundMs, peak in
            let begins =
                soundMs > 0
                && isQuiet.withLock { quiet in
                    defer { quiet = false }
                    return quiet
                }
            town?.heard.withLock {
                if begins { $0.sounding += 1 }
                $0.voiceMs += ms
                $0.soundMs += soundMs
                $0.peak = max($0.peak, peak)
            }
        }
        var speaker: SimulatedSpeaker?
        switch plan.voiceTransport {
        case .udp: speaker = try? await .datagrams(heard)
        case .tcpPassive: speaker = try? await .listening(heard)
        case .tcpActive: break
        }
        var offer = SessionDescription(
            owner: target, purpose: .play, host: endpoint.host(towards: hop), medium: "audio", port: speaker?.port ?? 9,
            transport: plan.voiceTransport, ssrc: .random(in: 100_000_000...199_999_999))
        offer.payloads = [8]
        offer.codings = [8: "PCMA/8000"]
        var invite = newRequest(.invite, uri: "sip:\(plan.platform)@\(plan.platform.domain)", to: plan.platform)
        invite.headers["Contact"] = "<sip:\(gbID)@\(endpoint.host(towards: hop)):\(endpoint.port)>"
        invite.headers["Subject"] = "\(plan.platform):0,\(target):1"
        invite.headers["Content-Type"] = "application/sdp"
        invite.body = Array(offer.text.utf8)
        let request = invite
        let (answers, continuation) = AsyncStream.makeStream(of: SIPMessage.self)
        let key = endpoint.invite(request, to: hop) { result in
            guard case .success(let response) = result else { return continuation.finish() }
            if (response.status ?? 0) >= 200 {
                continuation.yield(response)
                continuation.finish()
            }
        }
        for await response in answers {
            guard response.status == 200, let dialog = SIPDialog(request: request, response: response),
                let answer = SessionDescription(response.body)
            else { return }
            endpoint.acknowledge(key, with: dialog.ack(for: request), to: hop)
            if plan.voiceTransport == .tcpActive {
                speaker = try? await .connecting(to: answer.host, port: answer.port, heard)
            }
        }
        guard let speaker else { return }
        town?.heard.withLock { $0.voices += 1 }
        keep(request.callID) { speaker.stop() }
    }
}
