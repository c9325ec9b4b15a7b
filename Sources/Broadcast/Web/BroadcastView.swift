import CAP
import Foundation
import Kernel
import Web

/// A broadcast as the API shows it.
struct BroadcastView: Codable, Sendable {
    var id: String
    var identifier: String?
    var type: String
    var state: String
    var status: String
    var scope: String
    var event: String
    var category: String
    var severity: String
    var urgency: String
    var certainty: String
    var headline: String
    var text: String
    var instruction: String
    var areas: [AreaID]
    var caseId: CaseID?
    var createdAt: String
    var createdBy: String
    var issuedAt: String?
    var issuedBy: String?
    var expiresAt: String?
    var earlier: String?

    init(_ one: Broadcast, at now: Instant) {
        id = one.id.description
        identifier = one.identifier
        type = one.kind.rawValue
        state = one.state(at: now).rawValue
        status = one.content.status.rawValue
        scope = one.content.scope.rawValue
        event = one.content.event
        category = one.content.category.rawValue
        severity = one.content.severity.rawValue
        urgency = one.content.urgency.rawValue
        certainty = one.content.certainty.rawValue
        headline = one.content.headline
        text = one.content.text
        instruction = one.content.instruction
        areas = one.content.areas
        caseId = one.content.caseID
        createdAt = one.createdAt.rfc3339
        createdBy = one.createdName
        issuedAt = one.issuedAt?.rfc3339
        issuedBy = one.issuedAt == nil ? nil : one.issuedName
        expiresAt = one.expiresAt?.rfc3339
        earlier = one.earlier?.description
    }

    static let shape = Shape.object(
        [
            "id": .id, "identifier": .text, "type": .oneOf(Alert.Kind.allCases.map(\.rawValue)),
            "state": .oneOf(Broadcast.State.allCases.map(\.rawValue)),
            "status": .oneOf(Alert.Status.allCases.map(\.rawValue)),
            "scope": .oneOf(Alert.Scope.allCases.map(\.rawValue)), "event": .text,
            "category": .oneOf(Info.Category.allCases.map(\.rawValue)),
            "severity": .oneOf(Info.Severity.allCases.map(\.rawValue)),
            "urgency": .oneOf(Info.Urgency.allCases.map(\.rawValue)),
            "certainty": .oneOf(Info.Certainty.allCases.map(\.rawValue)), "headline": .text, "text": .text,
            "instruction": .text, "areas": .list(.id), "caseId": .id, "createdAt": .time, "createdBy": .text,
            "issuedAt": .time, "issuedBy": .text, "expiresAt": .time, "earlier": .id,
        ], required: ["id", "type", "state", "status", "scope", "headline", "text", "areas", "createdAt"])
}

/// What somebody writes, from a form or from JSON.
struct BroadcastDraft: Decodable, Sendable {
    var status: String?
    var scope: String?
    var event: String?
    var category: String?
    var severity: String?
    var urgency: String?
    var certainty: String?
    var headline: String?
    var text: String?
    var instruction: String?
    var areas: [String]?
    var caseId: String?
    var hours: Int?

    init(_ form: Form) {
        status = form["status"]
        scope = form["scope"]
        event = form["event"]
        category = form["category"]
        severity = form["severity"]
        urgency = form["urgency"]
        certainty = form["certainty"]
        headline = form["headline"]
        text = form["text"]
        instruction = form["instruction"]
        areas = form.all("areas").filter { !$0.isEmpty }
        caseId = form["caseId"].flatMap { $0.isEmpty ? nil : $0 }
        hours = form["hours"].flatMap { Int($0) } ?? 0
    }

    /// What is written, checked. Nothing chosen is an exercise for the town's own centres.
    func content(known: [BroadcastArea]) throws(Problem) -> Broadcast.Content {
        var check = FieldCheck()
        func choice<Value: RawRepresentable<String>>(_ word: String?, _ field: String, _ usual: Value) -> Value {
            guard let word, !word.isEmpty else { return usual }
            guard let value = Value(rawValue: word) else {
                check.expect(false, field, "invalid")
                return usual
            }
            return value
        }
        let status = choice(status, "status", Alert.Status.exercise)
        check.expect(status == .exercise || status == .test || status == .actual, "status", "invalid")
        let scope = choice(scope, "scope", Alert.Scope.restricted)
        check.expect(scope != .private, "scope", "not-supported")
        let ids = Set(known.map(\.id))
        let chosen = (areas ?? []).prefix(500).compactMap { AreaID($0) }
        check.expect(chosen.count == (areas ?? []).count && chosen.allSatisfy(ids.contains), "areas", "unknown")
        let caseID = caseId.flatMap { CaseID($0) }
        check.expect(caseId == nil || caseID != nil, "caseId", "invalid")
        let hours = hours ?? 6
        check.expect((1...168).contains(hours), "hours", "out-of-range")
        let content = Broadcast.Content(
            status: status, scope: scope, event: check.text(event, "event", 1...30),
            category: choice(category, "category", .safety), severity: choice(severity, "severity", .moderate),
            urgency: choice(urgency, "urgency", .expected), certainty: choice(certainty, "certainty", .likely),
            headline: check.text(headline, "headline", 1...60), text: check.text(text, "text", 1...2_000),
            instruction: check.text(instruction, "instruction", 0...1_000), areas: chosen, caseID: caseID,
            hours: Int64(hours))
        try check.finish()
        return content
    }

    static let shape = Shape.object(
        [
            "status": .oneOf(["Exercise", "Test", "Actual"]), "scope": .oneOf(["Restricted", "Public"]),
            "event": .text, "category": .text, "severity": .text, "urgency": .text, "certainty": .text,
            "headline": .text, "text": .text, "instruction": .text, "areas": .list(.id), "caseId": .id,
            "hours": .integer,
        ], required: ["event", "headline", "text"])
}
