import Foundation
import Kernel
import Synchronization

/// The connection that a ``GroupCommitter`` writes on; only its thread touches it.
protocol WriteConnection: Writing {
    /// Keeps the connection for all statements of a batch.
    func hold(_ batch: () throws -> Void) throws
    func begin() throws
    func commit() throws
    func rollback()
    func savepoint() throws
    func releaseSavepoint() throws
    func rollbackToSavepoint() throws
    /// Events and topics of the running transaction, in order.
    var outbound: Outbound { get set }
    /// The first error of a statement since it was last set to `nil`.
    var failure: (any Error)? { get set }
    /// Sends events' numbers and topics to other nodes, inside the transaction.
    func announce(_ outbound: Outbound) throws
}

/// What a transaction wants known once it is durable.
struct Outbound: Sendable {
    var events: [Event] = []
    var topics: [String] = []
    /// The number that the next event gets, once known.
    var nextSeq: Int64?
}

/// Runs write transactions one after the other on a thread of its own and lets those that wait share one commit.
///
/// While a commit waits for the disk, writers queue up; the next commit takes all of them (at most `batchLimit`), each
/// in a savepoint, so that one that fails takes nothing with it.
final class GroupCommitter: Sendable {
    private struct Job {
        var run: @Sendable (any Writing) throws -> Void
        var finish: @Sendable (Result<Void, any Error>) -> Void
    }

