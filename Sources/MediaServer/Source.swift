import Kernel
import Media
import NIOCore

/// One source: packets in, pictures out to whoever watches. Lives on the media process's one event loop.
final class Source {
    /// What goes to browsers, each a WebSocket message; the first byte says what it is.
    enum Tag {
        static let start: UInt8 = 1
        static let key: UInt8 = 2
        static let picture: UInt8 = 3
        static let aLaw: UInt8 = 4
        static let muLaw: UInt8 = 5
        /// The length of a codec string, the string, and the start of a track of sound.
        static let soundStart: UInt8 = 6
        static let sound: UInt8 = 7
    }

    let id: SourceID
    let pull: Pull
    var ssrc: UInt32
    /// Where the device says it sends from, once its answer told.
    var announced: MediaAddress?
    var isPaused = false
    /// The connection over which it comes, with TCP.
    var connection: (any Channel)?
    var rtsp: RTSPPull?
    var recorder: Recorder?
    private(set) var stage: MediaStage = .signalling
    /// To whoever watches.
    let outlet = Outlet()
    /// To browsers that cannot decode what comes in.
    var copy: Transcode?
    private(set) var received = 0

    private let bounds: MediaConfiguration
    private let tell: (MediaEvent) -> Void
    private let coded: @Sendable (SourceID, [Transcoder.Coded]?) -> Void
    private var order = RTPOrder()
    private var demuxer = PSDemuxer()
    private var pictures = PictureStream()
    private var boundary = FrameBoundary()
    private var adts = ADTSReader()
    private var sound: SoundWriter?
    private var soundStart = ByteBuffer()
    /// Counts the starts, so that each listener gets each one once.
    private var soundStarts = 0

    private var stageSince: Int64
    private var lastPacket: Int64
    private var unwatchedSince: Int64
    private var hasAskedForKey = false
    private var packetsBeforeSync = 0

    /// - Parameter coded: is told on a coder's thread what ``copy`` came to.
    init(
        _ id: SourceID, _ pull: Pull, bounds: MediaConfiguration, at now: Int64, tell: @escaping (MediaEvent) -> Void,
        coded: @escaping @Sendable (SourceID, [Transcoder.Coded]?) -> Void
    ) {
        self.id = id
        self.pull = pull
        if case .gb28181(let ssrc, _) = pull { self.ssrc = ssrc } else { ssrc = 0 }
        self.bounds = bounds
        self.tell = tell
        self.coded = coded
        stageSince = now
        lastPacket = now
        unwatchedSince = now
    }

    // MARK: In

    func take(_ packet: RTPPacket, at now: Int64) {
        received += packet.payload.readableBytes
        lastPacket = now
        reach(.firstPacket, at: now)
        for output in order.take(packet, at: now) { handle(output, at: now) }
    }

    private func handle(_ output: RTPOrder.Output, at now: Int64) {
        switch output {
        case .gap:
            boundary = FrameBoundary()
            demuxer.lost()
            pictures.lost()
            adts.lost()
        case .packet(let packet):
            if boundary.isNewFrame(packet.timestamp) { demuxer.endOfFrame() }
            demuxer.feed(packet.payload.readableBytesView)
            if demuxer.isSynchronised {
                if boundary.isOver(packet.marker) { demuxer.endOfFrame() }
            } else {
                packetsBeforeSync += 1
            }
            drain(at: now)
        }
    }

    private func drain(at now: Int64) {
        guard !demuxer.units.isEmpty else { return }
        let units = demuxer.units
        demuxer.units.removeAll(keepingCapacity: true)
        for unit in units {
            switch unit.kind {
            case .video: takeVideo(unit.bytes, type: unit.streamType, pts: unit.pts, dts: unit.dts, at: now)
            case .audio: takeAudio(unit.bytes, type: unit.streamType)
            }
        }
    }

    func takeVideo(_ bytes: [UInt8], type: UInt8?, pts: UInt64?, dts: UInt64?, at now: Int64) {
        lastPacket = now
        reach(.sync, at: now)
        for output in pictures.take(bytes, streamType: type, pts: pts, dts: dts, at: now) {
            switch output {
            case .format(let found): begin(found)
            case .picture(let picture): send(picture, at: now)
            }
        }
    }

    /// A-law where the map says so or says nothing; what is neither law nor AAC is passed over.
    func takeAudio(_ bytes: [UInt8], type: UInt8?) {
        let tag: UInt8
        switch type {
        case 0x90: tag = Tag.aLaw
        case 0x91: tag = Tag.muLaw
        case 0x0F: return takeSound(adts.take(bytes))
        case nil where bytes.count % 80 == 0: tag = Tag.aLaw
        default: return
        }
        let listeners = listeners
        guard !listeners.isEmpty else { return }
        var message = ByteBuffer()
        message.reserveCapacity(bytes.count + 1)
        message.writeInteger(tag)
        message.writeBytes(bytes)
        for viewer in listeners { viewer.sound(message) }
    }

