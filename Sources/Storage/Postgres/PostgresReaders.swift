import Foundation
import Kernel
import Synchronization

/// Reads on a few connections, each on a thread of its own; who finds all of them busy waits in line.
final class PostgresReaders: Sendable {
    private typealias Job = @Sendable (PostgresConnection?, (any Error)?) -> Void

    private struct State {
        var queue: [Job] = []
        var closed = false
    }

    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)
    private let ended = DispatchGroup()
    private let queueLimit = 10_000
    private let count: Int

    init(_ address: PostgresAddress, count: Int) {
        self.count = count
        for number in 0..<count {
            ended.enter()
            let thread = Thread { [self] in
                loop(address)
                ended.leave()
            }
            thread.name = "zhili-reader-\(number)"
            thread.stackSize = 4 << 20
            thread.start()
        }
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (any Reading) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let job: Job = { connection, refusal in
                guard let connection else {
                    return continuation.resume(throwing: refusal ?? StorageError.unavailable("closed"))
                }
                continuation.resume(with: Result { try Self.run(body, on: connection) })
            }
            let refusal = state.withLock { state -> StorageError? in
                if state.closed { return .unavailable("closed") }
                if state.queue.count >= queueLimit { return .overloaded }
                state.queue.append(job)
                return nil
            }
            if let refusal { continuation.resume(throwing: refusal) } else { signal.signal() }
        }
    }

    /// Refuses what comes later and ends the threads after what is queued.
    func stop() {
        let first = state.withLock { state in
            defer { state.closed = true }
            return !state.closed
        }
        guard first else { return }
        for _ in 0..<count { signal.signal() }
    }

    /// Lets what is queued finish and ends the threads.
    func close() async {
        stop()
        await withCheckedContinuation { continuation in
            ended.notify(queue: .global()) { continuation.resume() }
        }
    }

    private static func run<Value>(_ body: (any Reading) throws -> Value, on connection: PostgresConnection) throws
        -> Value
    {
        try connection.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        do {
            let value = try body(PostgresReading(connection: connection))
            try connection.control("COMMIT")
            return value
        } catch {
            _ = try? connection.control("ROLLBACK")
            if let conflict = error as? TransactionConflict { throw StorageError.unavailable(conflict.reason) }
            throw error
        }
    }

    private func loop(_ address: PostgresAddress) {
        var connection: PostgresConnection?
        while true {
            signal.wait()
            let (job, closed) = state.withLock { state in
                (state.queue.isEmpty ? nil : state.queue.removeFirst(), state.closed)
            }
            if let job {
                do {
                    let usable = try connection ?? PostgresConnection(address)
                    connection = usable
                    job(usable, nil)
                } catch {
                    job(nil, error)
                }
            } else if closed {
                return
            }
        }
    }
}
