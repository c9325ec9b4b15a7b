import Foundation
import Kernel
import Storage

/// What waits to be sent, written in the transaction of what it tells of.
public struct Outbox: Sendable {
    /// The topic that wakes the worker.
    static let topic = "outbox"

    /// An outbox.
    public init() {}

    /// Queues a message; one with a known key is there already.
    public func enqueue(_ new: NewMessage, in db: any Writing) throws {
        guard try MessageStore.insert(new, in: db) else { return }
        db.wake(Self.topic)
    }

    /// Takes back what has not been sent about a subject.
    public func withdraw(subject: String, at: Instant, in db: any Writing) throws {
        try MessageStore.withdraw(subject: subject, at: at, in: db)
    }

    /// What was said of a case, oldest first.
    public func messages(of id: CaseID, in db: any Reading) throws -> [Message] {
        try MessageStore.of(id, in: db)
    }
}
