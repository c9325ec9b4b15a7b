import Kernel

/// What a sound alert keeps to beyond the schema: the standard's prose, which no XSD checks.
public enum AlertRules {
    /// Faults of an alert that is read or about to be sent, in the order of the document.
    public static func faults(_ alert: Alert) -> [AlertFault] {
        var faults: [AlertFault] = []
        func expect(_ holds: Bool, _ path: String, _ code: String) {
            if !holds { faults.append(AlertFault(path, code)) }
        }
        expect(alert.scope != .restricted || !(alert.restriction ?? "").isEmpty, "restriction", "required-by-scope")
        expect(alert.scope == .restricted || alert.restriction == nil, "restriction", "not-with-scope")
        expect(alert.scope != .private || !alert.addresses.isEmpty, "addresses", "required-by-scope")
        let needsEarlier = [.update, .cancel, .ack, .error].contains(alert.kind)
        expect(!needsEarlier || !alert.references.isEmpty, "references", "required-by-type")
        expect(!alert.references.contains(alert.reference), "references", "refers-to-itself")
        expect(alert.references.allSatisfy { $0.sent <= alert.sent }, "references", "later-than-sent")
        expect(alert.kind != .error || !(alert.note ?? "").isEmpty, "note", "required-by-type")
        // An alert or an update that says nothing warns nobody.
        expect(![.alert, .update].contains(alert.kind) || !alert.infos.isEmpty, "info", "required-by-type")
        for (index, info) in alert.infos.enumerated() {
            faults += self.faults(info, "info[\(index)]", sent: alert.sent, kind: alert.kind)
        }
        return faults
    }

    private static func faults(_ info: Info, _ path: String, sent: Instant, kind: Alert.Kind) -> [AlertFault] {
        var faults: [AlertFault] = []
        func expect(_ holds: Bool, _ name: String, _ code: String) {
            if !holds { faults.append(AlertFault("\(path).\(name)", code)) }
        }
        let start = info.effective ?? sent
        expect(info.expires.map { $0 > start } ?? true, "expires", "before-effective")
        expect(info.expires.map { $0 > sent } ?? true, "expires", "before-sent")
        if let onset = info.onset, let expires = info.expires { expect(onset <= expires, "onset", "after-expires") }
        expect(kind == .cancel || !info.areas.isEmpty, "area", "required-by-type")
        expect(!info.responses.contains(.none) || info.responses.count == 1, "responseType", "none-with-others")
        expect(info.responses.contains(.allClear) == false || info.urgency != .immediate, "urgency", "all-clear")
        for (index, area) in info.areas.enumerated() {
            let name = "area[\(index)]"
            expect(area.ceiling == nil || area.altitude != nil, "\(name).ceiling", "needs-altitude")
            if let ceiling = area.ceiling, let altitude = area.altitude {
                expect(ceiling >= altitude, "\(name).ceiling", "below-altitude")
            }
            for polygon in area.polygons {
                expect(polygon.count >= 4, "\(name).polygon", "too-few-points")
                expect(polygon.first == polygon.last, "\(name).polygon", "not-closed")
                expect(Set(polygon).count >= 3, "\(name).polygon", "no-area")
            }
        }
        return faults
    }
}
