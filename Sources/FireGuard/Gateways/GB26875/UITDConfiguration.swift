/// Bounds of the GB/T 26875.3 server.
public struct UITDConfiguration: Sendable, Equatable {
    /// The address to listen on.
    public var host = "0.0.0.0"
    /// The TCP port; 0 lets the system choose.
    public var port = 5_201
    /// Connections in all.
    public var connections = 20_000
    /// Connections from one address; the machine's own is not bounded by it.
    public var connectionsPerAddress = 512
    /// Frames of one connection that may wait for their commit; beyond, nothing more is read from it.
    public var framesInFlight = 64
    /// Bytes that belong to no frame after which a connection is closed; a good frame starts the count anew.
    public var garbageBytes = 16_384
    /// Denied frames in a row after which a connection is closed.
    public var deniedFrames = 32
    /// Seconds within which a connection must send its first good frame.
    public var firstFrameSeconds: Int64 = 60
    /// Seconds of silence after which a connection is closed.
    public var idleSeconds: Int64 = 900
    /// A device's clock that is off by more seconds than this is set, at most once an hour; 0: never.
    public var clockToleranceSeconds: Int64 = 60

    /// The usual bounds.
    public init() {}
}
