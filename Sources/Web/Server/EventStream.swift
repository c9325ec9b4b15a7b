import Hummingbird
import Kernel
import NIOCore
import Storage

/// The live feed of one screen: server-sent events from the log, each once and in order, and a sign of life between.
struct EventStream: Sendable {
    let database: any Database
    let authenticator: any Authenticator
    let permissions: [String: Permission]
    /// Whether a caller who answers for `areas` may know of what happens in an area.
    let covers: @Sendable (_ areas: [AreaID], _ area: AreaID) -> Bool
    let cookie: String?
    let bearer: String?

    private static let pingMs: Int64 = 2_000
    /// A person whose session ended must not go on reading.
    private static let recheckEvery = 8
    private static let batch = 500

    /// Writes until the client leaves, the session ends, or the centre stops.
    func run(after start: Int64, _ writer: inout any ResponseBodyWriter) async throws {
        guard var caller = try await authenticator.caller(cookie: cookie, bearer: bearer) else { return }
        var position = min(start, database.feed.last)
        var quiet = 0
        try await writer.write(ByteBuffer(string: "retry: 1000\n" + ping))
        while !Task.isCancelled {
            if let news = database.feed.news(after: position) {
                let events = try await list(news, after: position)
                guard let last = events.last else { continue }
                position = last.seq
                var text = ""
                for event in events where visible(event, to: caller) {
                    text += Self.message(event)
                }
                if !text.isEmpty { try await writer.write(ByteBuffer(string: text)) }
            } else {
                let before = database.feed.last
                await waitForNews(after: position)
                guard database.feed.last == before else { continue }
                quiet += 1
                try await writer.write(ByteBuffer(string: ping))
            }
            if quiet >= Self.recheckEvery {
                quiet = 0
                guard let again = try await authenticator.caller(cookie: cookie, bearer: bearer) else { return }
                caller = again
            }
        }
    }

    /// One event. It has no name of its own in the stream: a browser would give a named one only to who listens for
    /// that name, and pages ask for whole families. Types and subjects are made of letters, digits, `.`, `/` and `-`.
    private static func message(_ event: Event) -> String {
        let content = event.content
        return """
            id: \(event.seq)
            data: {"type":"\(content.type)","subject":"\(content.subject)","data":\(content.data)}


            """
    }

    /// A sign of life, which also says when the disk is full: then there are no events that could.
    private var ping: String { "event: ping\ndata: {\"full\":\(database.isFull)}\n\n" }

    private func list(_ news: EventFeed.News, after position: Int64) async throws -> [Event] {
        switch news {
        case .events(let events): Array(events.prefix(Self.batch))
        case .readLog:
            try await database.read { db in
                try db.all(
                    Event.self,
                    """
                    SELECT \(raw: Event.columns) FROM event WHERE seq > \(position) ORDER BY seq LIMIT \(Self.batch)
                    """)
            }
        }
    }

    private func visible(_ event: Event, to caller: Caller) -> Bool {
        guard let permission = permissions[event.content.permission], caller.may(permission) else { return false }
        guard let areas = caller.areas else { return true }
        return event.content.area.map { covers(areas, AreaID(rawValue: $0)) } ?? false
    }

    /// Returns at the next event, at the next sign of life, or when the task is cancelled.
    private func waitForNews(after position: Int64) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await database.feed.wait(after: position) }
            group.addTask { try? await Task.sleep(for: .milliseconds(Self.pingMs)) }
            await group.next()
            group.cancelAll()
        }
    }
}
