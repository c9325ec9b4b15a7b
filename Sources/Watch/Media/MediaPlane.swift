import Kernel
import Media

/// What the room asks of the media process: receive, show, record, speak.
///
/// The course of a live picture from a GB/T 28181 camera:
/// 1. A viewer asks. The room calls ``open(_:_:)``. Where the answer is not `isNew`, the source flows already: go to 4.
/// 2. The room sends the INVITE with `receiver.port` and `receiver.ssrc`. It tells a refusal by ``fail(_:_:)``.
/// 3. The device's 200 may name another SSRC: ``adopt(_:ssrc:)``. For ``MediaTransport/tcpActive`` its address goes to
///    ``connect(_:to:)``. Then comes the ACK.
/// 4. ``ticket(for:viewer:)``, whose address goes to the browser's player. A ticket may be made before 2 is through:
///    the viewer then sees which stage is being waited for.
/// 5. ``events()`` tell of stages, failures and ``MediaEvent/unwatched(_:)``: then the room sends the BYE and calls
///    ``close(_:)``. After a failure the source is closed already; only the BYE is left to send.
public protocol MediaPlane: Sendable {
    /// Whether the media process answers.
    var isRunning: Bool { get }

    /// What happens from now on; every call gives a stream of its own, bounded: a listener that is 1,000 events behind
    /// misses the oldest.
    func events() -> AsyncStream<MediaEvent>

    /// Opens a source, or finds it open: it is pulled once however many watch.
    /// - Throws: ``MediaFailure/full``, ``MediaFailure/processEnded``, or ``MediaFailure/refused`` when another source
    ///   holds the SSRC.
    func open(_ source: SourceID, _ pull: Pull) async throws(MediaFailure) -> Receiver

    /// Connects to a device that listens (``MediaTransport/tcpActive``); three tries, a second apart.
    func connect(_ source: SourceID, to address: MediaAddress) async

    /// Takes the SSRC that the device chose in place of the one that was offered.
    func adopt(_ source: SourceID, ssrc: UInt32) async

    /// Says that signalling failed; viewers are told, and the source is closed.
    func fail(_ source: SourceID, _ failure: MediaFailure) async

    /// While paused (a replay), silence is no failure.
    func pause(_ source: SourceID, _ isPaused: Bool) async

    /// Closes a source; viewers are told that it ended.
    func close(_ source: SourceID) async

    /// Records a source until told to stop; it is not dropped for want of viewers meanwhile.
    func record(_ source: SourceID, _ plan: RecordingPlan) async

    /// Ends a recording; the last segment is told as an event.
    func stopRecording(_ source: SourceID) async

    /// Lets one browser watch a source, once, within the next 30 s.
    func ticket(for source: SourceID, viewer: Viewer) async throws(MediaFailure) -> Ticket

    /// Opens a way for a voice to one speaker.
    /// - Returns: the port for our SDP: with UDP and TCP passive the one media port, from which the voice also goes.
    func openVoice(_ voice: SourceID, _ wish: VoiceWish) async throws(MediaFailure) -> Receiver

    /// The speaker's address; nothing is sent before ``startVoice(_:)``.
    func connectVoice(_ voice: SourceID, to address: MediaAddress) async

    /// The ACK came: sound goes out on the wall clock from now on, silence where there is nothing to say.
    func startVoice(_ voice: SourceID) async

    /// Appends sound to what one or several voices have to say: 16-bit samples, mono, 8,000 a second, at most a minute
    /// a call.
    func say(_ samples: [Int16], to voices: [SourceID]) async

    /// Lets one browser's microphone speak through these voices, once, within the next 30 s.
    func voiceTicket(for voices: [SourceID], speaker: Viewer) async throws(MediaFailure) -> Ticket

    /// Ends a voice once what it has to say is said, or at once.
    func closeVoice(_ voice: SourceID, drained: Bool) async
}
