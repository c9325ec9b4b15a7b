/// What the media process tells.
public enum MediaEvent: Sendable, Hashable, Codable {
    /// A source got as far as this.
    case reached(SourceID, MediaStage)
    /// The size of the picture and its coding, once known and on change.
    case picture(SourceID, codec: String, width: Int, height: Int)
    /// A source ended; it is closed already.
    case failed(SourceID, at: MediaStage, MediaFailure)
    /// Nobody has watched or recorded for 20 s.
    case unwatched(SourceID)
    /// A viewer waits for a key frame that is long in coming: ask the device for one.
    case wantsKeyFrame(SourceID)
    /// Sound that really left for a speaker, in milliseconds since the start; once a second and at the end.
    case spoken(SourceID, ms: Int, isOver: Bool)
    /// A segment of a recording is complete on the disk.
    case recorded(SourceID, RecordedSegment)
    /// A recording broke off because the disk took nothing more, or not in time; what was whole is told by
    /// ``recorded(_:_:)`` before. It is tried again by itself.
    case unrecorded(SourceID, isFull: Bool)
    /// The media process started anew: nothing is open any more, every dialog must end or be opened again.
    case restarted
}
