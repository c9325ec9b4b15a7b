import Foundation
import Kernel

/// A control message (MANSCDP, Annex A): what kind, of which command, about which thing.
public struct ControlMessage: Sendable, Equatable {
    /// The outermost element.
    public enum Kind: String, Sendable {
        case notify = "Notify"
        case response = "Response"
        case query = "Query"
        case control = "Control"
    }

    /// The outermost element.
    public var kind: Kind
    /// `CmdType`.
    public var command: String
    /// `SN`: ties a response to its query.
    public var number: Int
    /// `DeviceID`; of a broadcast `TargetID`.
    public var device: String
    /// All of it.
    public var element: XMLElement

    /// Reads a body.
    /// - Returns: `nil` when it is no control message.
    public init?(_ bytes: [UInt8]) {
        guard let element = try? XMLReader.read(bytes),
            let kind = ["notify": Kind.notify, "response": .response, "query": .query, "control": .control][
                element.name.lowercased()],
            let command = element.value("CmdType")
        else { return nil }
        self.kind = kind
        self.command = command
        number = element.number("SN") ?? 0
        device = element.value("DeviceID") ?? element.value("TargetID") ?? ""
        self.element = element
    }

    /// A message of ours.
    public init(_ kind: Kind, _ command: String, number: Int, device: GBID, _ children: [XMLElement] = []) {
        self.kind = kind
        self.command = command
        self.number = number
        self.device = device.description
        element = XMLElement(
            kind.rawValue, "",
            [
                XMLElement("CmdType", command), XMLElement("SN", String(number)),
                XMLElement("DeviceID", device.description),
            ] + children)
    }

    private init(_ kind: Kind, _ command: String, number: Int, device: GBID, whole children: [XMLElement]) {
        self.init(kind, command, number: number, device: device)
        element.children = children
    }

    /// The bytes for a device of this edition.
    public func bytes(for version: GBVersion) -> [UInt8] { GBText.encode(element.document(charset: version.charset)) }

    // MARK: What a platform says

    /// Asks for a list or a state: `Catalog`, `DeviceInfo`, `DeviceStatus`, `PresetQuery`.
    public static func query(_ command: String, number: Int, of device: GBID) -> ControlMessage {
        ControlMessage(.query, command, number: number, device: device)
    }

    /// Asks what was recorded from one moment to another (`RecordInfo`).
    public static func records(number: Int, of camera: GBID, from: Instant, to: Instant) -> ControlMessage {
        ControlMessage(
            .query, "RecordInfo", number: number, device: camera,
            [
                XMLElement("StartTime", GBTime.text(from)), XMLElement("EndTime", GBTime.text(to)),
                XMLElement("Secrecy", "0"), XMLElement("Type", "all"),
            ])
    }

    /// Moves a camera, or calls a preset.
    public static func ptz(_ command: PTZCommand, number: Int, of camera: GBID) -> ControlMessage {
        ControlMessage(
            .control, "DeviceControl", number: number, device: camera,
            [XMLElement("PTZCmd", command.hex), XMLElement("Info", "", [XMLElement("ControlPriority", "5")])])
    }

    /// Another order of `DeviceControl`, such as `TeleBoot` with `Boot` or `GuardCmd` with `SetGuard`.
    public static func order(_ name: String, _ value: String, number: Int, of device: GBID) -> ControlMessage {
        ControlMessage(.control, "DeviceControl", number: number, device: device, [XMLElement(name, value)])
    }

    /// Asks for a key frame, in the edition's spelling or, asked again, in the other edition's.
    public static func keyFrame(number: Int, of camera: GBID, for version: GBVersion, isAgain: Bool = false)
        -> ControlMessage
    {
        order(
            isAgain ? version.otherKeyFrameElement : version.keyFrameElement, "Send", number: number, of: camera)
    }

    /// Ends an alarm at the device: without it, one of method 2 stays silent for good (2022, A.2.5.3).
    public static func resetAlarm(number: Int, of device: GBID, method: Int?, type: Int?) -> ControlMessage {
        var info: [XMLElement] = []
        if let method { info.append(XMLElement("AlarmMethod", String(method))) }
        if let type { info.append(XMLElement("AlarmType", String(type))) }
        return ControlMessage(
            .control, "DeviceControl", number: number, device: device,
            [XMLElement("AlarmCmd", "ResetAlarm")] + (info.isEmpty ? [] : [XMLElement("Info", "", info)]))
    }

