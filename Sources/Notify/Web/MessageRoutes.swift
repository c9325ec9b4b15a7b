import Foundation
import Identity
import Kernel
import Office
import Storage
import Web

/// A message as the API shows it: the phone is masked.
struct MessageItem: Encodable {
    var id: MessageID
    var channel: Channel
    var to: String
    var phone: String
    var role: String
    var text: String
    var caseId: CaseID?
    var subject: String
    var state: MessageState
    var queuedAt: String
    var attempt: Int64
    var possibleRepeat: Bool

    init(_ message: Message) {
        id = message.id
        channel = message.channel
        to = message.to.name
        phone = maskedPhone(message.to.phone)
        role = message.to.role
        text = message.text
        caseId = message.caseID
        subject = message.subject
        state = message.state
        queuedAt = message.queuedAt.rfc3339
        attempt = message.attempt
        possibleRepeat = message.mayRepeat
    }

    static let shape = Shape.object(
        [
            "id": .id, "channel": .oneOf(Channel.allCases.map(\.rawValue)), "to": .text, "phone": .text,
            "role": .text, "text": .text, "caseId": .id, "subject": .text,
            "state": .oneOf(MessageState.allCases.map(\.rawValue)), "queuedAt": .time, "attempt": .integer,
            "possibleRepeat": .flag,
        ], required: ["id", "channel", "to", "state", "queuedAt", "attempt", "possibleRepeat"])
}

/// A message with what happened to it.
struct MessageDetail: Encodable {
    struct Step: Encodable {
        var at: String
        var code: String
        var text: String
    }
    var message: MessageItem
    var sentText: String
    var trail: [Step]

    init(_ message: Message, _ trail: MessageTrail, _ call: Call) {
        self.message = MessageItem(message)
        sentText = trail.text ?? message.text
        self.trail = trail.steps.map { step in
            Step(at: step.at.rfc3339, code: step.key, text: step.words { call.word($0, $1) })
        }
    }

    enum Keys: String, CodingKey { case sentText, trail }

    func encode(to encoder: any Encoder) throws {
        try message.encode(to: encoder)
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(sentText, forKey: .sentText)
        try container.encode(trail, forKey: .trail)
    }

    static let shape = Shape.object(
        [
            "id": .id, "channel": .oneOf(Channel.allCases.map(\.rawValue)), "to": .text, "phone": .text,
            "role": .text, "text": .text, "caseId": .id, "subject": .text,
            "state": .oneOf(MessageState.allCases.map(\.rawValue)), "queuedAt": .time, "attempt": .integer,
            "possibleRepeat": .flag, "sentText": .text,
            "trail": .list(.object(["at": .time, "code": .text, "text": .text], required: ["at", "code", "text"])),
        ], required: ["id", "channel", "to", "state", "queuedAt", "attempt", "possibleRepeat", "sentText", "trail"])
}

