import CAP
import Crypt
import Foundation
import Kernel
import Storage
import Web
import XML

/// `/cap/alerts`: what the town says, for every reader of the Common Alerting Protocol, and its ear for others.
struct CAPRoutes {
    let desk: BroadcastDesk
    /// What other centres must show to be heard; `nil` hears nobody.
    let token: String?

    private static let type = "application/cap+xml; charset=utf-8"
    /// Days for which the feed keeps what was issued.
    private static let days: Int64 = 30
    private static let feedLimit = 200

    func add(to routes: inout Routes) {
        routes.get("/cap/alerts", .open, "Alerts in force and of the last 30 days (Atom); public ones for strangers") {
            call in
            let seesAll = call.caller?.may(.broadcastRead) ?? false
            let since = Instant.now - Self.days * CivilTime.dayMs
            let found = try await call.database.read { db in
                try BroadcastStore.issued(since: since, publicOnly: !seesAll, limit: Self.feedLimit, in: db)
            }
            return Answer.bytes(Array(feed(found).utf8), type: "application/atom+xml; charset=utf-8")
        }
        routes.get("/cap/alerts/{id}", .open, "One alert (CAP 1.2)") { call in
            let id: ID<Broadcast> = try call.id()
            let seesAll = call.caller?.may(.broadcastRead) ?? false
            let text = try await call.database.read { db in
                guard let one = try BroadcastStore.find(id, in: db), one.issuedAt != nil,
                    seesAll || one.content.scope == .public
                else { throw Problem.notFound }
                return AlertWriter.document(try desk.alert(one, at: .now, in: db))
            }
            return .bytes(Array(text.utf8), type: Self.type)
        }
        routes.post(
            "/cap/alerts", .device, "Another centre's alert (CAP 1.2), with its token as bearer", bodyLimit: 1 << 20
        ) { call in try await take(call) }
    }

    private func take(_ call: Call) async throws -> Answer {
        guard let token, let given = call.header("Authorization"), given.hasPrefix("Bearer "),
            Secret.equal(Array(given.dropFirst(7).utf8), Array(token.utf8))
        else { throw Problem.unauthorized }
        let reading: AlertReading
        do {
            reading = try AlertReader.read(call.body)
        } catch {
            throw Problem.malformed("\(error)")
        }
        let alert =
            switch reading {
            case .alert(let read): read
            case .faults(let faults): throw Self.refusal(faults)
            }
        let faults = AlertRules.faults(alert)
        guard faults.isEmpty else { throw Self.refusal(faults) }
        let document = String(decoding: call.body, as: UTF8.self)
        let id = try await call.database.write { db in
            try desk.take(alert, document: document, at: .now, in: db)
        }
        return try .json(["id": id.description], status: 201)
    }

    private static func refusal(_ faults: [AlertFault]) -> Problem {
        Problem.invalid(Dictionary(faults.map { ($0.path, $0.code) }, uniquingKeysWith: { first, _ in first }))
    }

    private func feed(_ found: [Broadcast]) -> String {
        let centre = desk.centre()
        var xml = XMLWriter()
        xml.open("feed", ["xmlns": "http://www.w3.org/2005/Atom", "xml:lang": "zh-CN"])
        xml.leaf("id", "urn:zhili:cap:\(centre.sender)")
        xml.leaf("title", centre.name)
        xml.leaf("updated", (found.first?.issuedAt ?? Instant(ms: 0)).rfc3339)
        xml.open("author")
        xml.leaf("name", centre.name)
        xml.close()
        xml.leaf("link", "", ["rel": "self", "href": "/cap/alerts"])
        for one in found {
            guard let issued = one.issuedAt, let identifier = one.identifier else { continue }
            xml.open("entry")
            xml.leaf("id", "urn:zhili:cap:\(centre.sender):\(identifier)")
            xml.leaf("title", "[\(one.content.status.rawValue)] \(one.content.headline)")
            xml.leaf("updated", issued.rfc3339)
            xml.leaf("summary", one.content.text)
            xml.leaf("link", "", ["type": "application/cap+xml", "href": "/cap/alerts/\(one.id)"])
            xml.close()
        }
        xml.close()
        return xml.text
    }
}
