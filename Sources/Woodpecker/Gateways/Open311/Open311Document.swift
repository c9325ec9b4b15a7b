import Foundation
import Web

/// A document of GeoReport v2, written as XML or as JSON by the "Spark" convention: bare lists, `null` for what is
/// empty, no names of wrappers.
indirect enum Open311Node: Sendable {
    case text(String)
    /// What has no value.
    case nothing
    case flag(Bool)
    case number(Double)
    case integer(Int)
    /// Members in their order.
    case object([(String, Open311Node)])
    /// Items, with the name that each has in XML.
    case list([Open311Node], of: String)

    init(_ text: String?) { self = text.map { $0.isEmpty ? .nothing : .text($0) } ?? .nothing }
}

/// The two formats of every endpoint.
enum Open311Format: String, Sendable, CaseIterable {
    case xml, json

    /// The whole document with its root.
    func answer(_ root: String, _ node: Open311Node, status: Int = 200, plainType: Bool = false) -> Answer {
        switch self {
        case .xml:
            let text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + Self.element(root, node)
            return make(Array(text.utf8), plainType ? "text/xml" : "text/xml; charset=utf-8", status)
        case .json:
            return make(Array(Self.json(node).utf8), "application/json; charset=utf-8", status)
        }
    }

    private func make(_ bytes: [UInt8], _ type: String, _ status: Int) -> Answer {
        var answer = Answer.bytes(bytes, type: type)
        answer.status = status
        return answer
    }

    private static func element(_ name: String, _ node: Open311Node) -> String {
        switch node {
        case .nothing: "<\(name)/>"
        case .text(let text): "<\(name)>\(xml(text))</\(name)>"
        case .flag(let flag): "<\(name)>\(flag)</\(name)>"
        case .number(let number): "<\(name)>\(number)</\(name)>"
        case .integer(let number): "<\(name)>\(number)</\(name)>"
        case .object(let members): "<\(name)>\(members.map { element($0.0, $0.1) }.joined())</\(name)>"
        case .list(let items, let item):
            items.isEmpty ? "<\(name)/>" : "<\(name)>\(items.map { element(item, $0) }.joined())</\(name)>"
        }
    }

    /// Text for XML 1.0: what no document may hold is left out.
    private static func xml(_ text: String) -> String {
        var kept = String.UnicodeScalarView()
        for scalar in text.unicodeScalars
        where scalar.value >= 0x20 && scalar.value != 0xfffe && scalar.value != 0xffff || scalar == "\n"
            || scalar == "\t"
        {
            kept.append(scalar)
        }
        return escaped(String(kept))
    }

    private static func json(_ node: Open311Node) -> String {
        switch node {
        case .nothing: "null"
        case .text(let text): (try? JSON.text(text)) ?? "null"
        case .flag(let flag): String(flag)
        case .number(let number): String(number)
        case .integer(let number): String(number)
        case .object(let members):
            "{" + members.map { "\"\($0.0)\":\(json($0.1))" }.joined(separator: ",") + "}"
        case .list(let items, _): "[" + items.map(json).joined(separator: ",") + "]"
        }
    }
}

/// Something that cannot be answered, as GeoReport v2 says it: 404 for what is not there, 403 for a key, 400 for the
/// rest.
struct Open311Error: Error {
    var status: Int
    var description: String

    static func missing(_ what: String) -> Open311Error {
        Open311Error(status: 400, description: "\(what) was not provided")
    }
    static func unknown(_ what: String) -> Open311Error {
        Open311Error(status: 404, description: "\(what) provided was not found")
    }
    static let key = Open311Error(status: 403, description: "api_key missing or not valid")

    var node: Open311Node {
        .list([.object([("code", .integer(status)), ("description", .text(description))])], of: "error")
    }
}
