import Foundation
import Kernel
import Office
import Storage
import Web

/// Which people a list shows.
struct StaffFilter: Sendable {
    /// A part of the name or the log-in name.
    var text: String?
    /// Only those with this role.
    var role: Role?
    /// Only those behind this one.
    var after: Int64 = 0

    init(_ call: Call) {
        text = call.query("q").map { String($0.prefix(60)) }
        role = call.query("role").flatMap(Role.init(rawValue:))
        after = call.query("after").flatMap(StaffID.init)?.rawValue ?? 0
    }

    var sql: SQL {
        var conditions: [SQL] = ["id > \(after)"]
        if let text {
            // The signs of LIKE stand for themselves.
            let plain = text.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
            conditions.append("(name LIKE \("%\(plain)%") ESCAPE '\\' OR username LIKE \("%\(plain)%") ESCAPE '\\')")
        }
        // Roles are words with commas between; none is a part of another with a comma.
        if let role { conditions.append("',' || roles || ',' LIKE \("%,\(role.rawValue),%")") }
        return SQL.joined(conditions, by: " AND ")
    }

    /// The same filter for another address.
    func query() -> String {
        var parts: [String] = []
        if let text { parts.append("q=" + (text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")) }
        if let role { parts.append("role=" + role.rawValue) }
        return parts.joined(separator: "&")
    }
}

extension IdentityRoom {
    func exportRoutes(_ routes: inout Routes) {
        routes.get("/staff.xlsx", .needs(.staffRead), "The list of people as a workbook, phones masked") { call in
            try await exportStaff(call)
        }
        routes.get("/audit.xlsx", .needs(.auditRead), "The audit log as a workbook, the newest 100,000 entries") {
            call in
            try await exportAudit(call)
        }
    }

    private func exportStaff(_ call: Call) async throws -> Answer {
        var filter = StaffFilter(call)
        let columns = ["name", "username", "roles", "areas", "phone", "active"]
        let titles = columns.map { call.word($0 == "username" ? "identity.username" : "identity.staff.\($0)") }
        let book = try Workbook(sheet: "Zhili", columns: titles.map { ($0, 24) })
        let names = Dictionary(areas().map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        while true {
            let current = filter
            let people = try await database.read { db in try StaffStore.list(current, limit: 500, in: db) }
            for person in people {
                book.add([
                    .text(person.name), .text(person.username),
                    .text(person.roles.map { call.word("role.\($0.rawValue)") }.sorted().joined(separator: "、")),
                    .text(person.areas.compactMap { names[$0] }.joined(separator: "、")),
                    .text(maskedPhone(person.phone)), .text(person.isActive ? "✓" : ""),
                ])
            }
            guard people.count == 500, let last = people.last else { break }
            filter.after = last.id.rawValue
        }
        return .bytes(try book.bytes(), type: Workbook.type, name: call.word("identity.staff.title") + ".xlsx")
    }

    private func exportAudit(_ call: Call) async throws -> Answer {
        var filter = AuditFilter(call)
        let titles = ["time", "actor", "action", "subject", "purpose"].map { call.word("identity.audit.\($0)") }
        let book = try Workbook(sheet: "Zhili", columns: [("#", 10)] + titles.map { ($0, 24) })
        var count = 0
        while count < 100_000 {
            let current = filter
            let rows = try await database.read { db in try current.rows(limit: 1_000, in: db) }
            for row in rows {
                book.add([
                    .number(Double(row.seq)), .moment(row.entry.at.ms), .text(row.entry.actorName),
                    .text(call.word(ifKnown: "audit.\(row.entry.action)") ?? row.entry.action),
                    .text(row.entry.subject), .text(row.entry.purpose),
                ])
            }
            count += rows.count
            guard rows.count == 1_000, let last = rows.last else { break }
            filter.before = last.seq
        }
        return .bytes(try book.bytes(), type: Workbook.type, name: call.word("identity.audit.title") + ".xlsx")
    }
}
