import FireGuard
import ServiceLifecycle
import Storage
import Synchronization

/// How many alarms nobody has taken: the number beside the bell on every page. Counted when something has happened,
/// not when a page is asked for.
final class AlarmCount: Service {
    private let database: any Database
    private let count = Atomic<Int>(0)

    init(database: any Database) { self.database = database }

    var value: Int { count.load(ordering: .relaxed) }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                let seen = database.feed.last
                if let counts = try? await database.read({ db in try FireGuard.counts(in: db) }) {
                    count.store(Int(counts.unacknowledged), ordering: .relaxed)
                }
                try? await Task.sleep(for: .milliseconds(200))
                await database.feed.wait(after: seen)
            }
        }
    }
}
