import Kernel

/// Our own report of a device: `{"device","kind","id","time","text","battery","detector","test"}`, by HTTP or MQTT.
enum PlainReport {
    /// Reports in one body at most.
    static let limit = 100

    /// Reads one report, or several under `items`.
    /// - Throws: a 422 that names the wrong field.
    static func read(
        _ document: LooseJSON, device: String? = nil, source: SignalSource, receivedAt: Instant, raw: [UInt8],
        delivery: String
    ) throws(Problem) -> [FireSignal] {
        guard case .list(let items)? = document["items"] else {
            return [
                try report(
                    document, at: "", device: device, source: source, receivedAt: receivedAt, raw: raw,
                    delivery: delivery)
            ]
        }
        guard items.count <= limit else { throw .invalid(["items": "too-many"]) }
        var signals: [FireSignal] = []
        for (index, item) in items.enumerated() {
            signals.append(
                try report(
                    item, at: "items.\(index).", device: device, source: source, receivedAt: receivedAt, raw: raw,
                    delivery: "\(delivery)/\(index)"))
        }
        return signals
    }

    private static func report(
        _ item: LooseJSON, at path: String, device: String?, source: SignalSource, receivedAt: Instant, raw: [UInt8],
        delivery: String
    ) throws(Problem) -> FireSignal {
        var check = FieldCheck()
        let address = device ?? check.text(item["device"]?.asText, path + "device", 1...64)
        let kind = item["kind"]?.asText.flatMap { FireSignal.Kind(rawValue: $0 == "alarm" ? "fire" : $0) }
        check.expect(kind != nil, path + "kind", item["kind"] == nil ? "required" : "unknown")
        var time: Instant?
        if let text = item["time"]?.asText {
            time = Instant(text)
            check.expect(time != nil, path + "time", "invalid")
        }
        var detectorKind: DetectorKind?
        if let text = item["detector"]?.asText {
            detectorKind = DetectorKind(rawValue: text)
            check.expect(detectorKind != nil, path + "detector", "unknown")
        }
        let id = item["id"]?.asText ?? ""
        check.expect(id.utf8.count <= 64, path + "id", "too-long")
        try check.finish()
        return FireSignal(
            source: source, address: address, kind: kind ?? .operation, detectorKind: detectorKind,
            isMarkedTest: item["test"]?.isYes ?? false, deviceTime: time, receivedAt: receivedAt,
            text: item["text"]?.asText ?? "", battery: item["battery"]?.asNumber.flatMap { Int(exactly: $0.rounded()) },
            raw: raw,
            uniqueKey: "\(source.kind.rawValue)/\(source.address)/\(address)/\(id.isEmpty ? delivery : "id-" + id)")
    }
}
