import Kernel
import NIOCore
import SIP
import Synchronization

/// One call, from the INVITE to the BYE. Early media is no answer, an answer is no key: what counts is said by its
/// name.
actor PhoneCall {
    /// Milliseconds in which the trunk must at least ring, where it is the only one, and where another may be tried.
    static let trunkMs: (alone: Int64, first: Int64) = (7_000, 3_500)
    /// Milliseconds for which a key is awaited after the last word.
    static let listenMs: Int64 = 8_000

    /// How it ended.
    enum Ending: Sendable, Equatable {
        /// Somebody took it, and pressed a key or none.
        case answered(key: String?)
        /// Nobody took it.
        case failed(String)
    }

    /// What the socket's thread shares with the call.
    private final class Line: Sendable {
        let isUp = Mutex(false)
        let hosts = Mutex<Set<String>>([])
        let keys = Mutex(KeyListener())
        let source = Mutex<SocketAddress?>(nil)
    }

    private enum Event: Sendable {
        case response(Result<SIPMessage, SIPFailure>)
        case key(String)
        case slow, rungOut, spoken, hungUp
    }

    /// `Call-ID`.
    nonisolated let id: String
    private let trunk: SIPTrunk
    private let endpoint: SIPEndpoint
    private let number: String
    private let sound: [UInt8]
    private let trunkMs: Int64
    private let events: AsyncStream<Event>
    private let tell: AsyncStream<Event>.Continuation
    private let line = Line()
    private var first: CheckedContinuation<Delivery, Never>?
    private let ended: @Sendable (String, Ending?) async -> Void
    private var wasTaken = false

    init(
        _ trunk: SIPTrunk, _ endpoint: SIPEndpoint, number: String, sound: [UInt8], trunkMs: Int64,
        ended: @escaping @Sendable (_ id: String, Ending?) async -> Void
    ) {
        id = SIPEndpoint.tag() + "@zhili"
        self.trunk = trunk
        self.endpoint = endpoint
        self.number = number
        self.sound = sound
        self.trunkMs = trunkMs
        self.ended = ended
        (events, tell) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingOldest(200))
    }

    /// Rings. Returns when it rings or is known not to; how a call that rang ends is told later, `nil` for one that
    /// did not.
    func place() async -> Delivery {
        await withCheckedContinuation { continuation in
            first = continuation
            Task { await run() }
        }
    }

    /// The far end hangs up.
    nonisolated func hungUp() { tell.yield(.hungUp) }

    private func settle(_ delivery: Delivery) {
        guard let waiting = first else { return }
        first = nil
        if case .taken = delivery { wasTaken = true }
        waiting.resume(returning: delivery)
    }

    private func run() async {
        let ending: Ending
        do {
            ending = try await talk()
        } catch {
            ending = .failed("\(error)")
            settle(.again("call: \(error)", mayHaveGoneOut: false))
        }
        tell.finish()
        settle(.again("call ended", mayHaveGoneOut: false))
        // What never rang was told as the outcome of the try: another carrier may have it by now.
        await ended(id, wasTaken ? ending : nil)
    }

    private func talk() async throws -> Ending {
        let port = try await RTPPort.open(host: trunk.listenHost) { [tell, line] packet, place in
            // Sound and keys of this call come from the address that the answer named, or from the trunk itself.
            guard let host = place.ipAddress, line.hosts.withLock({ $0.contains(host) }) else { return }
            line.source.withLock { $0 = place }
            // Keys before the answer are the network's, or nobody's.
            guard line.isUp.withLock({ $0 }), let key = line.keys.withLock({ $0.key(in: packet) }) else { return }
            tell.yield(.key(key))
        }
        defer { port.close() }
        var invite = trunk.invite(
            number, callID: id, host: endpoint.host(towards: trunk.hop), port: endpoint.port, media: port.port)
        var key = call(invite)
        let clock = Task { [tell, trunkMs, ring = trunk.ringSeconds] in
            try await Task.sleep(for: .milliseconds(trunkMs))
            tell.yield(.slow)
            try await Task.sleep(for: .milliseconds(max(0, ring * 1_000 - trunkMs)))
            tell.yield(.rungOut)
        }
        defer { clock.cancel() }
        var hasProved = false
        var speaker: Task<Void, any Error>?
        defer { speaker?.cancel() }
        var dialog: SIPDialog?
        var pressed: String?
        for await event in events {
            switch event {
            case .response(.failure(let failure)):
                settle(.again("\(failure)", mayHaveGoneOut: false))
                return .failed("\(failure)")
            case .response(.success(let response)):
                switch response.status ?? 0 {
                case 100: break
                case 101..<200: settle(.taken(providerID: id))
                case 200..<300:
                    clock.cancel()
                    guard dialog == nil, let new = SIPDialog(request: invite, response: response) else { continue }
                    dialog = new
                    endpoint.acknowledge(key, with: new.ack(for: invite), to: trunk.hop)
                    // It was given up before it rang, and taken back too late: another trunk calls by now.
                    guard first != nil || wasTaken else {
                        await hangUp(new)
                        return .failed("late")
                    }
                    settle(.taken(providerID: id))
                    line.isUp.withLock { $0 = true }
                    guard let place = CallSDP.place(response.body),
                        let address = try? SocketAddress(ipAddress: place.host, port: place.port)
                    else {
                        await hangUp(new)
                        return .failed("no A-law")
                    }
                    line.hosts.withLock { $0 = [place.host, trunk.hop.host] }
                    speaker = Task { [sound, tell, line] in
                        try await Self.speak(sound, over: port, to: address, source: { line.source.withLock { $0 } })
                        tell.yield(.spoken)
                    }
                case 401, 407:
                    guard !hasProved, let proved = trunk.proved(invite, challenge: response) else {
                        settle(.refused("\(response.status ?? 0)"))
                        return .failed("log-in")
                    }
                    hasProved = true
                    invite = proved
                    key = call(invite)
                case let status:
                    // Busy, declined and not there are this person's; the rest is the trunk's.
                    let isTheirs = [404, 408, 480, 484, 486, 487, 600, 603, 604].contains(status)
                    settle(isTheirs ? .refused("SIP \(status)") : .again("SIP \(status)", mayHaveGoneOut: false))
                    return .failed("SIP \(status)")
                }
            case .slow:
                guard first != nil else { continue }
                endpoint.cancel(key)
                settle(.again("the trunk does not ring", mayHaveGoneOut: false))
            case .rungOut:
                if dialog == nil { endpoint.cancel(key) }
            case .key(let digit):
                pressed = digit
                if ["1", "2"].contains(digit), let dialog {
                    await hangUp(dialog)
                    return .answered(key: digit)
                }
            case .spoken:
                if let dialog { await hangUp(dialog) }
                return .answered(key: pressed)
            case .hungUp: return dialog == nil ? .failed("hung up") : .answered(key: pressed)
            }
        }
        return .failed("ended")
    }

    private func call(_ invite: SIPMessage) -> SIPClientKey {
        endpoint.invite(invite, to: trunk.hop) { [tell] in tell.yield(.response($0)) }
    }

    private func hangUp(_ dialog: SIPDialog) async {
        var dialog = dialog
        _ = try? await endpoint.request(dialog.request(.bye), to: trunk.hop)
    }

    /// Sends the sound, a packet each 20 ms, then silence while a key is awaited. It goes to where the far end's own
    /// sound comes from, which a translated address may make another place than the one it named.
    private static func speak(
        _ sound: [UInt8], over port: RTPPort, to place: SocketAddress, source: @Sendable () -> SocketAddress?
    ) async throws {
        var stream = RTPStream()
        let silence = [UInt8](repeating: ALaw.silence, count: RTPStream.frame)
        let quiet = Int(listenMs / 20)
        let frames = (sound.count + RTPStream.frame - 1) / RTPStream.frame
        let start = ContinuousClock.now
        for index in 0..<(frames + quiet) {
            let from = index * RTPStream.frame
            var payload = index < frames ? Array(sound[from..<min(from + RTPStream.frame, sound.count)]) : silence
            payload += repeatElement(ALaw.silence, count: RTPStream.frame - payload.count)
            port.send(stream.packet(payload), to: source() ?? place)
            try await Task.sleep(until: start + .milliseconds(20 * (index + 1)), clock: .continuous)
        }
    }
}
