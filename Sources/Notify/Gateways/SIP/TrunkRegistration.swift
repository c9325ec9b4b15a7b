import Foundation
import Kernel
import Logging
import SIP

/// What keeps one trunk ready: a registration that is renewed in time (RFC 3261, 10), or OPTIONS to a trunk that knows
/// us by our address. Both are the trunk's sign of life.
actor TrunkRegistration {
    /// Seconds for which a registration is asked.
    static let seconds: Int64 = 300
    /// Milliseconds between signs of life of a trunk without a registration.
    static let optionsMs: Int64 = 30_000
    /// Milliseconds until a refused or unanswered registration is tried again: at first, and at most.
    static let retryMs: (first: Int64, most: Int64) = (2_000, 60_000)

    let trunk: SIPTrunk
    private let endpoint: SIPEndpoint
    private let logger: Logger
    private let callID = SIPEndpoint.tag() + "@zhili"
    private let tag = SIPEndpoint.tag()
    private var number: UInt32 = 0
    private var aliveUntil: Instant?
    private var wanted = seconds
    private var work: Task<Void, Never>?

    init(_ trunk: SIPTrunk, _ endpoint: SIPEndpoint, logger: Logger) {
        self.trunk = trunk
        self.endpoint = endpoint
        self.logger = logger
    }

    /// Whether the trunk has answered within its time; `nil` before it was asked.
    private(set) var hasAnswered: Bool?

    /// Whether calls may go this way, as far as it is known.
    func isAlive(at now: Instant) -> Bool { hasAnswered == nil || aliveUntil.map { now < $0 } ?? false }

    /// Whether it has given a sign of life in time.
    func isKnownAlive(at now: Instant) -> Bool { aliveUntil.map { now < $0 } ?? false }

    /// Begins to keep it.
    func start() {
        guard work == nil else { return }
        work = Task { await keep() }
    }

    /// Ends it, and says so to a registrar that still listens.
    func stop() async {
        work?.cancel()
        work = nil
        guard trunk.registers, isKnownAlive(at: .now) else { return }
        _ = try? await ask(seconds: 0)
        aliveUntil = nil
    }

    private func keep() async {
        var retryMs = Self.retryMs.first
        while !Task.isCancelled {
            var pauseMs = retryMs
            do {
                let answer = try await ask(seconds: trunk.registers ? wanted : nil)
                switch answer.status ?? 0 {
                case 200..<300:
                    let granted = trunk.registers ? granted(by: answer) : Self.optionsMs * 3 / 1_000
                    aliveUntil = .now + granted * 1_000
                    // Renewed when four fifths are over, so that one lost answer does not end it.
                    pauseMs = trunk.registers ? max(500, granted * 800) : Self.optionsMs
                    retryMs = Self.retryMs.first
                case 423:
                    // Too brief for the registrar (RFC 3261, 21.4.17).
                    let least = answer.headers["Min-Expires"].flatMap { Int64($0) } ?? 3_600
                    wanted = min(86_400, max(wanted + 1, least))
                    pauseMs = 10
                case let status where !trunk.registers && status != 408 && status != 503:
                    // Whatever it answers to OPTIONS, it lives.
                    aliveUntil = .now + Self.optionsMs * 3
                    pauseMs = Self.optionsMs
                case let status:
                    failed("\(status)")
                    retryMs = min(Self.retryMs.most, retryMs * 2)
                }
            } catch {
                failed("\(error)")
                retryMs = min(Self.retryMs.most, retryMs * 2)
            }
            hasAnswered = aliveUntil != nil
            try? await Task.sleep(for: .milliseconds(pauseMs))
        }
    }

    private func failed(_ why: String) {
        logger.warning(
            "a trunk does not take us", metadata: ["trunk": "\(trunk.hop.host):\(trunk.hop.port)", "why": "\(why)"])
        aliveUntil = nil
    }

    /// Asks, and proves who we are where it wants that; once, since a second refusal is a wrong password.
    private func ask(seconds: Int64?) async throws -> SIPMessage {
        let request = message(seconds)
        let answer = try await endpoint.request(request, to: trunk.hop)
        guard [401, 407].contains(answer.status), let proved = trunk.proved(request, challenge: answer) else {
            return answer
        }
        number = max(number, proved.cseq?.number ?? number)
        return try await endpoint.request(proved, to: trunk.hop)
    }

    private func message(_ seconds: Int64?) -> SIPMessage {
        number += 1
        let host = endpoint.host(towards: trunk.hop)
        let method: SIPMethod = seconds == nil ? .options : .register
        var message = SIPMessage(.request(method, uri: "sip:\(trunk.domain)"))
        let own = "<sip:\(trunk.user)@\(trunk.domain)>"
        message.headers.add("From", "\(own);tag=\(tag)")
        message.headers.add("To", seconds == nil ? "<sip:\(trunk.domain)>" : own)
        message.headers.add("Call-ID", callID)
        message.headers.add("CSeq", CSeq(number, method).text)
        message.headers.add("Max-Forwards", "70")
        let transport = trunk.hop.transport == .tcp ? ";transport=tcp" : ""
        message.headers.add("Contact", "<sip:\(trunk.user)@\(host):\(endpoint.port)\(transport)>")
        if let seconds { message.headers.add("Expires", String(seconds)) }
        return message
    }

    /// How long the registrar keeps it: what stands with our contact, else with the answer, else what was asked.
    private func granted(by answer: SIPMessage) -> Int64 {
        let own = "sip:\(trunk.user)@\(endpoint.host(towards: trunk.hop)):\(endpoint.port)"
        for line in answer.headers.all("Contact") where line.contains(own) {
            guard let start = line.range(of: ";expires=")?.upperBound else { continue }
            if let seconds = Int64(line[start...].prefix { $0.isNumber }) { return min(86_400, max(1, seconds)) }
        }
        return min(86_400, max(1, answer.headers["Expires"].flatMap { Int64($0) } ?? wanted))
    }
}
