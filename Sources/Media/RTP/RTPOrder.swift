/// Puts packets of one sender back into order, and says where some are missing.
///
/// A packet that is early waits until the gap is filled, until ``capacity`` wait, or until ``patienceMs`` have passed.
public struct RTPOrder: Sendable {
    /// What comes out.
    public enum Output: Sendable, Equatable {
        case packet(RTPPacket)
        /// Packets are missing here.
        case gap
    }

    /// How many packets wait at most.
    public static let capacity = 128
    /// How long a gap is waited for, in milliseconds.
    public static let patienceMs: Int64 = 150

    /// Packets that never came.
    public private(set) var lost = 0
    /// Packets that came twice or too late.
    public private(set) var late = 0
    private var next: UInt16?
    private var waiting: [UInt16: RTPPacket] = [:]
    private var waitingSince: Int64 = 0

    /// Nothing received yet.
    public init() {}

    /// Takes a packet that came at `now`, milliseconds on any clock that does not step back.
    public mutating func take(_ packet: RTPPacket, at now: Int64) -> [Output] {
        guard let expected = next else {
            next = packet.sequence &+ 1
            return [.packet(packet)]
        }
        let ahead = Int(Int16(bitPattern: packet.sequence &- expected))
        if ahead == 0 {
            next = expected &+ 1
            return waiting.isEmpty ? [.packet(packet)] : [.packet(packet)] + drain()
        }
        // A sender that starts anew counts from anywhere.
        if abs(ahead) > 3_000 {
            waiting = [:]
            next = packet.sequence &+ 1
            return [.gap, .packet(packet)]
        }
        if ahead < 0 {
            late += 1
            return []
        }
        if waiting.isEmpty { waitingSince = now }
        if waiting.updateValue(packet, forKey: packet.sequence) != nil { late += 1 }
        guard waiting.count >= Self.capacity || now - waitingSince >= Self.patienceMs else { return [] }
        return skip(at: now)
    }

    /// Gives up a gap whose time is over; to be called now and then.
    public mutating func tick(at now: Int64) -> [Output] {
        !waiting.isEmpty && now - waitingSince >= Self.patienceMs ? skip(at: now) : []
    }

    private mutating func skip(at now: Int64) -> [Output] {
        guard let expected = next, let nearest = waiting.keys.min(by: { $0 &- expected < $1 &- expected }) else {
            return []
        }
        lost += Int(nearest &- expected)
        next = nearest
        let result = [.gap] + drain()
        waitingSince = now
        return result
    }

    private mutating func drain() -> [Output] {
        var result: [Output] = []
        while let expected = next, let packet = waiting.removeValue(forKey: expected) {
            result.append(.packet(packet))
            next = expected &+ 1
        }
        return result
    }
}
