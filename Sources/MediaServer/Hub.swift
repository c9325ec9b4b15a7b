import Crypt
import Foundation
import Kernel
import Logging
import Media
import NIOCore

/// Everything that is open in a media process. Lives on one event loop: nothing here is shared.
final class Hub {
    let loop: any EventLoop
    let bounds: MediaConfiguration
    let logger: Logger
    private(set) var sources: [SourceID: Source] = [:]
    private(set) var voices: [SourceID: Voice] = [:]
    private var bySSRC: [UInt32: SourceID] = [:]
    private var key: [UInt8] = []
    private var used: [String: Int64] = [:]
    private var viewers = 0
    private var connections = 0
    private let tell: (MediaWord) -> Void
    /// The datagram channel, from which voices go out too.
    var datagrams: (any Channel)?
    var mediaPort = 0

    private(set) var strangers = 0
    private(set) var unreadablePackets = 0
    private(set) var droppedPictures = 0

    init(loop: any EventLoop, bounds: MediaConfiguration, logger: Logger, tell: @escaping (MediaWord) -> Void) {
        self.loop = loop
        self.bounds = bounds
        self.logger = logger
        self.tell = tell
    }

    /// Milliseconds on a clock that never steps back.
    var now: Int64 { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000) }

    func event(_ event: MediaEvent) { tell(.event(event)) }

    // MARK: Orders

    func obey(_ order: MediaOrder) {
        switch order.command {
        case .hello(let text): key = Secret.bytes(hex: text) ?? []
        case .open(let id, let pull): answer(order.number) { () throws(MediaFailure) in try open(id, pull) }
        case .connect(let id, let address):
            guard let source = sources[id] else { return }
            source.announced = address
            if case .gb28181(_, .tcpActive) = source.pull, source.connection == nil {
                MediaIntake.connect(hub: self, to: address, source: id)
            }
        case .adopt(let id, let ssrc):
            guard let source = sources[id], bySSRC[ssrc] == nil else { return }
            bySSRC[source.ssrc] = nil
            bySSRC[ssrc] = id
            source.ssrc = ssrc
        case .fail(let id, let failure): end(id, failure)
        case .pause(let id, let isPaused): sources[id]?.isPaused = isPaused
        case .close(let id): end(id, nil)
        case .record(let id, let plan):
            guard let source = sources[id], source.recorder == nil else { return }
            source.recorder = Recorder(plan, source: id, format: source.outlet.format, hub: self)
        case .stopRecording(let id):
            sources[id]?.recorder?.finish()
            sources[id]?.recorder = nil
        case .openVoice(let id, let wish): answer(order.number) { () throws(MediaFailure) in try openVoice(id, wish) }
        case .connectVoice(let id, let address): voices[id]?.connect(to: address)
        case .startVoice(let id): voices[id]?.start()
        case .say(let ids, let samples):
            let values = stride(from: 0, to: samples.count - 1, by: 2).map {
                Int16(bitPattern: UInt16(samples[$0]) | UInt16(samples[$0 + 1]) << 8)
            }
            for id in ids { voices[id]?.say(values) }
        case .closeVoice(let id, let drained): if voices[id]?.close(drained: drained) == true { voices[id] = nil }
        }
    }

    private func answer(_ number: Int, _ work: () throws(MediaFailure) -> Receiver) {
        do throws(MediaFailure) {
            tell(.answer(number: number, receiver: try work(), failure: nil))
        } catch {
            tell(.answer(number: number, receiver: nil, failure: error))
        }
    }

    private func open(_ id: SourceID, _ pull: Pull) throws(MediaFailure) -> Receiver {
        if let known = sources[id] { return Receiver(port: mediaPort, ssrc: known.ssrc, isNew: false) }
        guard sources.count < bounds.mostSources else { throw .full }
        let bound = NIOLoopBound(self, eventLoop: loop)
        let source = Source(
            id, pull, bounds: bounds, at: now, tell: { [unowned self] in event($0) },
            coded: { [loop] id, coded in loop.execute { bound.value.coded(id, coded) } })
        switch pull {
        case .gb28181(let ssrc, let transport):
            guard bySSRC[ssrc] == nil else { throw .refused }
            bySSRC[ssrc] = id
            if transport == .udp { source.reach(.address, at: now) }
        case .rtsp(let url, let username, let password, let overUDP):
            guard let address = RTSPPull.address(url, username: username, password: password) else { throw .refused }
            source.rtsp = RTSPPull(address, overUDP: overUDP, source: id, hub: self)
        }
        sources[id] = source
        return Receiver(port: mediaPort, ssrc: source.ssrc, isNew: true)
    }

    func isOpen(_ id: SourceID) -> Bool { sources[id] != nil || voices[id] != nil }

    /// Ends a source; `nil` when it was asked for.
    func end(_ id: SourceID, _ failure: MediaFailure?) {
        if let voice = voices.removeValue(forKey: id) {
            _ = voice.close(drained: false)
            return
        }
        guard let source = sources.removeValue(forKey: id) else { return }
        if bySSRC[source.ssrc] == id { bySSRC[source.ssrc] = nil }
        source.end(failure)
        if let failure { event(.failed(id, at: source.stage, failure)) }
    }

    func tick() {
        let now = now
        for source in sources.values {
            source.tick(at: now)
            if let failure = source.overdue(at: now) { end(source.id, failure) }
        }
        used = used.filter { $0.value > Instant.now.ms }
    }

    func endAll() {
        for id in Array(sources.keys) { end(id, nil) }
        for id in Array(voices.keys) { end(id, nil) }
    }

    // MARK: Packets

    func take(_ packet: RTPPacket, from address: SocketAddress) {
        if let id = bySSRC[packet.ssrc], let source = sources[id] {
            source.take(packet, at: now)
            return
        }
        // Some cameras send under another number than they agreed to: their address, once announced, tells.
        if let source = sources.values.first(where: { source in
            if case .gb28181(_, .udp) = source.pull, source.stage <= .address, let announced = source.announced {
                return announced.port == address.port && announced.host == address.ipAddress
            }
            return false
        }) {
            bySSRC[source.ssrc] = nil
            source.ssrc = packet.ssrc
            bySSRC[packet.ssrc] = source.id
            source.take(packet, at: now)
            return
        }
        strangers += 1
    }

    func take(_ packet: RTPPacket, for id: SourceID) { sources[id]?.take(packet, at: now) }

    func unreadable() { unreadablePackets += 1 }

    // MARK: Connections

    /// Counts a connection, where there is room for it.
    func connectionCame() -> Bool {
        guard connections < bounds.mostConnections else { return false }
        connections += 1
        return true
    }

    func connectionGone() { connections -= 1 }

    /// The source that waits for this sender over TCP: by SSRC, else by the address that the device announced.
    func claim(ssrc: UInt32, channel: any Channel) -> SourceID? {
        // By its address only where one alone waits for it: a recorder's cameras must not be taken for each other.
        let waiting = sources.values.filter { source in
            guard case .gb28181(_, .tcpPassive) = source.pull, source.connection == nil else { return false }
            return source.announced?.host == channel.remoteAddress?.ipAddress && source.announced != nil
        }
        let source = bySSRC[ssrc].flatMap { sources[$0] } ?? (waiting.count == 1 ? waiting.first : nil)
        guard let source, case .gb28181(_, .tcpPassive) = source.pull, source.connection == nil else {
            strangers += 1
            return nil
        }
        connected(source.id, channel)
        return source.id
    }

    func connected(_ id: SourceID, _ channel: any Channel) {
        if let voice = voices[id] {
            voice.connected(channel)
        } else if let source = sources[id] {
            source.connection = channel
            source.reach(.address, at: now)
        } else {
            channel.close(promise: nil)
        }
    }

    func disconnected(_ id: SourceID, _ channel: any Channel) {
        if let source = sources[id], source.connection === channel {
            source.connection = nil
            end(id, .closed)
        } else if let voice = voices[id], voice.connection === channel {
            voices[id] = nil
            _ = voice.close(drained: false)
        }
    }

    // MARK: Browsers

    /// Counts a browser, where there is room for it.
    func viewerCame() -> Bool {
        guard viewers < bounds.mostViewers else { return false }
        viewers += 1
        return true
    }

    func viewerGone() { viewers -= 1 }
    func viewerLeft(dropped: Int) { droppedPictures += dropped }

    /// The pass behind `/live?ticket=…` or `/speak?ticket=…`, which is good once.
    func redeem(_ uri: String) -> MediaPass? {
        let parts = uri.split(separator: "?", maxSplits: 1)
        guard parts.count == 2, parts[1].hasPrefix("ticket="), used.count < 10_000,
            let pass = MediaPass(ticket: String(parts[1].dropFirst(7)), key: key, nowMs: Instant.now.ms),
            parts[0] == (pass.source == nil ? "/speak" : "/live"),
            used.updateValue(pass.expiresMs, forKey: pass.nonce) == nil
        else { return nil }
        return pass
    }

    // MARK: Copies for browsers that cannot H.265

    /// A viewer goes over to its source's copy as H.264; where all coders are at work, it is told.
    func transcode(_ id: SourceID, for viewer: ViewerHandler) {
        guard let source = sources[id], source.outlet.format?.codec == .h265 else { return }
        let atWork = sources.values.count { $0.copy != nil }
        guard source.addToCopy(viewer, mayBegin: atWork < bounds.mostTranscodes) else {
            source.remove(viewer, at: now)
            return viewer.end(at: .decode, .codersBusy)
        }
    }

    private func coded(_ id: SourceID, _ coded: [Transcoder.Coded]?) {
        guard let source = sources[id] else { return }
        if let coded { source.copy?.send(coded, at: now) } else { source.endCopy() }
    }

    // MARK: Voices

    private func openVoice(_ id: SourceID, _ wish: VoiceWish) throws(MediaFailure) -> Receiver {
        if voices[id] != nil { return Receiver(port: mediaPort, ssrc: wish.ssrc, isNew: false) }
        guard voices.count < bounds.mostVoices else { throw .full }
        voices[id] = Voice(id, wish, hub: self)
        return Receiver(port: mediaPort, ssrc: wish.ssrc, isNew: true)
    }

    /// The voice that waits for a connection from this address: the one whose speaker said that it would come from
    /// this port, else the one that has waited longest.
    func adoptVoice(_ channel: any Channel) -> SourceID? {
        guard let address = channel.remoteAddress, let host = address.ipAddress else { return nil }
        let waiting = voices.values.filter {
            $0.wish.transport == .tcpPassive && $0.connection == nil && $0.address?.host == host
        }
        let named = waiting.first { $0.address?.port == address.port }
        guard let voice = named ?? waiting.min(by: { $0.openedAt < $1.openedAt }) else { return nil }
        voice.connected(channel)
        return voice.id
    }

    func voiceEnded(_ id: SourceID) { voices[id] = nil }
}
