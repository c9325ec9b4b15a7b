import Kernel
import Logging
import SMPP
import Storage
import Synchronization

/// Hands a message to the first carrier that may take it, and to the next one where that fails.
///
/// Each try is committed before the carrier hears of it, so that quotas count what a dying process had begun, on every
/// node. A carrier that hangs is left after ``patienceMs``; whether the message went out is then not known, and the
/// outbox's next try goes to another carrier, marked as a possible repeat.
public final class CarrierDesk: Carrier {
    /// Milliseconds that a carrier may take: with the choice before it, less than the outbox's lease.
    public static let patienceMs: Int64 = 9_000
    /// Milliseconds after which no further carrier is begun with in the same try of the outbox.
    private static let failOverMs: Int64 = 3_000
    /// Milliseconds for which a message waits for its turn with a carrier that is over its rate.
    private static let turnMs: Int64 = 3_000

    /// How a carrier does at the moment.
    public struct Health: Sendable, Equatable {
        /// Failures since the last success.
        public var failures = 0
        /// Until when it stands behind the others.
        public var downUntil: Instant?
        /// What it said last when it failed.
        public var lastFailure = ""
    }

    /// The carriers, in the order in which they are tried.
    public let lines: [CarrierLine]
    private let database: any Database
    private let logger: Logger
    private let patienceMs: Int64
    private let now: @Sendable () -> Instant
    private struct State {
        var health: [String: Health] = [:]
        var buckets: [String: TokenBucket]
        /// How many messages each carrier holds, those included that were given up after its time.
        var held: [String: Int] = [:]
    }

    private let state: Mutex<State>

    /// A desk over its carriers.
    public init(
        lines: [CarrierLine], database: any Database, logger: Logger, patienceMs: Int64 = patienceMs,
        now: @escaping @Sendable () -> Instant = { .now }
    ) {
        self.lines = lines
        self.database = database
        self.logger = logger
        self.patienceMs = patienceMs
        self.now = now
        let start = now()
        state = Mutex(
            State(
                buckets: Dictionary(
                    lines.map {
                        ($0.name, TokenBucket(perSecond: $0.perSecond, burst: max(1, $0.perSecond), at: start))
                    }, uniquingKeysWith: { first, _ in first })))
    }

    /// How many messages of each channel its carriers may hold at once.
    public var room: [Channel: Int] {
        // A channel without a carrier has its messages refused, one after another.
        Dictionary(
            uniqueKeysWithValues: Channel.allCases.map { channel in
                (channel, max(4, lines.reduce(0) { $0 + ($1.channel == channel ? $1.atOnce : 0) }))
            })
    }

    /// How each carrier does.
    public var health: [String: Health] { state.withLock { $0.health } }

    /// Hands a message over.
    public func send(_ message: Message) async -> Delivery {
        let own = lines.filter {
            $0.channel == message.channel && (message.via == nil || message.via == $0.name)
        }
        guard !own.isEmpty else { return .refused("no-carrier") }
        let start = now()
        do {
            let tries = try await database.read { db in
                try TryStore.recent(to: message.to.phone, message.channel, at: start, in: db)
            }
            let health = health
            let choice = CarrierChoice.order(
                own.map {
                    CarrierChoice.Line(
                        name: $0.name, quotas: $0.quotas,
                        isDown: health[$0.name]?.downUntil.map { $0 > start } ?? false)
                }, tries: tries, for: message.id, at: start)
            if let next = choice.next { return .later(next, "quota") }
            var last = Delivery.later(start + 1_000, "rate")
            for name in choice.now {
                guard let line = own.first(where: { $0.name == name }) else { continue }
                guard enter(line, mostMs: 0) != nil else { continue }
                last = try await attempt(message, line)
                switch last {
                case .taken: return last
                case .again(_, mayHaveGoneOut: true): return last
                case .refused, .again, .later: if now() - start > Self.failOverMs { return last }
                }
            }
            // Each was over its rate: it waits for the turn of the first that has a place, and keeps its own.
            if case .later(_, "rate") = last {
                for name in choice.now {
                    guard let line = own.first(where: { $0.name == name }),
                        let waitMs = enter(line, mostMs: Self.turnMs)
                    else { continue }
                    if waitMs > 0 { try? await Task.sleep(for: .milliseconds(waitMs)) }
                    return try await attempt(message, line)
                }
            }
            return last
        } catch {
            logger.error("no carrier could be chosen", metadata: ["message": "\(message.id)", "error": "\(error)"])
            return .again("store", mayHaveGoneOut: false)
        }
    }

