import Kernel
import Testing

@testable import Watch

@Suite("The watch room's rules")
struct WatchRuleTests {
    private let now = CivilTime.instant(2026, 7, 1, 12)

    @Test("A device is gone after the misses that are allowed, or when its registration ends")
    func liveness() {
        let rule = Liveness()
        let later = now + 3_600_000
        #expect(rule.isAlive(lastSeen: now, expiresAt: later, at: now + 209_000))
        #expect(!rule.isAlive(lastSeen: now, expiresAt: later, at: now + 211_000))
        #expect(!rule.isAlive(lastSeen: now, expiresAt: now + 1_000, at: now + 1_000))
        #expect(!rule.isAlive(lastSeen: nil, expiresAt: later, at: now))
    }

    @Test("A stranger is left without an answer after twenty tries, and is forgiven with time; others are not touched")
    func strangers() {
        var limit = StrangerLimit()
        for _ in 0..<19 { limit.note("192.0.2.1", at: now) }
        #expect(limit.isAnswered("192.0.2.1", at: now))
        limit.note("192.0.2.1", at: now)
        #expect(!limit.isAnswered("192.0.2.1", at: now))
        #expect(limit.isAnswered("192.0.2.2", at: now))
        #expect(limit.isAnswered("192.0.2.1", at: now + 10_000))
        for number in 0..<20_000 { limit.note("10.0.\(number / 256).\(number % 256)", at: now) }
        #expect(limit.isAnswered("10.0.0.1", at: now))
    }
}
