import Kernel

/// One frame of GB/T 26875.3-2011: the control unit's fields that a centre needs, and the application data.
public struct Frame: Sendable, Equatable {
    /// What a frame asks for (8.2.3).
    public enum Command {
        /// The centre orders (8.2.3, table 1).
        public static let control: UInt8 = 1
        /// A device reports.
        public static let send: UInt8 = 2
        /// What came was taken.
        public static let confirm: UInt8 = 3
        /// The centre asks.
        public static let request: UInt8 = 4
        /// What was asked for.
        public static let answer: UInt8 = 5
        /// What came was broken.
        public static let deny: UInt8 = 6
    }

    /// The longest application data (8.2.2.7).
    public static let dataLimit = 1_024
    /// Bytes around the application data.
    public static let overhead = 30

    /// Copied into the answer.
    public var serial: UInt16
    /// Main and user version.
    public var version: (main: UInt8, user: UInt8) = (1, 1)
    /// Second, minute, hour, day, month, year of the sender's clock.
    public var time: [UInt8]
    /// The sender, least significant byte first.
    public var source: [UInt8]
    /// The receiver, least significant byte first.
    public var destination: [UInt8]
    /// One of ``Command``.
    public var command: UInt8
    /// The application data, at most ``dataLimit`` bytes.
    public var data: [UInt8]

    /// A frame of its fields.
    public init(
        serial: UInt16, version: (main: UInt8, user: UInt8) = (1, 1), time: [UInt8], source: [UInt8],
        destination: [UInt8], command: UInt8, data: [UInt8]
    ) {
        self.serial = serial
        self.version = version
        self.time = time
        self.source = source
        self.destination = destination
        self.command = command
        self.data = data
    }

    /// Equal as sent.
    public static func == (left: Frame, right: Frame) -> Bool { left.bytes == right.bytes }

    /// The frame as sent.
    public var bytes: [UInt8] {
        var result: [UInt8] = [0x40, 0x40, UInt8(truncatingIfNeeded: serial), UInt8(truncatingIfNeeded: serial >> 8)]
        result.reserveCapacity(Self.overhead + data.count)
        result += [version.main, version.user]
        result += time
        result += source
        result += destination
        result += [UInt8(truncatingIfNeeded: data.count), UInt8(truncatingIfNeeded: data.count >> 8), command]
        result += data
        result.append(result[2...].reduce(0, &+))
        result += [0x23, 0x23]
        return result
    }

    /// The answer to it, sent at `now`: same serial number, addresses changed over.
    public func reply(_ command: UInt8, data: [UInt8] = [], at now: Instant) -> Frame {
        Frame(
            serial: serial, version: version, time: FrameTime.bytes(now), source: destination, destination: source,
            command: command, data: data)
    }
}
