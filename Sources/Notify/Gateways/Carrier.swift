/// Somebody who takes texts and calls and brings them to phones.
public protocol Carrier: Sendable {
    /// Hands a message over and says what came of it; never throws, never waits for more than ten seconds.
    func send(_ message: Message) async -> Delivery
}