extension NotifyRoom {
    func messageRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/messages", .needs(.messageRead), "Who was told what, newest first, phones masked",
            shapes: Shapes(
                query: [
                    ("state", "one state"), ("channel", "sms or call"), ("case", "one case"),
                    ("subject", "such as alarms/…"), ("q", "part of name or text"),
                    ("from", "queued on or after this day, YYYY-MM-DD"), ("to", "queued before this day"),
                    ("before", "the last id seen"),
                    ("limit", "1…500"),
                ], gives: .page(of: MessageItem.shape))
        ) { call in
            let (messages, more) = try await page(call)
            return try .list(
                messages.map(MessageItem.init),
                next: more ? messages.last.map { next("/api/v1/messages", call, after: $0.id) } : nil)
        }
        routes.post(
            "/api/v1/messages/{id}/retry", .needs(.messageSend), "Has a failed message tried again",
            shapes: Shapes(gives: MessageItem.shape)
        ) { call in try .json(MessageItem(try await retry(call))) }
        routes.post("/messages/{id}/retry", .needs(.messageSend), "Has a failed message tried again") { call in
            _ = try await retry(call)
            return .redirect(to: "/messages?done=saved")
        }
        routes.get(
            "/api/v1/messages/{id}", .needs(.messageRead), "One message with what happened to it",
            shapes: Shapes(gives: MessageDetail.shape)
        ) { call in
            let (message, trail) = try await trail(call)
            return try .json(MessageDetail(message, trail, call))
        }
        routes.get("/messages/{id}", .needs(.messageRead), "What happened to a message") { call in
            let (message, trail) = try await trail(call)
            return try call.page(
                "message", title: call.word("notify.list.trail"),
                [
                    "to": message.to.name, "phone": maskedPhone(message.to.phone),
                    "role": message.roleName { call.word($0) },
                    "channel": call.word("js.channel.\(message.channel.rawValue)"),
                    "state": call.word("js.messageState.\(message.state.rawValue)"), "tint": message.state.tint,
                    "text": trail.text ?? message.text, "mayRepeat": message.mayRepeat,
                    "case": message.caseID.map { ["id": $0.description] } ?? [:], "hasCase": message.caseID != nil,
                    "steps": trail.steps.map { step in
                        [
                            "at": step.at.rfc3339, "atText": step.at.text,
                            "text": step.words { call.word($0, $1) },
                        ]
                    },
                ])
        }
        routes.get("/messages", .needs(.messageRead), "Who was told what") { call in try await list(call) }
        routes.get("/messages.xlsx", .needs(.messageRead), "Who was told what, as a workbook") { call in
            try await export(call)
        }
    }

    private func trail(_ call: Call) async throws -> (Message, MessageTrail) {
        let id: MessageID = try call.id()
        return try await database.read { db in
            guard let message = try MessageStore.find(id, in: db) else { throw Problem.notFound }
            return (message, try TrailStore.of(message, in: db))
        }
    }

    private func retry(_ call: Call) async throws -> Message {
        let id: MessageID = try call.id()
        let caller = try call.signedIn()
        return try await database.write { [audit] db in
            guard let message = try MessageStore.find(id, in: db) else { throw Problem.notFound }
            guard [.failed, .unknown].contains(message.state) else { throw Problem.conflict("message.not-failed") }
            try audit.record(
                AuditEntry(
                    at: .now, actor: caller.id, actorName: caller.name, action: "message.retry",
                    subject: "messages/\(id)"), in: db)
            return try MessageStore.again(message, at: .now, in: db)
        }
    }

    private func filter(_ call: Call) -> MessageFilter {
        MessageFilter(
            state: call.query("state").flatMap(MessageState.init(rawValue:)),
            channel: call.query("channel").flatMap(Channel.init(rawValue:)),
            caseID: call.query("case").flatMap(CaseID.init), subject: call.query("subject"),
            text: call.query("q").map { String($0.prefix(60)) }, from: call.query("from").flatMap { Instant($0) },
            to: call.query("to").flatMap { Instant($0) },
            before: call.query("before").flatMap(MessageID.init))
    }

    private func page(_ call: Call) async throws -> (messages: [Message], more: Bool) {
        let (filter, limit) = (filter(call), call.limit)
        let found = try await database.read { db in try MessageList.page(filter, limit: limit + 1, in: db) }
        return (Array(found.prefix(limit)), found.count > limit)
    }

    private func next(_ path: String, _ call: Call, after id: MessageID) -> String {
        path + "?"
            + call.kept(
                ["state", "channel", "case", "subject", "q", "from", "to", "limit"], and: ("before", id.description))
    }

    private func list(_ call: Call) async throws -> Answer {
        let (messages, more) = try await page(call)
        let maySend = try call.signedIn().may(.messageSend)
        let choices = { (name: String, values: [String], prefix: String) -> [[String: Any]] in
            values.map { value in
                ["value": value, "label": call.word("\(prefix).\(value)"), "selected": call.query(name) == value]
            }
        }
        var context: [String: Any] = [
            "items": messages.map { message -> [String: Any] in
                [
                    "id": message.id.description, "to": message.to.name, "phone": maskedPhone(message.to.phone),
                    "role": message.roleName { call.word($0) },
                    "channel": call.word("js.channel.\(message.channel.rawValue)"), "text": message.text,
                    "state": call.word("js.messageState.\(message.state.rawValue)"), "tint": message.state.tint,
                    "caseId": message.caseID?.description ?? "", "hasCase": message.caseID != nil,
                    "queuedAt": message.queuedAt.rfc3339, "queuedText": message.queuedAt.text,
                    "attempt": String(message.attempt), "mayRepeat": message.mayRepeat,
                    "canRetry": maySend && [.failed, .unknown].contains(message.state),
                ]
            },
            "states": choices("state", MessageState.allCases.map(\.rawValue), "js.messageState"),
            "channels": choices("channel", Channel.allCases.map(\.rawValue), "js.channel"),
            "values": Dictionary(
                uniqueKeysWithValues: ["q", "from", "to"].map { ($0, call.query($0) ?? "") }),
            "export": next("/messages.xlsx", call, after: MessageID(rawValue: .max)),
            "noGateway": carriers.lines.isEmpty,
        ]
        if more, let last = messages.last { context["next"] = next("/messages", call, after: last.id) }
        return try call.page("message-list", title: call.word("notify.list.title"), context)
    }

    private func export(_ call: Call) async throws -> Answer {
        var filter = filter(call)
        let columns = ["queuedAt", "to", "phone", "channel", "state", "attempt", "text"]
        let book = try Workbook(
            sheet: "Zhili", columns: columns.map { (call.word("notify.column.\($0)"), $0 == "text" ? 60 : 18) })
        var count = 0
        while count < Workbook.rowLimit {
            let current = filter
            let messages = try await database.read { db in try MessageList.page(current, limit: 500, in: db) }
            for message in messages {
                book.add([
                    .moment(message.queuedAt.ms), .text(message.to.name), .text(maskedPhone(message.to.phone)),
                    .text(call.word("js.channel.\(message.channel.rawValue)")),
                    .text(call.word("js.messageState.\(message.state.rawValue)")),
                    .number(Double(message.attempt)), .text(message.text),
                ])
            }
            count += messages.count
            guard messages.count == 500, let last = messages.last else { break }
            filter.before = last.id
        }
        return .bytes(try book.bytes(), type: Workbook.type, name: call.word("notify.list.title") + ".xlsx")
    }
}

extension MessageState {
    /// The badge's colour.
    var tint: String {
        switch self {
        case .queued, .sending, .withdrawn: ""
        case .sent: "info"
        case .delivered, .answered: "ok"
        case .failed: "bad"
        case .unknown: "warn"
        }
    }
}
