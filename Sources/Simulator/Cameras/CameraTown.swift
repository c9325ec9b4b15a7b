import GB28181
import Kernel
import SIP
import Synchronization

/// Plays recorders with cameras over real SIP, from outside the centre.
public final class CameraTown: Sendable {
    /// What is played.
    public struct Plan: Sendable {
        /// The centre's host, numeric.
        public var host = "127.0.0.1"
        /// Its SIP port.
        public var port = 5_060
        /// Over what.
        public var transport = SIPHop.Transport.udp
        /// The centre's digits; the realm of passwords are the first ten.
        public var platform = GBID.invented
        /// Recorders.
        public var devices = 1
        /// Cameras behind each.
        public var cameras = 1
        /// The first recorder's serial number, the last six digits.
        public var firstSerial = 1
        /// The password of all.
        public var password = ""
        /// Seconds between signs of life.
        public var heartbeatSeconds = 60
        /// The edition that is spoken.
        public var version = GBVersion.v2016
        /// How their loudspeakers want sound.
        public var voiceTransport = SessionDescription.Transport.tcpActive
        /// How the recorders misbehave.
        public var faults: Set<CameraFault> = []
        /// What sends pictures to whoever asks for them.
        public var sender: (any PictureSender)?

        /// One recorder with one camera, which speaks to this machine.
        public init() {}
    }

    /// What has been told to the recorders.
    public struct Heard: Sendable, Equatable {
        /// Registrations accepted.
        public var registered = 0
        /// Registrations refused.
        public var refused = 0
        /// Signs of life confirmed.
        public var alive = 0
        /// Moves, in words.
        public var moves: [String] = []
        /// Calls for pictures accepted.
        public var calls = 0
        /// Those that the centre has confirmed.
        public var confirmed = 0
        /// Calls for pictures ended by the centre.
        public var ended = 0
        /// Alarms reset.
        public var resets = 0
        /// Calls for a voice that stood.
        public var voices = 0
        /// Those of them in which there was sound.
        public var sounding = 0
        /// Milliseconds of sound that came to loudspeakers, silence included.
        public var voiceMs = 0
        /// Those that were no silence.
        public var soundMs = 0
        /// The loudest sample, 0…32,256.
        public var peak = 0
        /// Subscriptions begun, by what they ask for.
        public var subscriptions: [String] = []
        /// Subscriptions renewed inside their dialogs.
        public var renewals = 0
        /// Key frames asked for, by the spelling.
        public var keyFrames: [String] = []
        /// Orders to replays.
        public var orders: [PlaybackControl] = []
        /// What calls asked for: `Play`, `Playback`, `Download`, and the times.
        public var asked: [String] = []
        /// Homes set: the preset, or 0 for none.
        public var homes: [Int] = []
    }

    private let recorders: [SimulatedRecorder]
    let heard = Mutex(Heard())
    private let plan: Plan

    /// A town that is not switched on yet.
    public init(_ plan: Plan) {
        self.plan = plan
        recorders = (0..<plan.devices).map { SimulatedRecorder(plan, number: $0) }
    }

    /// What has been told so far.
    public var tally: Heard { heard.withLock { $0 } }

    /// Registers all, and keeps them alive until cancelled.
    public func run() async {
        await withDiscardingTaskGroup { group in
            for recorder in recorders {
                group.addTask { await recorder.run(self) }
                // As many at once as a power cut brings back is for a bench; a town comes one after the other.
                try? await Task.sleep(for: .milliseconds(2))
            }
        }
    }

    /// Tells where a recorder's first camera is, as one that moves does.
    public func position(_ point: GeoPoint, speed: Double, of recorder: Int = 0) async {
        guard recorders.indices.contains(recorder) else { return }
        await recorders[recorder].position(point, speed: speed)
    }

    /// Reports an alarm of a recorder's first camera.
    public func alarm(_ text: String, method: Int, type: Int?, of recorder: Int = 0) async {
        guard recorders.indices.contains(recorder) else { return }
        await recorders[recorder].alarm(text, method: method, type: type)
    }
}

/// A way in which devices depart from the standard.
public enum CameraFault: String, Sendable, CaseIterable {
    /// The catalogue announces one more than it sends.
    case partialCatalogue = "partial-catalogue"
    /// Answers an INVITE with another `y=`.
    case otherSource = "other-ssrc"
    /// Answers an INVITE and sends nothing.
    case silent
    /// Refuses every INVITE with 486.
    case busy
    /// Says no when asked to call for a voice.
    case refusesVoice = "refuses-voice"
    /// Says yes when asked for a voice and does not call.
    case neverCalls = "never-calls"
    /// Never answers an INVITE.
    case deaf
    /// A catalogue with raw `&` and a broken end tag.
    case brokenXML = "broken-xml"
    /// A catalogue whose elements never end, nested deeper than anything has a use for.
    case endlessXML = "endless-xml"
    /// Says yes to another speed and stays at the old one.
    case ignoresSpeed = "ignores-speed"
    /// Refuses to jump within a replay.
    case refusesSeek = "refuses-seek"
    /// Refuses subscriptions.
    case noSubscriptions = "no-subscriptions"
    /// Knows the other edition's key frame request alone, and refuses its own.
    case otherKeyFrame = "other-key-frame"
}

/// What a call has started.
public struct CameraSending: Sendable {
    /// The local port.
    public var port: Int
    /// Ends it.
    public var stop: @Sendable () -> Void
    /// Steers a replay; `nil` of a live picture.
    public var steer: (@Sendable (PlaybackControl) -> Void)?

    /// What a call has started.
    public init(
        port: Int, stop: @escaping @Sendable () -> Void, steer: (@Sendable (PlaybackControl) -> Void)? = nil
    ) {
        self.port = port
        self.stop = stop
        self.steer = steer
    }
}

/// Sends pictures to where a call asks for them.
public protocol PictureSender: Sendable {
    /// Begins to send.
    /// - Parameters:
    ///   - camera: whose picture it is.
    ///   - offer: the centre's description: where to, how, and for a replay which time.
    ///   - ssrc: the RTP source to use.
    ///   - ended: called when a replay has come to its end.
    func send(
        camera: String, to offer: SessionDescription, ssrc: UInt32, ended: @escaping @Sendable () -> Void
    ) async throws -> CameraSending
}
