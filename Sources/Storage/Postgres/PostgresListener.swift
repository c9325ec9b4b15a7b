import Foundation
import Kernel
import Synchronization

/// Hears what other nodes commit and passes it on to feed and wake-ups; connects again for as long as it takes.
final class PostgresListener: Sendable {
    private let address: PostgresAddress
    private let node: String
    private let feed: EventFeed
    private let wakeups: Wakeups
    private let closed = Atomic(false)
    private let stopped = DispatchSemaphore(value: 0)
    /// Events read at once; who is further behind reads the log.
    private static let batch = 2_000
    private static let waitMs: Int32 = 250

    init(_ address: PostgresAddress, node: String, feed: EventFeed, wakeups: Wakeups) {
        self.address = address
        self.node = node
        self.feed = feed
        self.wakeups = wakeups
    }

    /// Listens before it returns, so that nothing is missed from then on.
    func start() throws {
        // Handed over: from here on only the thread uses it.
        nonisolated(unsafe) let connection = try PostgresConnection(address)
        try connection.control("LISTEN \(PostgresWriteConnection.channel)")
        let thread = Thread { [self] in
            loop(connection)
            stopped.signal()
        }
        thread.name = "zhili-listener"
        thread.start()
    }

    /// Ends the thread soon.
    /// - Returns: whether this was the first call.
    @discardableResult
    func stop() -> Bool { !closed.exchange(true, ordering: .sequentiallyConsistent) }

    func close() async {
        guard stop() else { return }
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                self.stopped.wait()
                continuation.resume()
            }
        }
    }

    private func loop(_ connection: PostgresConnection) {
        var failures = 0
        while !closed.load(ordering: .sequentiallyConsistent) {
            do {
                if !connection.isAlive {
                    try connection.connect()
                    try connection.control("LISTEN \(PostgresWriteConnection.channel)")
                    // Whatever was said in between was not heard.
                    try catchUp(connection)
                    wakeups.wakeAll()
                    failures = 0
                }
                try hear(connection)
            } catch {
                connection.close()
                failures += 1
                pause(ms: min(5_000, 100 << min(failures, 6)))
            }
        }
    }

    private func hear(_ connection: PostgresConnection) throws {
        var wait = pollfd(fd: connection.socket, events: Int16(POLLIN), revents: 0)
        guard poll(&wait, 1, Self.waitMs) > 0 else { return }
        var hasEvents = false
        var topics: Set<String> = []
        var wakesAll = false
        for payload in try connection.notifications() {
            guard let notice = Notice(payload), notice.node != node else { continue }
            hasEvents = hasEvents || notice.hasEvents
            if let named = notice.topics { topics.formUnion(named) } else { wakesAll = true }
        }
        if hasEvents { try catchUp(connection) }
        if wakesAll { wakeups.wakeAll() } else { for topic in topics { wakeups.wake(topic) } }
    }

    private func catchUp(_ connection: PostgresConnection) throws {
        let last = feed.last
        let result = try connection.run(
            """
            SELECT \(raw: Event.columns) FROM event WHERE seq > \(last) ORDER BY seq DESC LIMIT \(Self.batch)
            """)
        var events: [Event] = []
        for index in 0..<result.rows {
            var row = try result.row(index)
            events.append(try Event(row: &row))
        }
        if !events.isEmpty { feed.append(events.reversed()) }
    }

    private func pause(ms: Int) {
        for _ in 0..<max(1, ms / 50) where !closed.load(ordering: .sequentiallyConsistent) { usleep(50_000) }
    }
}
