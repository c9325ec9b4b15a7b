import Kernel
import XML

/// Why a document is no alert: each fault with the element it is in, such as `info[0].urgency`.
public struct AlertFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where.
    public var path: String
    /// `required`, `invalid`, `order`, `twice`, `unknown`, `too-many` or a rule's name.
    public var code: String

    /// A fault.
    public init(_ path: String, _ code: String) {
        self.path = path
        self.code = code
    }

    /// Where, and what.
    public var description: String { "\(path): \(code)" }
}

/// What came of reading: an alert, or what is wrong with it.
public enum AlertReading: Sendable, Equatable {
    /// It keeps to the schema.
    case alert(Alert)
    /// It does not; in the order of the document.
    case faults([AlertFault])
}

/// Reads an alert as the schema of CAP 1.2 rules it: names, order, how often, enumerations and times.
public enum AlertReader {
    /// The namespace.
    public static let namespace = "urn:oasis:names:tc:emergency:cap:1.2"
    private static let alertOrder = [
        "identifier", "sender", "sent", "status", "msgType", "source", "scope", "restriction", "addresses", "code",
        "note", "references", "incidents", "info", "Signature",
    ]
    private static let infoOrder = [
        "language", "category", "event", "responseType", "urgency", "severity", "certainty", "audience", "eventCode",
        "effective", "onset", "expires", "senderName", "headline", "description", "instruction", "web", "contact",
        "parameter", "resource", "area",
    ]
    private static let areaOrder = ["areaDesc", "polygon", "circle", "geocode", "altitude", "ceiling"]
    private static let many: Set<String> = [
        "code", "info", "category", "responseType", "eventCode", "parameter", "resource", "area", "polygon", "circle",
        "geocode",
    ]

    /// Reads a document of at most 1 MiB.
    /// - Throws: ``XMLError`` when it is no document at all.
    public static func read(_ bytes: [UInt8]) throws(XMLError) -> AlertReading {
        let root = try XMLReader.read(bytes)
        guard root.name == "alert", root.namespace == namespace else {
            return .faults([AlertFault("alert", "namespace")])
        }
        var faults = Faults()
        let alert = alert(root, &faults)
        guard faults.all.isEmpty, let alert else { return .faults(faults.all) }
        return .alert(alert)
    }

    private static func alert(_ element: XMLTree, _ faults: inout Faults) -> Alert? {
        faults.check(element, "alert", order: alertOrder, many: many)
        let infos = element.all("info").enumerated().compactMap { info($1, "info[\($0)]", &faults) }
        let references = (element.value("references") ?? "").split(whereSeparator: \.isWhitespace)
            .compactMap { reference($0, &faults) }
        guard let identifier = faults.name(element, "identifier"), let sender = faults.name(element, "sender"),
            let sent = faults.time(element, "sent", "sent"),
            let status: Alert.Status = faults.choice(element, "status", "status"),
            let kind: Alert.Kind = faults.choice(element, "msgType", "msgType"),
            let scope: Alert.Scope = faults.choice(element, "scope", "scope")
        else { return nil }
        var alert = Alert(identifier: identifier, sender: sender, sent: sent, status: status, kind: kind, scope: scope)
        alert.source = element.value("source")
        alert.restriction = element.value("restriction")
        alert.addresses = quoted(element.value("addresses") ?? "")
        alert.codes = element.all("code").map(\.value)
        alert.note = element.value("note")
        alert.references = references
        alert.incidents = quoted(element.value("incidents") ?? "")
        alert.infos = infos
        return alert
    }

    private static func info(_ element: XMLTree, _ path: String, _ faults: inout Faults) -> Info? {
        faults.check(element, path, order: infoOrder, many: many)
        let categories: [Info.Category] = faults.choices(element, "category", path)
        let responses: [Info.Response] = faults.choices(element, "responseType", path)
        let areas = element.all("area").enumerated().compactMap { area($1, "\(path).area[\($0)]", &faults) }
        let effective = faults.time(ifAny: element, "effective", path)
        let onset = faults.time(ifAny: element, "onset", path)
        let expires = faults.time(ifAny: element, "expires", path)
        if element["category"] == nil { faults.add("\(path).category", "required") }
        guard let event = faults.text(element, "event", "\(path).event"),
            let urgency: Info.Urgency = faults.choice(element, "urgency", "\(path).urgency"),
            let severity: Info.Severity = faults.choice(element, "severity", "\(path).severity"),
            let certainty: Info.Certainty = faults.choice(element, "certainty", "\(path).certainty")
        else { return nil }
        var info = Info(
            categories: categories, event: event, urgency: urgency, severity: severity, certainty: certainty)
        info.language = element.value("language") ?? info.language
        info.responses = responses
        info.audience = element.value("audience")
        info.eventCodes = named(element, "eventCode", path, &faults)
        (info.effective, info.onset, info.expires) = (effective, onset, expires)
        info.senderName = element.value("senderName")
        info.headline = element.value("headline")
        info.description = element.value("description")
        info.instruction = element.value("instruction")
        info.web = element.value("web")
        info.contact = element.value("contact")
        info.parameters = named(element, "parameter", path, &faults)
        info.areas = areas
        return info
    }

