import Synchronization

/// The identifier of a `Thing`: 63 bits that grow with time, so that an index on them is also an order of creation.
///
/// Outside the process it is a text of 13 characters (Crockford's base 32, lower case), never a number: JavaScript
/// would round it.
public struct ID<Thing>: Sendable, Hashable, Comparable {
    /// The stored number.
    public var rawValue: Int64

    /// An identifier read back from the store.
    public init(rawValue: Int64) { self.rawValue = rawValue }

    /// A new identifier, larger than every one made before by this process.
    public static func next() -> ID { ID(rawValue: IDGenerator.shared.next()) }

    /// A new identifier that tells the hour of `moment` and no more: its finer part is random, so that it orders by
    /// hour alone. 43 random bits keep those of an hour apart.
    public static func coarse(_ moment: Instant) -> ID {
        ID(rawValue: IDGenerator.firstOfHour(moment) + Int64.random(in: 0..<(3_600_000 << 22)))
    }

    /// The smallest identifier that a process of any node makes at `moment`, for lists that begin there.
    public static func earliest(at moment: Instant) -> ID {
        ID(rawValue: max(0, moment.ms - IDGenerator.epochMs) << 22)
    }

    /// Orders by creation.
    public static func < (left: ID, right: ID) -> Bool { left.rawValue < right.rawValue }
}

extension ID: LosslessStringConvertible {
    /// Reads the 13-character text.
    public init?(_ description: String) {
        guard let value = Base32.decode(description) else { return nil }
        self.init(rawValue: value)
    }

    /// The 13-character text.
    public var description: String { Base32.encode(rawValue) }
}

extension ID: Codable {
    /// Reads the 13-character text.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = Base32.decode(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not an identifier: \(text.prefix(20))"))
        }
        self.init(rawValue: value)
    }

    /// Writes the 13-character text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Makes identifiers: 41 bits of milliseconds since 2024, 8 bits of node, 14 bits of counter.
public final class IDGenerator: Sendable {
    /// The process's generator; its node number is set once at start where several nodes share a database.
    public static let shared = IDGenerator()

    private struct State {
        var last: Int64 = 0
        var counter: Int64 = 0
        var node: Int64 = 0
    }

    private let state = Mutex(State())
    static let epochMs: Int64 = 1_704_067_200_000

    init() {}

    /// Sets the node number, 0…255, which keeps identifiers of different nodes apart.
    public func setNode(_ node: UInt8) { state.withLock { $0.node = Int64(node) } }

    /// The least number of the hour around `moment`.
    static func firstOfHour(_ moment: Instant) -> Int64 {
        let ms = max(0, moment.ms - epochMs)
        return (ms - ms % 3_600_000) << 22
    }

    /// A number larger than every one before; a clock that steps back does not repeat one.
    public func next() -> Int64 {
        let now = Instant.now.ms - Self.epochMs
        return state.withLock { state in
            if now > state.last {
                state.last = now
                state.counter = 0
            } else {
                state.counter += 1
                if state.counter >= 1 << 14 {
                    state.last += 1
                    state.counter = 0
                }
            }
            return state.last << 22 | state.node << 14 | state.counter
        }
    }
}

enum Base32 {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    static func encode(_ value: Int64) -> String {
        var rest = UInt64(bitPattern: value)
        return String(unsafeUninitializedCapacity: 13) { buffer in
            for index in stride(from: 12, through: 0, by: -1) {
                buffer[index] = alphabet[Int(rest & 31)]
                rest >>= 5
            }
            return 13
        }
    }

    static func decode(_ text: String) -> Int64? {
        guard text.utf8.count == 13 else { return nil }
        var value: UInt64 = 0
        for (index, byte) in text.utf8.enumerated() {
            guard let digit = alphabet.firstIndex(of: byte), index > 0 || digit < 8 else { return nil }
            value = value << 5 | UInt64(digit)
        }
        return Int64(bitPattern: value)
    }
}
