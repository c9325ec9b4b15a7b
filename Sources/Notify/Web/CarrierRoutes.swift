import Crypt
import Foundation
import Kernel
import Office
import Storage
import Web

/// A carrier as the API shows it.
struct CarrierItem: Encodable {
    var id: String
    var channel: Channel
    var isDown: Bool
    var failures: Int
    var lastFailure: String
    var tries: Int64
    var taken: Int64
    var unknown: Int64
    var fen: Int64
    var lastAt: String?

    static let shape = Shape.object(
        [
            "id": .text, "channel": .oneOf(Channel.allCases.map(\.rawValue)), "isDown": .flag, "failures": .integer,
            "lastFailure": .text, "tries": .integer, "taken": .integer, "unknown": .integer, "fen": .integer,
            "lastAt": .time,
        ], required: ["id", "channel", "isDown", "failures", "tries", "taken", "unknown", "fen"])
}

extension NotifyRoom {
    func carrierRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/carriers", .needs(.messageRead),
            "Carriers in the order in which they are tried, with today's sums",
            shapes: Shapes(gives: .page(of: CarrierItem.shape))
        ) { call in try .list(try await items(), next: nil) }
        routes.get("/carriers", .needs(.messageRead), "Carriers and how they do") { call in
            let items = try await items()
            let open = try await database.read { db in try WarningStore.open(in: db) }
            return try call.page(
                "carriers", title: call.word("notify.carriers.title"),
                [
                    "warnings": open.map { warning in
                        [
                            "kind": call.word("notify.reach.kind.\(warning.kind.rawValue)"), "text": warning.text,
                            "case": warning.caseID.map { "/cases/\($0)" } ?? "", "hasCase": warning.caseID != nil,
                            "tint": [.nobody, .carrier].contains(warning.kind) ? "bad" : "warn",
                        ] as [String: Any]
                    },
                    "items": zip(items, carriers.lines).map { row($0, $1, call) },
                ])
        }
        routes.get("/carriers.xlsx", .needs(.messageRead), "Carriers and how they do, as a workbook") { call in
            let columns = ["carriers.name", "column.channel", "carriers.state"]
            let sums = ["tries", "taken", "unknown", "cost", "quota", "last"].map { "carriers.\($0)" }
            let titles = (columns + sums).map { call.word("notify.\($0)") }
            let book = try Workbook(sheet: "Zhili", columns: titles.map { ($0, 20) })
            for (item, line) in zip(try await items(), carriers.lines) {
                book.add([
                    .text(item.id), .text(call.word("js.channel.\(item.channel.rawValue)")),
                    .text(call.word(item.isDown ? "notify.carriers.down" : "notify.carriers.works")),
                    .number(Double(item.tries)), .number(Double(item.taken)), .number(Double(item.unknown)),
                    .number(Double(item.fen) / 100), .text(quota(line.quotas, call)), .text(item.lastAt ?? ""),
                ])
            }
            return .bytes(try book.bytes(), type: Workbook.type, name: call.word("notify.carriers.title") + ".xlsx")
        }
        routes.post(
            "/carriers/{carrier}/{token}", .device, "What a carrier says later of messages", bodyLimit: 262_144
        ) { call in
            guard let callbackToken,
                Secret.equal(Array(try call.param("token").utf8), Array(callbackToken.utf8))
            else { throw Problem.notFound }
            let carrier = try call.param("carrier")
            guard carriers.lines.contains(where: { $0.name == carrier }) else { throw Problem.notFound }
            try await receipts.take(try CarrierReceipt.read(call.body), by: carrier)
            for reply in CarrierReceipt.replies(call.body) { try await receipts.take(reply) }
            // Aliyun looks for `code`, Tencent for `result`.
            return .rawJSON(#"{"code":0,"msg":"OK","result":0,"errmsg":"OK"}"#)
        }
    }

    private func items() async throws -> [CarrierItem] {
        let now = Instant.now
        let midnight = Instant(ms: Int64(now.dayNumber) * CivilTime.dayMs - CivilTime.offsetMs)
        let sums = try await database.read { db in try TryStore.sums(since: midnight, in: db) }
        let health = carriers.health
        return carriers.lines.map { line in
            let sum = sums.first { $0.carrier == line.name }
            let own = health[line.name] ?? CarrierDesk.Health()
            return CarrierItem(
                id: line.name, channel: line.channel, isDown: own.downUntil.map { $0 > now } ?? false,
                failures: own.failures, lastFailure: own.lastFailure, tries: sum?.tries ?? 0, taken: sum?.taken ?? 0,
                unknown: sum?.unknown ?? 0, fen: sum?.fen ?? 0, lastAt: sum?.lastAt?.rfc3339)
        }
    }

    private func row(_ item: CarrierItem, _ line: CarrierLine, _ call: Call) -> [String: Any] {
        let yuan = item.fen / 100
        let rest = item.fen % 100
        return [
            "name": item.id, "channel": call.word("js.channel.\(item.channel.rawValue)"),
            "state": call.word(item.isDown ? "notify.carriers.down" : "notify.carriers.works"),
            "tint": item.isDown ? "bad" : "ok", "failure": item.lastFailure, "hasFailure": !item.lastFailure.isEmpty,
            "tries": String(item.tries),
            "taken": String(item.taken), "unknown": String(item.unknown), "hasUnknown": item.unknown > 0,
            "cost": "\(yuan).\(rest < 10 ? "0" : "")\(rest)",
            "last": item.lastAt.map { String($0.dropFirst(11).prefix(8)) } ?? "",
            "quota": quota(line.quotas, call),
        ]
    }

    private func quota(_ quotas: Quotas, _ call: Call) -> String {
        var parts = quotas.windows.map { window -> String in
            let seconds = window.perMs / 1_000
            let (unit, number) =
                seconds % 3_600 == 0
                ? ("hours", seconds / 3_600) : seconds % 60 == 0 ? ("minutes", seconds / 60) : ("seconds", seconds)
            return call.word(
                "notify.carriers.window",
                ["most": String(window.most), "span": call.word("notify.carriers.\(unit)", ["n": String(number)])])
        }
        if let night = quotas.night { parts.append(call.word("notify.carriers.night", ["most": String(night)])) }
        return parts.isEmpty
            ? call.word("notify.carriers.noQuota") : parts.joined(separator: call.language == .zh ? "，" : ", ")
    }
}
