/// A way for one browser to the media process.
public struct Ticket: Sendable, Hashable {
    /// The port of the media process's WebSocket; the host is the one that the browser called.
    public var port: Int
    /// Path and query, such as `/live?ticket=…`.
    public var path: String

    /// A ticket.
    public init(port: Int, path: String) {
        self.port = port
        self.path = path
    }
}
