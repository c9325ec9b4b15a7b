import Kernel

/// Reads the members of a device's state report by the names that smoke detectors use for them.
struct StateReport {
    /// Names under which detectors report that they detect.
    static let fireNames: [String: DetectorKind] = [
        "smoke": .smoke, "smoke_state": .smoke, "smoke_alarm": .smoke, "smokealarm": .smoke, "alarm_status": .smoke,
        "alarm_state": .smoke, "alarm": .smoke, "fire_alarm": .smoke, "heat": .heat, "heat_alarm": .heat,
        "temperature_alarm": .heat, "gas": .gas, "gas_alarm": .gas, "gas_sensor_state": .gas,
    ]
    private static let faultNames: Set<String> = ["fault", "fault_state", "tamper", "tamper_alarm", "sensor_fault"]
    private static let lowNames: Set<String> = ["battery_low", "battery_state", "low_battery", "battery_alarm"]
    private static let levelNames: Set<String> = ["battery", "battery_level", "battery_value"]

    /// What was found, in the order in which it matters.
    var kinds: [(kind: FireSignal.Kind, detector: DetectorKind?, text: String)] = []
    /// The battery in percent.
    var battery: Int?

    /// Reads `members`; names are compared without regard to case.
    init(_ members: [String: LooseJSON]) {
        var fire: (DetectorKind, String)?
        var quiet: DetectorKind?
        var fault: String?
        var noFault = false
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            let lower = name.lowercased()
            if let kind = Self.fireNames[lower] {
                if value.isYes { fire = fire ?? (kind, "\(name)=\(value.asText ?? "true")") } else { quiet = kind }
            } else if Self.faultNames.contains(lower) {
                if value.isYes { fault = "\(name)=\(value.asText ?? "true")" } else { noFault = true }
            } else if Self.lowNames.contains(lower) {
                kinds.append((value.isYes ? .lowBattery : .batteryOK, nil, ""))
            } else if Self.levelNames.contains(lower), let number = value.asNumber, (0...100).contains(number) {
                battery = Int(number)
            } else if lower == "test", value.isYes {
                kinds.append((.test, nil, ""))
            }
        }
        if let fault { kinds.insert((.fault, nil, fault), at: 0) }
        if let fire {
            kinds.insert((.fire, fire.0, fire.1), at: 0)
        } else if quiet != nil || noFault, fault == nil {
            kinds.insert((.restore, quiet, ""), at: 0)
        }
        if kinds.isEmpty { kinds.append((.alive, nil, "")) }
    }

    /// The signals of it.
    func signals(
        source: SignalSource, address: String, isLevel: Bool, deviceTime: Instant?, receivedAt: Instant, raw: [UInt8],
        key: String
    ) -> [FireSignal] {
        kinds.map { found in
            FireSignal(
                source: source, address: address, kind: found.kind, detectorKind: found.detector, isLevel: isLevel,
                deviceTime: deviceTime, receivedAt: receivedAt, text: found.text, battery: battery, raw: raw,
                uniqueKey: "\(key)/\(found.kind.rawValue)")
        }
    }
}
