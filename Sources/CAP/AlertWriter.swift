import Kernel
import XML

/// Writes an alert in the order that the schema of CAP 1.2 rules.
public enum AlertWriter {
    /// The document.
    public static func document(_ alert: Alert) -> String {
        var xml = XMLWriter()
        xml.open("alert", ["xmlns": AlertReader.namespace])
        xml.leaf("identifier", alert.identifier)
        xml.leaf("sender", alert.sender)
        xml.leaf("sent", AlertTime.text(alert.sent))
        xml.leaf("status", alert.status.rawValue)
        xml.leaf("msgType", alert.kind.rawValue)
        xml.leaf("source", ifAny: alert.source)
        xml.leaf("scope", alert.scope.rawValue)
        xml.leaf("restriction", ifAny: alert.restriction)
        xml.leaf("addresses", ifAny: quoted(alert.addresses))
        for code in alert.codes { xml.leaf("code", code) }
        xml.leaf("note", ifAny: alert.note)
        let references = alert.references.map { "\($0.sender),\($0.identifier),\(AlertTime.text($0.sent))" }
        xml.leaf("references", ifAny: references.joined(separator: " "))
        xml.leaf("incidents", ifAny: quoted(alert.incidents))
        for info in alert.infos { write(info, &xml) }
        xml.close()
        return xml.text
    }

    private static func write(_ info: Info, _ xml: inout XMLWriter) {
        xml.open("info")
        xml.leaf("language", info.language)
        for category in info.categories { xml.leaf("category", category.rawValue) }
        xml.leaf("event", info.event)
        for response in info.responses { xml.leaf("responseType", response.rawValue) }
        xml.leaf("urgency", info.urgency.rawValue)
        xml.leaf("severity", info.severity.rawValue)
        xml.leaf("certainty", info.certainty.rawValue)
        xml.leaf("audience", ifAny: info.audience)
        named(info.eventCodes, "eventCode", &xml)
        xml.leaf("effective", ifAny: info.effective.map(AlertTime.text))
        xml.leaf("onset", ifAny: info.onset.map(AlertTime.text))
        xml.leaf("expires", ifAny: info.expires.map(AlertTime.text))
        xml.leaf("senderName", ifAny: info.senderName)
        xml.leaf("headline", ifAny: info.headline)
        xml.leaf("description", ifAny: info.description)
        xml.leaf("instruction", ifAny: info.instruction)
        xml.leaf("web", ifAny: info.web)
        xml.leaf("contact", ifAny: info.contact)
        named(info.parameters, "parameter", &xml)
        for area in info.areas { write(area, &xml) }
        xml.close()
    }

    private static func write(_ area: Area, _ xml: inout XMLWriter) {
        xml.open("area")
        xml.leaf("areaDesc", area.description)
        for polygon in area.polygons {
            xml.leaf("polygon", polygon.map { "\($0.lat),\($0.lon)" }.joined(separator: " "))
        }
        for circle in area.circles {
            xml.leaf("circle", "\(circle.center.lat),\(circle.center.lon) \(circle.radiusKm)")
        }
        named(area.geocodes, "geocode", &xml)
        xml.leaf("altitude", ifAny: area.altitude.map { "\($0)" })
        xml.leaf("ceiling", ifAny: area.ceiling.map { "\($0)" })
        xml.close()
    }

    private static func named(_ pairs: [Info.Named], _ name: String, _ xml: inout XMLWriter) {
        for pair in pairs {
            xml.open(name)
            xml.leaf("valueName", pair.name)
            xml.leaf("value", pair.value)
            xml.close()
        }
    }

    private static func quoted(_ words: [String]) -> String {
        words.map { word in
            let plain = word.filter { $0 != "\"" }
            return plain.contains(where: \.isWhitespace) ? "\"\(plain)\"" : plain
        }.joined(separator: " ")
    }
}
