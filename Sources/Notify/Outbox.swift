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
        // Nobody is rung a third time for one fire, whatever rule asks for it: carriers refuse it, and sleep is lost.
        var isRung = false
        if new.channel == .call, let id = new.caseID {
            isRung = try MessageStore.calls(to: new.to.phone, about: id, in: db) >= EscalationPolicy.mostCalls
        }
        guard let id = try MessageStore.insert(new, in: db) else { return }
        if isRung {
            try MessageStore.set(id, .withdrawn, detail: "rung", at: new.at, in: db)
        } else {
            db.wake(Self.topic)
        }
    }

    /// Takes back what has not been sent about a subject.
    public func withdraw(subject: String, at: Instant, in db: any Writing) throws {
        try MessageStore.withdraw(subject: subject, at: at, in: db)
    }

    /// What happened to each of a case's messages.
    public func trails(of id: CaseID, in db: any Reading) throws -> [MessageID: MessageTrail] {
        try TrailStore.of(id, try MessageStore.of(id, in: db), in: db)
    }

    /// What was said of a case, oldest first.
    public func messages(of id: CaseID, in db: any Reading) throws -> [Message] {
        try MessageStore.of(id, in: db)
    }
}
