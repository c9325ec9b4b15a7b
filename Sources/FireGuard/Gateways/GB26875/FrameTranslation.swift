import Foundation
import GB26875
import Kernel

/// Turns the application data of GB/T 26875.3 frames into signals.
enum FrameTranslation {
    /// What a frame says.
    struct Content: Sendable {
        /// To be stored before the frame is confirmed.
        var signals: [FireSignal] = []
        /// Addresses that were heard and say nothing that needs storing.
        var heard: [String] = []
        /// Whether the data could not be read; the frame is denied.
        var isMalformed = false
    }

    /// The device's address as text: 12 hexadecimal digits, most significant first.
    static func address(_ bytes: [UInt8]) -> String {
        bytes.reversed().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The six bytes of such a text.
    static func bytes(_ address: String) -> [UInt8]? {
        guard address.utf8.count == 12, let number = UInt64(address, radix: 16) else { return nil }
        return (0..<6).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }

    /// Reads a frame with application data.
    static func read(_ frame: Frame, peer: String, receivedAt: Instant) -> Content {
        guard frame.data.count >= 2 else { return Content(isMalformed: true) }
        let type = frame.data[0]
        let count = Int(frame.data[1])
        var reader = Reader(
            frame: frame,
            source: SignalSource(kind: .gb26875, address: address(frame.source), peer: peer), receivedAt: receivedAt)
        guard let size = Reader.bodySize(type, frame.data) else { return reader.whole(type) }
        guard count >= 1, count * size <= frame.data.count - 2 else { return Content(isMalformed: true) }
        for index in 0..<count {
            let start = 2 + index * size
            reader.object(type, frame.data[start..<start + size], index: index)
        }
        return reader.content
    }
}

private struct Reader {
    let frame: Frame
    let source: SignalSource
    let receivedAt: Instant
    let key: String
    var content = FrameTranslation.Content()

    init(frame: Frame, source: SignalSource, receivedAt: Instant) {
        self.frame = frame
        self.source = source
        self.receivedAt = receivedAt
        // A second try has the same serial number, time and data (6.5.4); FNV-1a keeps the key short.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in frame.data { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for byte in frame.time { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        key = "gb/\(source.address)/\(frame.serial)/\(String(hash, radix: 16))"
    }

    /// Bytes of one object with its time stamp (8.3.1), or `nil` for types whose objects carry no state.
    static func bodySize(_ type: UInt8, _ data: [UInt8]) -> Int? {
        switch type {
        case 1, 4: 10
        case 2: 46
        case 3: 16
        case 21: 7
        case 24: 8
        default: nil
        }
    }

    /// Versions, configurations and clocks: kept as a record, whatever their length.
    mutating func whole(_ type: UInt8) -> FrameTranslation.Content {
        switch type {
        case 5, 6, 7, 8, 25, 26, 28, 128...254:
            add(.operation, address: "", scope: .gateway, part: "record", text: "type \(type)")
        default:
            content.isMalformed = true
        }
        return content
    }

    mutating func object(_ type: UInt8, _ bytes: ArraySlice<UInt8>, index: Int) {
        let byte = { (offset: Int) in bytes[bytes.startIndex + offset] }
        let word = { (offset: Int) in UInt16(byte(offset)) | UInt16(byte(offset + 1)) << 8 }
        let time = type == 3 ? nil : FrameTime.moment(bytes.suffix(6))
        switch type {
        case 1:
            state(
                word(2), faults: 0b0000_0111_0000_0100, resets: true, address: "\(byte(0))-\(byte(1))", scope: .system,
                kind: nil, time: time, text: "", part: "\(index)")
        case 2:
            state(
                word(7), faults: 0b0000_0001_0000_0100, resets: false, address: component(bytes), scope: .component,
                kind: DetectorKind(component: byte(2)), time: time,
                text: DeviceText.decode(bytes[bytes.startIndex + 9..<bytes.startIndex + 40]), part: "\(index)")
        case 3:
            content.heard.append(component(bytes))
        case 4:
            operation(byte(2), system: "\(byte(0))-\(byte(1))", time: time, part: "\(index)")
        case 21:
            state(
                UInt16(byte(0)), faults: 0b0111_1100, resets: false, address: "", scope: .gateway, kind: .panel,
                time: time, text: "", part: "\(index)")
        case 24:
            operation(byte(0), system: nil, time: time, part: "\(index)")
        default:
            content.isMalformed = true
        }
    }

