import GB28181
import Kernel
import Media
import SIP
import Web

/// Calls by which a recorder plays what it keeps itself (9.8, 9.9): each belongs to the person who opened it, and is
/// steered by INFO inside its dialog.
extension LiveCalls {
    /// What is played, for whom.
    struct Replay: Sendable {
        var camera: CameraID
        var owner: StaffID
        var from: Instant
        var to: Instant
        /// How many times faster than it was, for a download; `nil` is a playback.
        var downloadSpeed: Int?
        /// Counts the orders; a counter of their own (Annex B).
        var orders = 0
    }

    /// How a device took an order.
    enum Obeyed: Equatable {
        case yes
        /// It refused, with this status of SIP or of the answer inside; 0 is silence.
        case no(Int)
    }

    /// Opens what a camera's recorder has of a time. What the same person was playing of the camera ends first:
    /// recorders play few at once.
    func openReplay(_ camera: Camera, of device: WatchDevice, _ replay: Replay) async throws -> SourceID {
        for (source, call) in calls {
            guard let other = call.replay, other.owner == replay.owner, other.camera == camera.id,
                (other.downloadSpeed == nil) == (replay.downloadSpeed == nil)
            else { continue }
            await end(source, closing: true)
        }
        guard let source = SourceID("replay/\(camera.id)/\(ID<Replay>.next())") else { throw Problem.notFound }
        try await begin(source, camera, of: device, replay: replay) { [platform] host, port, transport, ssrc in
            SessionDescription.replay(
                from: platform, of: camera.gbID, from: replay.from, to: replay.to, downloadSpeed: replay.downloadSpeed,
                host: host, port: port, transport: transport, ssrc: ssrc)
        }
        return source
    }

    /// The camera of a replay's source.
    static func replayed(_ source: SourceID) -> CameraID? {
        let parts = source.description.split(separator: "/")
        return parts.count == 3 && parts[0] == "replay" ? CameraID(String(parts[1])) : nil
    }

    /// A person's own replay; nobody steers another's.
    func replay(_ source: SourceID, of owner: StaffID) -> Replay? {
        guard let call = calls[source], !call.isEnding, let replay = call.replay, replay.owner == owner else {
            return nil
        }
        return replay
    }

    /// Sends an order inside the call.
    /// - Throws: a ``Problem`` while the device has not answered the call.
    func steer(_ source: SourceID, _ order: PlaybackControl) async throws -> Obeyed {
        guard let endpoint, var call = calls[source], var replay = call.replay, !call.isEnding else {
            throw Problem.notFound
        }
        guard var dialog = call.dialog else { throw Problem.conflict("watch.replay-not-yet") }
        replay.orders += 1
        var info = dialog.request(.info)
        info.headers["Content-Type"] = "Application/MANSRTSP"
        info.body = Array(order.text(number: replay.orders).utf8)
        // The counters are taken before the wait: another order may come meanwhile.
        call.dialog = dialog
        call.replay = replay
        calls[source] = call
        // Silence of a paused replay is no failure; told first, or a quick device would be taken for a dead one.
        if order == .pause { await media.pause(source, true) }
        let response = try? await endpoint.request(info, to: call.hop)
        let status = response.map { PlaybackAnswer($0.body)?.status ?? $0.status ?? 0 } ?? 0
        let isTaken = (response?.status).map { (200..<300).contains($0) } == true && (200..<300).contains(status)
        if isTaken ? order != .pause : order == .pause { await media.pause(source, false) }
        return isTaken ? .yes : .no(response?.status == 200 ? status : response?.status ?? 0)
    }

    /// The device says that a recording is at its end: inside the call, or, with some, outside of it by the camera.
    func recordingEnded(_ request: SIPMessage, camera: String) async {
        let found =
            calls.first { $0.value.dialog?.callID == request.callID }
            ?? calls.first { $0.value.replay != nil && $0.value.camera.description == camera }
        guard let source = found?.key else { return }
        // What was sent last may still be on its way over the other connection.
        try? await Task.sleep(for: .seconds(1))
        await end(source, closing: true)
    }
}
