import Cases
import FireGuard
import Foundation
import Kernel
import Notify
import Storage
import Web

extension Centre {
    /// Registers sites with a gateway and many detectors each, which are to report and never will, for measuring.
    public func addSilentSites(
        _ count: Int, detectors each: Int, reportSeconds: Int, firstGateway address: UInt64
    ) async throws {
        for number in 0..<count {
            let digits = String(address + UInt64(number), radix: 16)
            let gateway = Gateway(
                id: .next(), kind: .gb26875, address: String(repeating: "0", count: max(0, 12 - digits.count)) + digits,
                name: "silent", heartbeatSeconds: 0)
            try await database.write { db in
                try FireGuard.register(
                    Site(
                        id: .next(), name: "测试楼 \(number)", address: "测试路 \(number) 号", ownerName: "测试",
                        ownerPhone: "198\(10_000_000 + number)"),
                    keyHolders: [], gateway: gateway,
                    detectors: (1...each).map {
                        FireGuard.NewDetector(
                            address: "1-1-\($0)-0", kind: .smoke, place: "", plan: nil, reportSeconds: reportSeconds)
                    }, at: .now, in: db)
            }
        }
    }

    /// Starts escalations that climb once in a while, for measuring.
    /// - Parameters:
    ///   - spreadSeconds: the first step of each is due within so many seconds, evenly, in the order of their numbers.
    ///   - after: milliseconds from the return of this until the first is due.
    /// - Returns: when the first is due.
    public func addClimbs(_ count: Int, spreadSeconds: Int, after: Int64) async throws -> Instant {
        var policy = EscalationPolicy.fire
        policy.name = "bench"
        policy.steps = [EscalationPolicy.Step(afterSeconds: 600, roles: [.leader], channels: [.sms])]
        policy.repeatSeconds = 7_200
        // It is kept with each climb.
        let (kept, name) = (policy, policy.name)
        let escalations = Escalations(
            policies: [kept], onDuty: { _, _, _, _ in Escalations.OnDuty(people: []) }, note: { _, _, _, _ in },
            word: { key, _ in key })
        let cases = CaseDesk(calendar: try WorkCalendar.load(data: configuration.folder))
        let base = Instant.now - 600_000
        for start in stride(from: 0, to: count, by: 1_000) {
            try await database.write { db in
                for number in start..<min(count, start + 1_000) {
                    let at = base + Int64(number) * Int64(spreadSeconds) * 1_000 / Int64(count)
                    let id = try cases.open(
                        NewCase(
                            kind: .fire, severity: .moderate, title: "测试 \(number)", placeText: "测试路 \(number) 号",
                            signal: Signal(source: "bench", key: "bench/\(number)"), at: .now), in: db)
                    try escalations.start(
                        policy: name, subject: "bench/\(number)", caseID: id, area: nil, text: "测试", at: at,
                        in: db)
                }
            }
        }
        // All of them were begun as if now; making them took a while.
        let begin = Instant.now + after
        let shift = begin - (base + 600_000)
        _ = try await database.write { db in
            try db.execute(
                """
                UPDATE escalation SET next_at = next_at + \(shift), set_at = \(Instant.now) WHERE policy = \(name)
                """)
        }
        return begin
    }
}
