import AsyncHTTPClient
import Kernel
import NIOCore
import NIOHTTP1
import Storage
import Web

/// The sample town's gateway: it takes messages as a real one would, over HTTP with a token and an idempotency key,
/// shows them on a page, and sends receipts. It brings nothing to any phone.
public struct SampleGateway: Sendable {
    let database: any Database
    let client: HTTPClient
    let configuration: @Sendable () -> HTTPCarrierConfiguration?

    /// A gateway behind the same token as the carrier that speaks to it.
    public init(
        database: any Database, client: HTTPClient,
        configuration: @escaping @Sendable () -> HTTPCarrierConfiguration?
    ) {
        self.database = database
        self.client = client
        self.configuration = configuration
    }

    /// What it is given.
    private struct Incoming: Decodable {
        var id: String
        var possibleRepeat: Bool
        var channel: String
        var to: String
        var name: String
        var text: String
    }

    private struct Reply: Encodable {
        var id: String
    }

    func routes(_ routes: inout Routes) {
        routes.post("/sample-gateway/messages", .device, "The sample gateway takes a message", bodyLimit: 16_384) {
            call in
            guard NotifyRoom.shows(configuration()?.token, call) else { throw Problem.unauthorized }
            let message: Incoming = try call.json()
            var check = FieldCheck()
            check.expect(MessageID(message.id) != nil, "id", "invalid")
            check.expect(Channel(rawValue: message.channel) != nil, "channel", "invalid")
            check.expect(message.text.count <= 2_000, "text", "too-long")
            check.expect(message.to.count <= 40 && message.name.count <= 100, "to", "too-long")
            try check.finish()
            try await database.write { db in
                try SampleStore.take(
                    SampleDelivery(
                        id: message.id, at: .now, times: 1, mayRepeat: message.possibleRepeat,
                        channel: message.channel, name: message.name, phone: message.to, text: message.text,
                        answer: nil), in: db)
            }
            if message.channel == Channel.sms.rawValue { await receipt(message.id, state: "delivered", key: nil) }
            return try .json(Reply(id: "sample-\(message.id)"))
        }
        routes.get("/sample-gateway", .needs(.messageRead), "What the sample gateway was given") { call in
            let limit = call.limit
            let before = call.query("before").flatMap { Int64($0) }.map { Instant(ms: $0) }
            let all = try await database.read { db in try SampleStore.page(before: before, limit: limit + 1, in: db) }
            var context: [String: Any] = ["items": all.prefix(limit).map { row($0, call) }]
            if all.count > limit, let last = all.prefix(limit).last {
                context["next"] = "/sample-gateway?limit=\(limit)&before=\(last.at.ms)"
            }
            return try call.page("sample-gateway", title: call.word("notify.sample.title"), context)
        }
        routes.post("/sample-gateway/{id}/answer", .needs(.messageSend), "Answers a call as its receiver would") {
            call in
            let id: MessageID = try call.id()
            let answer = call.form["answer"] ?? ""
            guard ["answered", "1", "2", "failed"].contains(answer) else {
                throw Problem.invalid(["answer": "invalid"])
            }
            let found = try await database.write { db in
                try SampleStore.answer(id.description, answer, in: db)
            }
            guard found else { throw Problem.notFound }
            await receipt(
                id.description, state: answer == "failed" ? "failed" : "answered",
                key: ["1", "2"].contains(answer) ? answer : nil)
            return .redirect(to: "/sample-gateway?done=saved")
        }
    }

    private func row(_ item: SampleDelivery, _ call: Call) -> [String: Any] {
        var row: [String: Any] = [
            "id": item.id, "name": item.name, "phone": item.phone, "text": item.text,
            "channel": call.word("js.channel.\(item.channel)"), "isCall": item.channel == Channel.call.rawValue,
            "at": item.at.rfc3339, "atText": item.at.text, "mayRepeat": item.mayRepeat, "again": item.times > 1,
        ]
        if let answer = item.answer { row["answer"] = call.word("notify.sample.answer.\(answer)") }
        return row
    }

    /// As a real gateway would: over HTTP, and without harm where it does not arrive.
    private func receipt(_ id: String, state: String, key: String?) async {
        guard let configuration = configuration(), let receipts = configuration.receipts else { return }
        struct Document: Encodable {
            var state: String
            var key: String?
        }
        guard let body = try? JSON.encode(Document(state: state, key: key)) else { return }
        var request = HTTPClientRequest(url: "\(receipts)/\(id)/receipt")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Authorization", value: "Bearer \(configuration.token)")
        request.body = .bytes(ByteBuffer(bytes: body))
        _ = try? await client.execute(request, timeout: .seconds(5))
    }
}