    /// System type, system address, and the component's address as two numbers of 16 bits, as installers write it.
    private func component(_ bytes: ArraySlice<UInt8>) -> String {
        let start = bytes.startIndex
        let low = UInt16(bytes[start + 3]) | UInt16(bytes[start + 4]) << 8
        let high = UInt16(bytes[start + 5]) | UInt16(bytes[start + 6]) << 8
        return "\(bytes[start])-\(bytes[start + 1])-\(low)-\(high)"
    }

    private mutating func state(
        _ bits: UInt16, faults: UInt16, resets: Bool, address: String, scope: FireSignal.Scope, kind: DetectorKind?,
        time: Instant?, text: String, part: String
    ) {
        let isTest = bits & 1 == 0
        var isQuiet = true
        // Whatever the test bit says: devices in the field send real fires with it.
        if bits & 2 != 0 {
            add(
                .fire, address: address, scope: scope, part: part + "f", kind: kind, isTest: isTest, time: time,
                text: text)
            isQuiet = false
        }
        if bits & faults != 0 {
            add(.fault, address: address, scope: scope, part: part + "t", kind: kind, time: time, text: text)
            isQuiet = false
        }
        if resets, bits & 1 << 13 != 0 {
            add(.reset, address: address, scope: scope, part: part + "r", time: time)
            isQuiet = false
        }
        if isQuiet { add(.restore, address: address, scope: scope, part: part + "n", kind: kind, time: time) }
    }

    /// Operation flags of a panel (8.3.1.4) or, without a system, of the transmission device (8.3.1.10).
    private mutating func operation(_ flags: UInt8, system: String?, time: Instant?, part: String) {
        if flags & 1 << 2 != 0 {
            // A person pressed: a component of its own, so that it counts beside the detectors.
            add(
                .fire, address: (system ?? "uitd") + "-manual", scope: .component, part: part + "m", kind: .manual,
                time: time)
        }
        if flags & 1 != 0 { add(.reset, address: system ?? "", scope: .gateway, part: part + "r", time: time) }
        if flags & (1 << 4 | 1 << 6) != 0 {
            add(.test, address: system ?? "", scope: .gateway, part: part + "s", time: time)
        }
        if system == nil, flags & 1 << 5 != 0 {
            add(.rollCallAnswered, address: "", scope: .gateway, part: part + "a", time: time)
        }
        if flags & (1 << 1 | 1 << 3) != 0 || (system != nil && flags & 1 << 5 != 0) {
            add(
                .operation, address: system ?? "", scope: .gateway, part: part + "o", time: time,
                text: "flags \(flags)")
        }
    }

    private mutating func add(
        _ signalKind: FireSignal.Kind, address: String, scope: FireSignal.Scope, part: String,
        kind: DetectorKind? = nil, isTest: Bool = false, time: Instant? = nil, text: String = ""
    ) {
        content.signals.append(
            FireSignal(
                source: source, address: address, scope: scope, kind: signalKind, detectorKind: kind,
                isMarkedTest: isTest, deviceTime: time, receivedAt: receivedAt, text: text, raw: frame.bytes,
                uniqueKey: "\(key)/\(part)"))
    }
}

extension DetectorKind {
    /// The kind of a component type of table 5.
    init(component type: UInt8) {
        switch type {
        case 40...44, 53: self = .smoke
        case 30...37: self = .heat
        case 50...52: self = .compound
        case 61, 62, 69: self = .flame
        case 10...13, 74: self = .gas
        case 16...18: self = .electrical
        case 23, 24: self = .manual
        case 95, 96, 98, 99: self = .waterFlow
        case 1: self = .panel
        default: self = .other
        }
    }
}

/// Text of devices: GB 18030, padded with zeros or blanks, often cut in the middle of a character.
enum DeviceText {
    private static let encoding = String.Encoding(rawValue: 0x8000_0632)

    static func decode(_ bytes: ArraySlice<UInt8>) -> String {
        var rest = bytes.prefix { $0 != 0 }
        while let last = rest.last, last == 0x20 { rest = rest.dropLast() }
        // A cut last character is left out.
        for _ in 0..<4 {
            if rest.isEmpty { return "" }
            if let text = String(data: Data(rest), encoding: encoding) {
                return String(text.unicodeScalars.filter { $0.value >= 32 && $0.value != 127 })
            }
            rest = rest.dropLast()
        }
        return ""
    }
}