    private static func area(_ element: XMLTree, _ path: String, _ faults: inout Faults) -> Area? {
        faults.check(element, path, order: areaOrder, many: many)
        guard let words = faults.text(element, "areaDesc", "\(path).areaDesc") else { return nil }
        var area = Area(words)
        for polygon in element.all("polygon") {
            let points = polygon.value.split(whereSeparator: \.isWhitespace).map { point($0) }
            if points.contains(nil) { faults.add("\(path).polygon", "invalid") }
            area.polygons.append(points.compactMap(\.self))
        }
        for circle in element.all("circle") {
            let parts = circle.value.split(whereSeparator: \.isWhitespace)
            if parts.count == 2, let center = point(parts[0]), let radius = Double(parts[1]), radius.isFinite,
                radius >= 0
            {
                area.circles.append(Area.Circle(center: center, radiusKm: radius))
            } else {
                faults.add("\(path).circle", "invalid")
            }
        }
        area.geocodes = named(element, "geocode", path, &faults)
        area.altitude = faults.number(ifAny: element, "altitude", path)
        area.ceiling = faults.number(ifAny: element, "ceiling", path)
        return area
    }

    private static func point(_ text: Substring) -> GeoPoint? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2, let lat = Double(parts[0]), let lon = Double(parts[1]) else { return nil }
        return GeoPoint(lat: lat, lon: lon)
    }

    private static func reference(_ text: Substring, _ faults: inout Faults) -> Alert.Reference? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, !parts[0].isEmpty, !parts[1].isEmpty, let sent = AlertTime.read(parts[2]) else {
            faults.add("references", "invalid")
            return nil
        }
        return Alert.Reference(sender: parts[0], identifier: parts[1], sent: sent)
    }

    private static func named(_ element: XMLTree, _ name: String, _ path: String, _ faults: inout Faults)
        -> [Info.Named]
    {
        element.all(name).compactMap { pair in
            guard let key = pair.value("valueName"), let value = pair.value("value") else {
                faults.add("\(path).\(name)", "invalid")
                return nil
            }
            return Info.Named(name: key, value: value)
        }
    }

    /// Words between blanks; what holds blanks stands in double quotes (clause 3.2.1, `addresses`).
    static func quoted(_ text: String) -> [String] {
        var words: [String] = []
        for (index, piece) in text.split(separator: "\"", omittingEmptySubsequences: false).enumerated() {
            if index % 2 == 1 {
                words.append(String(piece))
            } else {
                words += piece.split(whereSeparator: \.isWhitespace).map(String.init)
            }
        }
        return words
    }
}

/// Collects what is wrong, at most a hundred things.
private struct Faults {
    private(set) var all: [AlertFault] = []

    mutating func add(_ path: String, _ code: String) {
        if all.count < 100 { all.append(AlertFault(path, code)) }
    }

    mutating func check(_ element: XMLTree, _ path: String, order: [String], many: Set<String>) {
        let inside = path == "alert" ? "" : path + "."
        var reached = 0
        var seen: Set<String> = []
        for child in element.children {
            guard let place = order.firstIndex(of: child.name) else {
                add(inside + child.name, "unknown")
                continue
            }
            if place < reached { add(inside + child.name, "order") }
            reached = max(reached, place)
            if !seen.insert(child.name).inserted, !many.contains(child.name) { add(inside + child.name, "twice") }
        }
    }

    mutating func text(_ element: XMLTree, _ name: String, _ path: String) -> String? {
        guard let value = element.value(name), !value.isEmpty else {
            add(path, "required")
            return nil
        }
        return value
    }

    /// Clause 3.2.1: no blank, no comma, no `<` or `&`.
    mutating func name(_ element: XMLTree, _ name: String) -> String? {
        guard let value = text(element, name, name) else { return nil }
        if value.contains(where: { $0.isWhitespace || ",<&".contains($0) }) { add(name, "invalid") }
        return value
    }

    mutating func choice<Value: RawRepresentable<String>>(_ element: XMLTree, _ name: String, _ path: String) -> Value?
    {
        guard let word = text(element, name, path) else { return nil }
        guard let value = Value(rawValue: word) else {
            add(path, "invalid")
            return nil
        }
        return value
    }

    mutating func choices<Value: RawRepresentable<String>>(_ element: XMLTree, _ name: String, _ path: String)
        -> [Value]
    {
        var values: [Value] = []
        for child in element.all(name) {
            if let value = Value(rawValue: child.value) {
                values.append(value)
            } else {
                add("\(path).\(name)", "invalid")
            }
        }
        return values
    }

    mutating func time(_ element: XMLTree, _ name: String, _ path: String) -> Instant? {
        guard let word = text(element, name, path) else { return nil }
        guard let time = AlertTime.read(word) else {
            add(path, "invalid")
            return nil
        }
        return time
    }

    mutating func time(ifAny element: XMLTree, _ name: String, _ path: String) -> Instant? {
        element[name] == nil ? nil : time(element, name, "\(path).\(name)")
    }

    mutating func number(ifAny element: XMLTree, _ name: String, _ path: String) -> Double? {
        guard let word = element.value(name) else { return nil }
        guard let number = Double(word), number.isFinite else {
            add("\(path).\(name)", "invalid")
            return nil
        }
        return number
    }
}
