import Kernel

/// What a carrier allows to one callee: the rule is kept here, before the carrier refuses, since a refusal counts too.
public struct Quota: Sendable, Equatable {
    /// The stretch of time in milliseconds.
    public var perMs: Int64
    /// How many tries in it, failed ones included.
    public var most: Int

    /// `most` tries in any `seconds`.
    public init(_ most: Int, perSeconds seconds: Int64) {
        self.most = most
        perMs = seconds * 1_000
    }

    /// When the next try is allowed: `now`, or later.
    /// - Parameter tries: earlier ones, in any order.
    func free(after tries: [Instant], now: Instant) -> Instant {
        let recent = tries.filter { $0 > now - perMs && $0 <= now }.sorted()
        guard recent.count >= most, most > 0 else { return most > 0 ? now : now + perMs }
        return recent[recent.count - most] + perMs
    }
}

/// What a carrier allows to one callee, all in all.
public struct Quotas: Sendable, Equatable {
    /// Windows that slide.
    public var windows: [Quota]
    /// How many tries between 22:00 and 08:00; `nil` is as many as by day.
    public var night: Int?

    /// Quotas.
    public init(_ windows: [Quota] = [], night: Int? = nil) {
        self.windows = windows
        self.night = night
    }

    /// Aliyun voice to one callee: 1 a minute, 5 an hour, 20 a day.
    public static let aliyunVoice = Quotas([
        Quota(1, perSeconds: 60), Quota(5, perSeconds: 3_600), Quota(20, perSeconds: 86_400),
    ])
    /// Tencent voice until raised: 1 in 30 s, 2 in 10 min, 5 a day, 1 a night.
    public static let tencentVoice = Quotas(
        [Quota(1, perSeconds: 30), Quota(2, perSeconds: 600), Quota(5, perSeconds: 86_400)], night: 1)
    /// Aliyun's notifications by text: 50 a day.
    public static let aliyunSMS = Quotas([Quota(50, perSeconds: 86_400)])

    /// When the next try to this callee is allowed: `now`, or later.
    public func free(after tries: [Instant], now: Instant) -> Instant {
        var free = windows.map { $0.free(after: tries, now: now) }.max() ?? now
        if let night, let span = Self.night(around: now), tries.count(where: { span.contains($0) }) >= night {
            free = max(free, span.upperBound)
        }
        return free
    }

    /// The night that `moment` lies in, 22:00 to 08:00 in China.
    static func night(around moment: Instant) -> Range<Instant>? {
        let hour = CivilTime(moment).hour
        guard hour >= 22 || hour < 8 else { return nil }
        let day = moment.dayNumber - (hour < 8 ? 1 : 0)
        let start = Instant(ms: Int64(day) * CivilTime.dayMs - CivilTime.offsetMs + 22 * 3_600_000)
        return start..<(start + 10 * 3_600_000)
    }
}

/// So many at once, so many a second.
struct TokenBucket: Sendable {
    let perSecond: Double
    let burst: Double
    private var tokens: Double
    private var at: Instant

    init(perSecond: Double, burst: Double, at: Instant) {
        self.perSecond = perSecond
        self.burst = burst
        self.at = at
        tokens = burst
    }

    /// Takes the next place and returns the milliseconds until its turn, or takes none and returns `nil` where that
    /// is longer than `mostMs`. A clock that steps back gives nothing and takes nothing.
    mutating func book(at now: Instant, mostMs: Int64) -> Int64? {
        if now > at { tokens = min(burst, tokens + Double(now - at) / 1_000 * perSecond) }
        at = now
        let waitMs = tokens >= 1 ? 0 : Int64(((1 - tokens) / perSecond * 1_000).rounded(.up))
        guard waitMs <= mostMs else { return nil }
        tokens -= 1
        return waitMs
    }
}

/// Which carrier comes next for a message: a pure rule.
enum CarrierChoice {
    /// What is known of a carrier.
    struct Line: Sendable {
        var name: String
        var quotas: Quotas
        var isDown: Bool
    }

    /// An earlier try to the same callee by the same channel.
    struct Try: Sendable {
        var carrier: String
        var message: MessageID
        var at: Instant
    }

    /// Those that may be tried now, the best first: what has not been tried for this message before what has, what
    /// works before what is down, then as configured. Where none may, the moment at which the first may.
    static func order(
        _ lines: [Line], tries: [Try], for message: MessageID, at now: Instant
    ) -> (now: [String], next: Instant?) {
        let free = lines.map { line in
            line.quotas.free(after: tries.filter { $0.carrier == line.name }.map(\.at), now: now)
        }
        let open = lines.indices.filter { free[$0] <= now }.sorted { left, right in
            func rank(_ index: Int) -> (Int, Int, Int) {
                let line = lines[index]
                return (
                    tries.count { $0.carrier == line.name && $0.message == message }, line.isDown ? 1 : 0, index
                )
            }
            return rank(left) < rank(right)
        }
        return (open.map { lines[$0].name }, open.isEmpty ? free.min() : nil)
    }
}