    /// Takes a place with a carrier and returns the milliseconds until its turn; `nil` where it has none in time.
    private func enter(_ line: CarrierLine, mostMs: Int64) -> Int64? {
        let moment = now()
        return state.withLock { state in
            guard state.held[line.name, default: 0] < line.atOnce,
                let waitMs = state.buckets[line.name]?.book(at: moment, mostMs: mostMs)
            else { return nil }
            state.held[line.name, default: 0] += 1
            return waitMs
        }
    }

    private func leave(_ name: String) { state.withLock { $0.held[name, default: 1] -= 1 } }

    /// One try with a carrier that a place was taken with.
    private func attempt(_ message: Message, _ line: CarrierLine) async throws -> Delivery {
        let start = now()
        let id = ID<CarrierLine>.next()
        let worded: Message
        do {
            worded = try await database.write { db in
                let worded = try Self.worded(message, for: line.name, in: db)
                let fen = line.fen * (message.channel == .sms ? Int64(Parts.count(worded.text)) : 1)
                try TryStore.begin(id, line, worded, fen: fen, original: message.text, at: start, in: db)
                return worded
            }
        } catch {
            leave(line.name)
            throw error
        }
        let outcome = await patient(line, worded)
        let end = now()
        note(outcome, of: line.name)
        do {
            try await database.write { db in
                try TryStore.end(id, outcome, tookMs: max(0, end - start), in: db)
                if case .taken = outcome, let wait = line.reportMs {
                    try MessageStore.expectReport(message.id, by: end + wait, in: db)
                }
            }
        } catch {
            // The carrier has heard of the message all the same: its outcome holds, the line of the try stays unknown.
            logger.error(
                "what a carrier said could not be kept", metadata: ["message": "\(message.id)", "error": "\(error)"])
        }
        return outcome
    }

    /// The message in the words of the approved template for this carrier, where there is one.
    static func worded(_ message: Message, for carrier: String, in db: any Reading) throws -> Message {
        guard let content = message.content, let kind = MessageKind.named(content.kind) else { return message }
        let approved = try TemplateStore.approved(content.kind, message.channel, in: db)
        guard !approved.isEmpty,
            let template = MessageTemplate.choose(
                approved, language: try TemplateStore.language(of: message.to.phone, in: db), carrier: carrier)
        else { return message }
        let text = TemplateText(template.body)
        var worded = message
        worded.text = text.filled(content.values, kind)
        if !template.carrierCode.isEmpty {
            worded.form = CarrierForm(code: template.carrierCode, values: text.values(content.values, kind))
        }
        return worded
    }

    /// What the carrier says within its time. One that hears no cancellation keeps its place until it returns, and
    /// nobody waits for it.
    private func patient(_ line: CarrierLine, _ message: Message) async -> Delivery {
        let (answers, answer) = AsyncStream.makeStream(of: Delivery.self, bufferingPolicy: .bufferingOldest(1))
        let work = Task {
            answer.yield(await line.carrier.send(message))
            leave(line.name)
        }
        let clock = Task { [patienceMs] in
            try? await Task.sleep(for: .milliseconds(patienceMs))
            answer.yield(.again("no-answer", mayHaveGoneOut: true))
        }
        defer {
            work.cancel()
            clock.cancel()
        }
        return await withTaskCancellationHandler {
            for await first in answers { return first }
            return .again("stopped", mayHaveGoneOut: true)
        } onCancel: {
            answer.finish()
        }
    }

    private func note(_ outcome: Delivery, of name: String) {
        let moment = now()
        state.withLock { state in
            var health = state.health[name] ?? Health()
            switch outcome {
            case .taken: health = Health()
            // A refusal of one message says nothing of the carrier.
            case .refused, .later: break
            case .again(let why, _):
                health.failures += 1
                health.lastFailure = why
                if health.failures >= 3 { health.downUntil = moment + 30_000 }
            }
            state.health[name] = health
        }
    }
}
