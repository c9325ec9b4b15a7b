/// Deadlines of up to a few million things, each O(1) to set, found when due without looking at the others.
///
/// Four wheels of 256 slots: the first has one slot a tick, each further one 256 times coarser; entries fall to the
/// finer wheel as their time comes near. An entry is a slot index in flat arrays (12 bytes and its key's 8), chained by
/// numbers, so a million take some 20 MB. A deadline that moved is not taken out: its owner looks at its own clock when
/// it is handed over, and sets it again ("lazy re-arm").
public struct TimerWheel: Sendable {
    private static let bits = 8
    private static let slots = 1 << bits
    private static let levels = 4

    /// Milliseconds of one tick.
    public let tickMs: Int64
    private var now: Int64
    private var heads: [Int32]
    private var nexts: [Int32] = []
    private var dues: [Int64] = []
    private var keys: [Int64] = []
    private var free: Int32 = -1
    /// How many deadlines are set.
    public private(set) var count = 0

    /// An empty wheel that stands at `startMs`.
    public init(startMs: Int64, tickMs: Int64 = 250) {
        self.tickMs = max(1, tickMs)
        now = startMs / max(1, tickMs)
        heads = [Int32](repeating: -1, count: Self.slots * Self.levels)
    }

    /// Makes room for `count` deadlines at once.
    public mutating func reserve(_ count: Int) {
        nexts.reserveCapacity(count)
        dues.reserveCapacity(count)
        keys.reserveCapacity(count)
    }

    /// Sets a deadline; one that has passed is handed over at the next tick.
    public mutating func set(_ key: Int64, atMs ms: Int64) {
        // Rounded up: never early.
        let due = max((ms + tickMs - 1) / tickMs, now + 1)
        let entry: Int32
        if free >= 0 {
            entry = free
            free = nexts[Int(entry)]
            keys[Int(entry)] = key
            dues[Int(entry)] = due
        } else {
            entry = Int32(truncatingIfNeeded: keys.count)
            keys.append(key)
            dues.append(due)
            nexts.append(-1)
        }
        count += 1
        place(entry)
    }

    /// Moves to `ms` and hands over each key whose time has come, in no order within a tick.
    public mutating func advance(toMs ms: Int64, due: (Int64) -> Void) {
        let target = ms / tickMs
        while now < target {
            if count == 0 {
                now = target
                return
            }
            now += 1
            cascade()
            var entry = take(slot(level: 0, tick: now))
            while entry >= 0 {
                let next = nexts[Int(entry)]
                let key = keys[Int(entry)]
                nexts[Int(entry)] = free
                free = entry
                count -= 1
                due(key)
                entry = next
            }
        }
    }

    private func slot(level: Int, tick: Int64) -> Int {
        level * Self.slots + Int((tick >> Int64(level * Self.bits)) & Int64(Self.slots - 1))
    }

    private mutating func take(_ slot: Int) -> Int32 {
        defer { heads[slot] = -1 }
        return heads[slot]
    }

    private mutating func place(_ entry: Int32) {
        let due = dues[Int(entry)]
        let distance = max(due - now, 0)
        var level = 0
        while level < Self.levels - 1, distance >= Int64(1) << Int64((level + 1) * Self.bits) { level += 1 }
        // Farther than the coarsest wheel reaches (12 days at 250 ms on three, years on four): wait in its last slot.
        let reach = (Int64(1) << Int64(Self.levels * Self.bits)) - 1
        let target = slot(level: level, tick: distance > reach ? now + reach : due)
        nexts[Int(entry)] = heads[target]
        heads[target] = entry
    }

    /// Lets the entries of coarser wheels fall when the finer one has gone round.
    private mutating func cascade() {
        var level = 1
        while level < Self.levels, now & ((Int64(1) << Int64(level * Self.bits)) - 1) == 0 {
            var entry = take(slot(level: level, tick: now))
            while entry >= 0 {
                let next = nexts[Int(entry)]
                place(entry)
                entry = next
            }
            level += 1
        }
    }
}