    private struct State {
        var queue: [Job] = []
        var closed = false
        var isFull = false
    }

    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)
    private let stopped = DispatchSemaphore(value: 0)
    private let feed: EventFeed
    private let wakeups: Wakeups
    private let queueLimit = 20_000
    private let batchLimit = 512
    private let attemptLimit: UInt32 = 5

    init(feed: EventFeed, wakeups: Wakeups) {
        self.feed = feed
        self.wakeups = wakeups
    }

    var isFull: Bool { state.withLock { $0.isFull } }

    /// Starts the thread; `connect` is called on it, again after a connection was lost.
    func start(_ connect: @escaping @Sendable () throws -> any WriteConnection) {
        let thread = Thread { [self] in
            loop(connect)
            stopped.signal()
        }
        thread.name = "zhili-writer"
        thread.stackSize = 4 << 20
        thread.start()
    }

    func write<Value: Sendable>(_ body: @escaping @Sendable (any Writing) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let result = Mutex<Value?>(nil)
            let box = ResultBox(result: result)
            let job = Job(
                run: { connection in
                    let value = try body(connection)
                    box.result.withLock { $0 = value }
                },
                finish: { outcome in
                    switch outcome {
                    case .success:
                        if let value = box.result.withLock({ $0 }) {
                            continuation.resume(returning: value)
                        } else {
                            continuation.resume(throwing: StorageError.failed("a committed write has no result"))
                        }
                    case .failure(let error): continuation.resume(throwing: error)
                    }
                })
            let refusal = state.withLock { state -> StorageError? in
                if state.closed { return .unavailable("closed") }
                if state.queue.count >= queueLimit { return .overloaded }
                state.queue.append(job)
                return nil
            }
            if let refusal { continuation.resume(throwing: refusal) } else { signal.signal() }
        }
    }

    /// Refuses what comes later and ends the thread after what is queued.
    /// - Returns: whether this was the first call.
    @discardableResult
    func stop() -> Bool {
        let first = state.withLock { state in
            defer { state.closed = true }
            return !state.closed
        }
        if first { signal.signal() }
        return first
    }

    /// Lets what is queued finish and ends the thread.
    func close() async {
        guard stop() else { return }
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                self.stopped.wait()
                continuation.resume()
            }
        }
    }

    private func loop(_ connect: () throws -> any WriteConnection) {
        var connection: (any WriteConnection)?
        while true {
            signal.wait()
            let (batch, closed) = state.withLock { state -> ([Job], Bool) in
                let count = min(state.queue.count, batchLimit)
                let batch = Array(state.queue.prefix(count))
                state.queue.removeFirst(count)
                return (batch, state.closed && state.queue.isEmpty)
            }
            // One signal came for each job, one wait serves the batch.
            for _ in 0..<max(0, batch.count - 1) where signal.wait(timeout: .now()) != .success { break }
            if !batch.isEmpty {
                do {
                    let usable = try connection ?? connect()
                    connection = usable
                    try usable.hold { try run(batch, on: usable) }
                } catch {
                    // Only a lost connection comes here; its jobs were answered or are answered now.
                    connection = nil
                    for job in batch { job.finish(.failure(error)) }
                }
            }
            if closed { return }
        }
    }

    /// - Throws: only when no job was answered and the connection must be made anew.
    private func run(_ batch: [Job], on connection: any WriteConnection, attempt: UInt32 = 1) throws {
        var failures: [Int: any Error] = [:]
        do {
            connection.outbound = Outbound()
            try connection.begin()
            for (index, job) in batch.enumerated() {
                let before = connection.outbound
                if batch.count > 1 { try connection.savepoint() }
                connection.failure = nil
                do {
                    try job.run(connection)
                    // Both engines alike: what comes after a failed statement is not kept.
                    if let failure = connection.failure { throw failure }
                    if batch.count > 1 { try connection.releaseSavepoint() }
                } catch {
                    if batch.count == 1 || connection.failure is TransactionConflict { throw error }
                    try connection.rollbackToSavepoint()
                    connection.outbound = before
                    failures[index] = error
                }
            }
            try connection.announce(connection.outbound)
            try connection.commit()
        } catch {
            connection.rollback()
            note(error)
            if case StorageError.unavailable = error { throw error }
            if batch.count == 1 {
                let isConflict = error is TransactionConflict || connection.failure is TransactionConflict
                if isConflict, attempt < attemptLimit {
                    usleep(.random(in: 500...5_000) * attempt)
                    return try run(batch, on: connection, attempt: attempt + 1)
                }
                batch[0].finish(.failure(isConflict ? StorageError.overloaded : error))
            } else {
                // The batch failed as a whole: alone, each meets only its own fate.
                var lost: (any Error)?
                for job in batch {
                    if let lost {
                        job.finish(.failure(lost))
                        continue
                    }
                    do { try run([job], on: connection) } catch {
                        job.finish(.failure(error))
                        lost = error
                    }
                }
            }
            return
        }
        note(nil)
        let outbound = connection.outbound
        if !outbound.events.isEmpty { feed.append(outbound.events) }
        for topic in Set(outbound.topics) { wakeups.wake(topic) }
        for (index, job) in batch.enumerated() {
            if let error = failures[index] { job.finish(.failure(error)) } else { job.finish(.success(())) }
        }
    }

    private func note(_ error: (any Error)?) {
        let full = (error as? StorageError) == .full
        // Another failure says nothing about the room on the disk.
        guard error == nil || full else { return }
        state.withLock { $0.isFull = full }
    }
}

private final class ResultBox<Value: Sendable>: Sendable {
    let result: Mutex<Value?>
    init(result: consuming sending Mutex<Value?>) { self.result = result }
}

extension WriteConnection {
    func hold(_ batch: () throws -> Void) throws { try batch() }

    func publish(_ event: NewEvent) throws {
        let seq: Int64
        if let next = outbound.nextSeq {
            seq = next
        } else {
            seq = (try value(Int64.self, "SELECT value FROM counter WHERE name = 'event'") ?? 0) + 1
        }
        let at = event.at ?? .now
        try execute(
            """
            INSERT INTO event (seq, at, type, subject, permission, area, data)
            VALUES (\(seq), \(at), \(event.type), \(event.subject), \(event.permission), \(event.area), \(event.data))
            """)
        outbound.events.append(Event(seq: seq, at: at, content: event))
        outbound.nextSeq = seq + 1
    }

    func wake(_ topic: String) { outbound.topics.append(topic) }

    /// Writes the counter behind the numbers that were given out; part of ``announce(_:)``.
    func storeCounter() throws {
        guard let next = outbound.nextSeq, !outbound.events.isEmpty else { return }
        try execute("UPDATE counter SET value = \(next - 1) WHERE name = 'event'")
    }
}