    /// Whether the camera goes back to a preset when nobody has moved it for a while.
    public static func home(number: Int, of camera: GBID, preset: Int?, afterSeconds: Int) -> ControlMessage {
        var children = [XMLElement("Enabled", preset == nil ? "0" : "1")]
        if let preset {
            children += [XMLElement("ResetTime", String(afterSeconds)), XMLElement("PresetIndex", String(preset))]
        }
        return ControlMessage(
            .control, "DeviceControl", number: number, device: camera, [XMLElement("HomePosition", "", children)])
    }

    /// Asks for alarms of all methods and priorities, in a SUBSCRIBE.
    public static func alarmSubscription(number: Int, of device: GBID) -> ControlMessage {
        ControlMessage(
            .query, "Alarm", number: number, device: device,
            [
                XMLElement("StartAlarmPriority", "1"), XMLElement("EndAlarmPriority", "4"),
                XMLElement("AlarmMethod", "0"),
            ])
    }

    /// Asks for positions every so many seconds, in a SUBSCRIBE.
    public static func positionSubscription(number: Int, of device: GBID, seconds: Int) -> ControlMessage {
        ControlMessage(
            .query, "MobilePosition", number: number, device: device, [XMLElement("Interval", String(seconds))])
    }

    /// Says that an alarm arrived (9.4).
    public static func alarmReceived(_ alarm: ControlMessage, from device: GBID) -> ControlMessage {
        ControlMessage(.response, "Alarm", number: alarm.number, device: device, [XMLElement("Result", "OK")])
    }

    /// Asks a speaker to call us for our voice (9.12).
    public static func broadcast(number: Int, from platform: GBID, to target: GBID) -> ControlMessage {
        ControlMessage(
            .notify, "Broadcast", number: number, device: target,
            whole: [
                XMLElement("CmdType", "Broadcast"), XMLElement("SN", String(number)),
                XMLElement("SourceID", platform.description), XMLElement("TargetID", target.description),
            ])
    }

    // MARK: What a device says

    /// A sign of life.
    public static func keepalive(number: Int, of device: GBID) -> ControlMessage {
        ControlMessage(.notify, "Keepalive", number: number, device: device, [XMLElement("Status", "OK")])
    }

    /// A page of an answer: `Catalog` with `DeviceList`, `RecordInfo` with `RecordList`.
    public static func page(
        _ command: String, number: Int, of device: GBID, total: Int, list: String, items: [XMLElement]
    ) -> ControlMessage {
        var element = XMLElement(list, "", items)
        element.attributes = ["Num": String(items.count)]
        return ControlMessage(
            .response, command, number: number, device: device,
            [XMLElement("SumNum", String(total))] + (items.isEmpty ? [] : [element]))
    }

    /// An answer with a result and what else it says.
    public static func result(
        _ command: String, number: Int, of device: GBID, isOK: Bool, _ more: [XMLElement] = []
    ) -> ControlMessage {
        ControlMessage(
            .response, command, number: number, device: device, [XMLElement("Result", isOK ? "OK" : "ERROR")] + more)
    }

    /// An alarm.
    public static func alarm(
        number: Int, of device: GBID, priority: Int, method: Int, at: Instant, text: String, type: Int?
    ) -> ControlMessage {
        var children = [
            XMLElement("AlarmPriority", String(priority)), XMLElement("AlarmMethod", String(method)),
            XMLElement("AlarmTime", GBTime.text(at)), XMLElement("AlarmDescription", text),
        ]
        if let type { children.append(XMLElement("Info", "", [XMLElement("AlarmType", String(type))])) }
        return ControlMessage(.notify, "Alarm", number: number, device: device, children)
    }

    /// The end of a recording (`NotifyType` 121).
    public static func endOfRecording(number: Int, of camera: GBID) -> ControlMessage {
        ControlMessage(.notify, "MediaStatus", number: number, device: camera, [XMLElement("NotifyType", "121")])
    }
}

/// Times as MANSCDP writes them: Beijing time without a zone.
public enum GBTime {
    /// `2026-07-01T15:04:05`.
    public static func text(_ moment: Instant) -> String { String(moment.rfc3339.prefix(19)) }
    /// `2026-07-01T15:04:05.250`, as in the `Date` of an answer to REGISTER (9.10.3): cameras set their clock by it.
    public static func dateHeader(_ moment: Instant) -> String { String(moment.rfc3339.prefix(23)) }
    /// Reads a time; `nil` for what is none.
    public static func read(_ text: String?) -> Instant? { text.flatMap { Instant($0) } }
}
