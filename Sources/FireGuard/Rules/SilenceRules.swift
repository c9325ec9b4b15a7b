import Kernel

/// How long silence may last before it is a warning.
public enum SilenceRules {
    /// Milliseconds of a detector's allowed silence: twice its report interval and 30 s; 0 when it has no interval.
    public static func detectorMs(reportSeconds: Int) -> Int64 {
        reportSeconds <= 0 ? 0 : Int64(reportSeconds) * 2_000 + 30_000
    }

    /// Milliseconds of a gateway's allowed silence: twice its heartbeat and 10 s; 0 when none is expected.
    public static func gatewayMs(heartbeatSeconds: Int) -> Int64 {
        heartbeatSeconds <= 0 ? 0 : Int64(heartbeatSeconds) * 2_000 + 10_000
    }

    /// When silence becomes a warning. After a start of the program everybody has at least `graceMs` to be heard, so
    /// that our own absence is not taken for theirs.
    public static func deadline(lastSeen: Instant?, allowedMs: Int64, startedAt: Instant, graceMs: Int64) -> Instant {
        max((lastSeen ?? startedAt) + allowedMs, startedAt + min(graceMs, allowedMs))
    }
}
