import Kernel

/// How a source is recorded.
public struct RecordingPlan: Sendable, Hashable, Codable {
    /// The folder in which segments are made, absolute.
    public var folder: String
    /// How long a segment is at least, in seconds; it ends at the next key frame. 1…600.
    public var segmentSeconds: Int
    /// The moment that the first picture shows, in milliseconds since the Unix epoch, where the source tells of a time
    /// gone by (a recorder's own recording); `nil` counts by the arrival.
    public var firstMs: Int64?

    /// A plan.
    public init(folder: String, segmentSeconds: Int = 10, firstMs: Int64? = nil) {
        self.folder = folder
        self.firstMs = firstMs
        self.segmentSeconds = min(600, max(1, segmentSeconds))
    }
}

/// One piece of a recording: a file that plays by itself.
public struct RecordedSegment: Sendable, Hashable, Codable {
    /// The file's name within the recording's folder.
    public var file: String
    /// When its first picture came, in milliseconds since the Unix epoch.
    public var startMs: Int64
    /// How long it plays, in milliseconds.
    public var durationMs: Int64
    /// Its size.
    public var bytes: Int64
    /// As RFC 6381 writes it.
    public var codec: String
    /// The picture's size.
    public var width: Int
    /// The picture's size.
    public var height: Int

    /// The name of a segment that starts then: a folder a day (China Standard Time), in it the milliseconds.
    public static func name(startMs: Int64) -> String { "\(Instant(ms: startMs).date)/\(startMs).mp4" }

    /// A segment.
    public init(
        file: String, startMs: Int64, durationMs: Int64, bytes: Int64, codec: String, width: Int, height: Int
    ) {
        self.file = file
        self.startMs = startMs
        self.durationMs = durationMs
        self.bytes = bytes
        self.codec = codec
        self.width = width
        self.height = height
    }
}
