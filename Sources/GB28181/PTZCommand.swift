/// The eight bytes that move a camera (Annex A.3).
public struct PTZCommand: Sendable, Equatable {
    private let command: UInt8
    private let first: UInt8
    private let second: UInt8
    private let third: UInt8

    private init(_ command: UInt8, _ first: UInt8 = 0, _ second: UInt8 = 0, _ third: UInt8 = 0) {
        self.command = command
        self.first = first
        self.second = second
        self.third = third
    }

    /// The bytes: `A5`, version and its check, address 1, command, data, high data, sum.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = [0xA5, 0x0F, 0x01, command, first, second, third << 4]
        bytes.append(bytes.reduce(0, &+))
        return bytes
    }

    /// As `PTZCmd` writes it.
    public var hex: String {
        let digits = Array("0123456789ABCDEF".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Stops every move.
    public static let stop = PTZCommand(0)

    /// Moves until stopped: -1 left or down, 1 right or up; `zoom` 1 is nearer. Speeds are 0…255; 0 may mean "do not".
    public static func move(pan: Int, tilt: Int, zoom: Int = 0, speed: UInt8 = 128) -> PTZCommand {
        var command: UInt8 = 0
        if pan != 0 { command |= pan > 0 ? 0x01 : 0x02 }
        if tilt != 0 { command |= tilt > 0 ? 0x08 : 0x04 }
        if zoom != 0 { command |= zoom > 0 ? 0x10 : 0x20 }
        return PTZCommand(
            command, pan == 0 ? 0 : speed, tilt == 0 ? 0 : speed, zoom == 0 ? 0 : max(1, speed >> 4))
    }

    /// Turns the focus (1 near, -1 far) and the iris (1 open, -1 close); both 0 stops them.
    public static func lens(focus: Int, iris: Int, speed: UInt8 = 128) -> PTZCommand {
        var command: UInt8 = 0x40
        if focus != 0 { command |= focus > 0 ? 0x02 : 0x01 }
        if iris != 0 { command |= iris > 0 ? 0x04 : 0x08 }
        return PTZCommand(command, focus == 0 ? 0 : speed, iris == 0 ? 0 : speed)
    }

    /// What is done with a preset.
    public enum PresetAction: UInt8, Sendable {
        case set = 0x81
        case call = 0x82
        case delete = 0x83
    }

    /// Sets, calls or deletes a preset, 1…255.
    public static func preset(_ action: PresetAction, _ number: UInt8) -> PTZCommand {
        PTZCommand(action.rawValue, 0, number)
    }

    /// Adds a preset to a group's cruise.
    public static func cruiseAdd(_ group: UInt8, preset: UInt8) -> PTZCommand { PTZCommand(0x84, group, preset) }

    /// Takes all presets out of a group's cruise.
    public static func cruiseClear(_ group: UInt8) -> PTZCommand { PTZCommand(0x85, group, 0) }

    /// How fast a cruise moves, 1…4095 in the device's own steps.
    public static func cruiseSpeed(_ group: UInt8, _ speed: Int) -> PTZCommand { wide(0x86, group, speed) }

    /// How long a cruise stays at each preset, 1…4095 seconds.
    public static func cruiseDwell(_ group: UInt8, seconds: Int) -> PTZCommand { wide(0x87, group, seconds) }

    /// Twelve bits: eight in the second byte, four in the third.
    private static func wide(_ command: UInt8, _ group: UInt8, _ value: Int) -> PTZCommand {
        let bits = UInt16(min(4_095, max(1, value)))
        return PTZCommand(command, group, UInt8(bits & 255), UInt8(bits >> 8))
    }

    /// Starts a cruise over the presets of a group.
    public static func cruise(_ group: UInt8) -> PTZCommand { PTZCommand(0x88, group) }

    /// A switch such as 1, the wiper.
    public static func auxiliary(_ number: UInt8, on: Bool) -> PTZCommand { PTZCommand(on ? 0x8C : 0x8D, number) }

    /// Reads eight bytes in hexadecimal; wrong checks are none.
    public init?(hex text: String) {
        let digits = text.filter { !$0.isWhitespace }
        guard digits.utf8.count == 16 else { return nil }
        var bytes: [UInt8] = []
        var rest = digits[...]
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        guard bytes[0] == 0xA5, bytes[1] == 0x0F, bytes[7] == bytes[..<7].reduce(0, &+) else { return nil }
        self.init(bytes[3], bytes[4], bytes[5], bytes[6] >> 4)
    }

    /// In a few words, for logs and simulators.
    public var summary: String {
        switch command {
        case 0: "stop"
        case 0x81: "preset set \(second)"
        case 0x82: "preset call \(second)"
        case 0x83: "preset delete \(second)"
        case 0x84: "cruise \(first) add \(second)"
        case 0x85: "cruise \(first) clear"
        case 0x86: "cruise \(first) speed \(Int(third) << 8 | Int(second))"
        case 0x87: "cruise \(first) dwell \(Int(third) << 8 | Int(second))"
        case 0x88: "cruise \(first) start"
        case 0x01...0x3F:
            [(0x01, "right"), (0x02, "left"), (0x04, "down"), (0x08, "up"), (0x10, "in"), (0x20, "out")]
                .filter { command & UInt8($0.0) != 0 }.map(\.1).joined(separator: " ")
        default: "command \(command)"
        }
    }
}
