/// The stations between a click and a picture, in their order. A failure names the one that was not reached.
public enum MediaStage: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// The device answers the INVITE, or the RTSP server the DESCRIBE.
    case signalling
    /// The device's media address is known and, for TCP, connected.
    case address
    /// The first packet came.
    case firstPacket = "first-packet"
    /// The program stream is understood: a pack header was found, and a video stream in it.
    case sync
    /// A key frame with its parameter sets came: there is a picture.
    case keyFrame = "key-frame"
    /// The browser shows it.
    case decode

    /// Earlier stations come first.
    public static func < (left: MediaStage, right: MediaStage) -> Bool {
        (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
}

/// Why a source ended, as a stable name; the catalogue has its words under `watch.failure.` + name.
public enum MediaFailure: String, Sendable, Hashable, Codable, CaseIterable, Error {
    /// The device refused the call (told by the room).
    case refused
    /// The camera asks for another user or password.
    case credentials
    /// The camera has no stream under this path.
    case noStream = "no-stream"
    /// The device does not answer the call (told by the room), or there is no connection to its media address.
    case unreachable
    /// No packet came in time.
    case silent
    /// Packets come, but with no program stream in them.
    case notProgramStream = "not-program-stream"
    /// A program stream without pictures.
    case noVideo = "no-video"
    /// Pictures, but no key frame in time.
    case noKeyFrame = "no-key-frame"
    /// The picture's coding is none that can be shown.
    case codec
    /// Packets came and then stopped.
    case stalled
    /// The device closed the connection.
    case closed
    /// As many sources as the media process takes are open.
    case full
    /// The browser cannot decode the stream, and as many are made into another coding as may be.
    case codersBusy = "coders-busy"
    /// The media process ended.
    case processEnded = "process-ended"
}