    /// AAC goes as a track of its own beside the pictures, which browsers take.
    func takeSound(_ frames: [ADTSReader.Frame]) {
        for frame in frames {
            if sound?.format != frame.format {
                let writer = SoundWriter(frame.format)
                sound = writer
                soundStarts += 1
                soundStart = ByteBuffer(bytes: [Tag.soundStart, UInt8(clamping: frame.format.name.utf8.count)])
                soundStart.writeString(frame.format.name)
                soundStart.writeBytes(writer.start)
            }
            let listeners = listeners
            guard !listeners.isEmpty, let bytes = sound?.fragment([frame.bytes]) else { continue }
            var message = ByteBuffer(bytes: [Tag.sound])
            message.writeBytes(bytes)
            for viewer in listeners { viewer.sound(message, behind: soundStart, soundStarts) }
        }
    }

    private var listeners: [ViewerHandler] { outlet.listeners + (copy?.outlet.listeners ?? []) }

    private func begin(_ found: PictureFormat) {
        outlet.begin(found)
        tell(.picture(id, codec: found.name, width: found.width, height: found.height))
        recorder?.begin(found)
    }

    private func send(_ picture: Picture, at now: Int64) {
        if picture.isKey { hasAskedForKey = false }
        reach(.keyFrame, at: now)
        outlet.send(picture)
        recorder?.take(picture, step: outlet.lastStep, at: now)
        if let copy, let format = outlet.format { copy.take(picture, format) { [coded, id] in coded(id, $0) } }
    }

    // MARK: Stages

    func reach(_ reached: MediaStage, at now: Int64) {
        guard reached > stage else { return }
        stage = reached
        stageSince = now
        tell(.reached(id, reached))
        outlet.show(reached)
    }

    /// What is wrong by now, if anything.
    func overdue(at now: Int64) -> MediaFailure? {
        let waited = now - stageSince
        switch stage {
        case .signalling, .address:
            if case .rtsp = pull {
                // The pull ends by bounds of its own and says why; looking up a name is all that may outlast them.
                guard waited > 2 * bounds.firstPacketMs else { return nil }
                return stage == .signalling ? .unreachable : .silent
            }
            guard waited > bounds.firstPacketMs else { return nil }
            if case .gb28181(_, .udp) = pull { return .silent }
            return stage == .signalling ? .unreachable : .silent
        case .firstPacket:
            if demuxer.isSynchronised { return waited > bounds.stageMs ? .noVideo : nil }
            return waited > bounds.stageMs ? .notProgramStream : nil
        case .sync:
            guard waited > bounds.stageMs else { return nil }
            return pictures.unknown > 0 ? .codec : .noKeyFrame
        case .keyFrame, .decode:
            return !isPaused && now - lastPacket > bounds.silenceMs ? .stalled : nil
        }
    }

    func tick(at now: Int64) {
        for output in order.tick(at: now) { handle(output, at: now) }
        if stage == .sync, now - stageSince > 1_500, !hasAskedForKey {
            hasAskedForKey = true
            tell(.wantsKeyFrame(id))
        }
        if outlet.isWatched || copy != nil || recorder != nil { unwatchedSince = now }
        if now - unwatchedSince >= bounds.lingerMs {
            unwatchedSince = now
            tell(.unwatched(id))
        }
    }

    // MARK: Viewers

    func add(_ viewer: ViewerHandler) {
        viewer.show(stage)
        outlet.add(viewer)
        if outlet.format != nil, !outlet.hasPicture { tell(.wantsKeyFrame(id)) }
    }

    func remove(_ viewer: ViewerHandler, at now: Int64) {
        outlet.remove(viewer)
        copy?.outlet.remove(viewer)
        if copy?.outlet.isWatched == false { copy = nil }
        unwatchedSince = now
    }

    /// A viewer goes over to the copy, which is begun for the first.
    /// - Returns: whether there is one.
    func addToCopy(_ viewer: ViewerHandler, mayBegin: Bool) -> Bool {
        if copy == nil, mayBegin {
            copy = Transcode()
            tell(.wantsKeyFrame(id))
        }
        guard let copy else { return false }
        outlet.remove(viewer)
        copy.outlet.add(viewer)
        return true
    }

    /// The coder can go on no more.
    func endCopy() {
        copy?.outlet.end(at: .decode, .codec)
        copy = nil
    }

    func end(_ failure: MediaFailure?) {
        outlet.end(at: stage, failure)
        copy?.outlet.end(at: stage, failure)
        copy = nil
        recorder?.finish()
        recorder = nil
        rtsp?.stop()
        rtsp = nil
        connection?.close(promise: nil)
        connection = nil
    }
}

/// Where a frame ends in RTP: surely where the timestamp changes, and one packet earlier by the marker, once the device
/// has shown that it sets it truly.
struct FrameBoundary {
    private var timestamp: UInt32?
    private var afterMarker = false
    private var truths = 0
    private var hasLied = false

    /// Whether a packet begins another frame.
    mutating func isNewFrame(_ next: UInt32) -> Bool {
        defer { timestamp = next }
        guard let timestamp else { return false }
        if afterMarker {
            if timestamp == next { hasLied = true } else { truths += 1 }
            afterMarker = false
        }
        return timestamp != next
    }

    /// Whether a packet with this marker ends its frame beyond doubt.
    mutating func isOver(_ marker: Bool) -> Bool {
        afterMarker = marker
        return marker && truths >= 3 && !hasLied
    }
}
