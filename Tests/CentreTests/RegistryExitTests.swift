import Foundation
import HTTPTypes
import Kernel
import Office
import Storage
import Testing
import Web

@testable import Centre

/// Records whose values would be known again wherever they came out.
private struct Canaries {
    /// Shown to clerk and grid worker alone.
    static let personal = ["贾金丝雀", "1975-11-23", "19907654321", "金丝雀巷77号", "CANARY77", "金丝雀备注"]
    /// Shown to nobody without a purpose.
    static let identifier = "410000197511230018"
    /// A child's, shown to nobody without a purpose.
    static let child = ["贾小雀儿", "2019-02-03", "童雀巷8号"]
    /// Sensitive: clerk and grid worker alone.
    static let sensitive = "雀老需要代购"

    static let resident = [
        "name": personal[0], "birthDate": personal[1], "idNumber": identifier, "phone": personal[2],
        "address": "柳湾村一社" + personal[3], "household": personal[4], "note": personal[5], "sex": "1",
        "living": "here", "relation": "other",
    ]
    static let childResident = [
        "name": child[0], "birthDate": child[1], "address": "柳湾村一社" + child[2], "sex": "2", "living": "here",
    ]
    static let elderly = ["name": personal[0], "birthDate": "1941-05-06", "note": sensitive, "help": "meal"]
}

@Suite("No way out of the registry shows what the policy hides", .serialized)
struct RegistryExitTests {
    private struct Made: Decodable {
        var id: String
        var version: Int64
    }

    private func ask(
        _ town: Town, _ method: HTTPRequest.Method, _ path: String, as person: String,
        _ parameters: [String: String] = [:], query: String = "", body: [UInt8] = Array("{}".utf8)
    ) async throws -> Answer {
        let route = try #require(town.house.routes.all.first { $0.method == method && $0.path == path }, "\(path)")
        var headers: HTTPFields = [.accept: "application/json", .contentType: "application/json"]
        if let token = town.tokens[person] { headers[.authorization] = "Bearer \(token)" }
        let incoming = Incoming(
            method: method, path: path, parameters: parameters, query: Form(query.utf8), headers: headers,
            authority: "127.0.0.1", address: "127.0.0.1")
        return await town.house.dispatcher.answer(route, incoming) { _ in body }
    }

    private func make(_ town: Town, _ category: String, _ values: [String: String]) async throws -> Made {
        let answer = try await ask(
            town, .post, "/api/v1/records/{category}", as: "clerk", ["category": category],
            body: try JSON.encode(["values": values]))
        #expect(answer.status == 201, "\(String(decoding: answer.bodyBytes, as: UTF8.self))")
        return try JSON.decode(Made.self, answer.bodyBytes)
    }

    /// What an answer says, a workbook's cells included.
    private func words(_ answer: Answer) throws -> String {
        guard answer.bodyBytes.starts(with: [0x50, 0x4B]) else {
            return String(decoding: answer.bodyBytes, as: UTF8.self)
        }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).xlsx")
        try Data(answer.bodyBytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        var text = ""
        try TableFile(path: file.path).rows { row in
            text += row.cells.map(\.words).joined(separator: "\t") + "\n"
            return true
        }
        return text
    }

    private func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    @Test("List, page, search, sort, filter, count, export, history and visits, for every role")
    func everyExitEveryRole() async throws {
        let town = try await Town.open()
        let resident = try await make(town, "resident", Canaries.resident)
        let child = try await make(town, "resident", Canaries.childResident)
        let elderly = try await make(town, "elderly", Canaries.elderly)
        // A change, so that there is a history with values in it.
        let changed = try await ask(
            town, .patch, "/api/v1/records/{category}/{id}", as: "clerk", ["category": "resident", "id": resident.id],
            body: Array(#"{"version":1,"values":{"note":"金丝雀备注二"}}"#.utf8))
        #expect(changed.status == 200)
        var looked = 0
        for person in Town.people {
            let isOffice = person == "clerk" || person == "grid"
            for route in town.house.routes.all where route.method == .get {
                let isRegistry =
                    route.path.hasPrefix("/registry") || route.path.hasPrefix("/api/v1/records")
                    || route.path.hasPrefix("/api/v1/visits") || route.path.hasPrefix("/api/v1/categories")
                    || route.path.hasPrefix("/api/v1/registry")
                guard isRegistry else { continue }
                // A route of one record is asked for each of them, a list for its category, any other once.
                let places: [(String, String)] =
                    if route.path.contains("{id}") {
                        [("resident", resident.id), ("resident", child.id), ("elderly", elderly.id)]
                    } else {
                        route.path.contains("{category}") ? [("resident", ""), ("elderly", "")] : [("", "")]
                    }
                for (category, id) in places {
                    let typed = Canaries.personal + [Canaries.identifier, "0018", "4321", "jjsq", "贾小", "雀老"]
                    let queries =
                        [
                            "", "f.sex=1", "f.sex=2", "f.relation=other", "f.idNumber=\(Canaries.identifier)",
                            "f.help=meal", "sort=name", "sort=due", "state=missing", "limit=500",
                        ].filter { $0.isEmpty || route.path.contains("{category}") && !route.path.contains("{id}") }
                        + (route.path.contains("{id}") ? [] : typed.map { "q=\(escaped($0))" })
                    for query in queries {
                        let answer = try await ask(
                            town, .get, route.path, as: person, ["category": category, "id": id], query: query)
                        #expect(answer.status < 500, "\(person) \(route.path) \(query)")
                        let text = try words(answer)
                        looked += 1
                        let own = query.removingPercentEncoding ?? ""
                        var forbidden = Canaries.child + [Canaries.identifier]
                        if !isOffice { forbidden += Canaries.personal + [Canaries.sensitive] }
                        for canary in forbidden where !own.contains(canary) {
                            #expect(!text.contains(canary), "\(person) \(route.path)?\(own) shows \(canary)")
                        }
                    }
                }
            }
        }
        #expect(looked > 300)
        // The log of events and the audit log name records and hold nothing of them.
        let logs = try await town.centre.database.read { db in
            try db.values(String.self, "SELECT type || subject || data FROM event")
                + db.values(String.self, "SELECT actor_name || action || subject || purpose || detail FROM audit")
        }
        for canary in Canaries.personal + Canaries.child + [Canaries.identifier, Canaries.sensitive] {
            #expect(!logs.contains { $0.contains(canary) }, "a log holds \(canary)")
        }
        await town.close()
    }

    @Test("No other room's page, list, map layer or tile shows it either")
    func everyOtherExit() async throws {
        let town = try await Town.open()
        var values = Canaries.resident
        values["place"] = "33.99,112.96"
        _ = try await make(town, "resident", values)
        values = Canaries.childResident
        values["place"] = "33.99,112.96"
        _ = try await make(town, "resident", values)
        _ = try await make(town, "elderly", Canaries.elderly)
        // A thing that is drawn as a point, with somebody's name and phone.
        let shelter = [
            "name": "示例避难点", "keeper": Canaries.personal[0], "phone": Canaries.personal[2], "place": "33.99,112.96",
        ]
        _ = try await make(town, "shelter", shelter)
        let (zoom, lon, lat) = (14, 112.96, 33.99 * Double.pi / 180)
        let side = Double(1 << zoom)
        let column = Int((lon + 180) / 360 * side)
        let row = Int((1 - log(tan(lat) + 1 / cos(lat)) / Double.pi) / 2 * side)
        let layers = ["record-resident", "record-elderly", "record-child", "record-shelter"]
        var tiles = 0
        for person in ["admin", "officer", "leader", "patrol", "clerk", "owner"] {
            let isOffice = person == "clerk" || person == "grid"
            let forbidden =
                Canaries.child + [Canaries.identifier] + (isOffice ? [] : Canaries.personal + [Canaries.sensitive])
            for route in town.house.routes.all where route.method == .get {
                guard !route.path.contains("registry"), !route.path.contains("/records"),
                    !route.path.hasSuffix("/events")
                else { continue }
                let isTile = route.path.hasPrefix("/tiles/")
                for layer in isTile ? layers : [""] {
                    let parameters = [
                        "layer": layer, "z": "\(zoom)", "x": "\(column)", "tile": "\(row).mvt", "id": "0000000000001",
                        "category": "resident",
                    ]
                    let asked =
                        "q=\(escaped(Canaries.personal[0]))&lat=33.99&lon=112.96&metres=5000&layers="
                        + layers.joined(separator: ",")
                    for query in isTile ? [""] : ["", asked] {
                        let answer = try await ask(town, .get, route.path, as: person, parameters, query: query)
                        #expect(answer.status < 500, "\(person) \(route.path) \(query)")
                        let text = try words(answer)
                        if isTile, text.contains("示例避难点") { tiles += 1 }
                        let own = query.removingPercentEncoding ?? ""
                        for canary in forbidden where !own.contains(canary) {
                            #expect(!text.contains(canary), "\(person) \(route.path)?\(own) shows \(canary)")
                        }
                    }
                }
            }
        }
        #expect(tiles >= 4, "the tiles must be ones with something on them")
        await town.close()
    }

    @Test("What is refused names the field, and never what stands in it")
    func errorTexts() async throws {
        let town = try await Town.open()
        let made = try await make(town, "resident", Canaries.resident)
        // The same person once more: the answer says that there is one, and nothing of it.
        let twice = try await ask(
            town, .post, "/api/v1/records/{category}", as: "clerk", ["category": "resident"],
            body: try JSON.encode(["values": ["name": "另一人", "idNumber": Canaries.identifier]]))
        #expect(twice.status == 409)
        // A masked field of somebody else's change is never one side of a conflict.
        for (person, field) in [("clerk", "idNumber"), ("grid", "idNumber"), ("officer", "phone")] {
            for route in ["/api/v1/records/{category}/{id}", "/api/v1/visits/{category}/{id}"] {
                let answer = try await ask(
                    town, route.contains("visits") ? .post : .patch, route, as: person,
                    ["category": "resident", "id": made.id],
                    body: Array("{\"version\":1,\"verified\":[\"\(field)\"],\"values\":{\"\(field)\":\"1\"}}".utf8))
                let text = try words(answer)
                #expect([403, 404, 422].contains(answer.status), "\(person) \(route): \(answer.status)")
                for canary in Canaries.personal + [Canaries.identifier] { #expect(!text.contains(canary)) }
            }
        }
        #expect(!(try words(twice).contains(Canaries.identifier)))
        await town.close()
    }

    @Test("A field that is hidden is answered like one that does not exist")
    func hiddenIsAbsent() async throws {
        let town = try await Town.open()
        let made = try await make(town, "resident", Canaries.resident)
        func list(_ person: String, _ query: String) async throws -> (Int, String) {
            let answer = try await ask(
                town, .get, "/api/v1/records/{category}", as: person, ["category": "resident"], query: query)
            return (answer.status, String(decoding: answer.bodyBytes, as: UTF8.self))
        }
        let hidden = try await list("admin", "f.idNumber=\(Canaries.identifier)")
        let absent = try await list("admin", "f.nothing=\(Canaries.identifier)")
        #expect(hidden.0 == 422)
        #expect(hidden.1.replacing("f.idNumber", with: "") == absent.1.replacing("f.nothing", with: ""))
        let known = try await list("admin", "q=\(Canaries.identifier)")
        let unknown = try await list("admin", "q=412723199010050012")
        #expect(known == unknown)
        for field in ["idNumber", "nothing", "deceased"] {
            let answer = try await ask(
                town, .patch, "/api/v1/records/{category}/{id}", as: "clerk",
                ["category": "resident", "id": made.id],
                body: try JSON.encode(Sent(version: 1, values: [field: "1"])))
            #expect(answer.status == 422)
        }
        let other = try await ask(
            town, .get, "/api/v1/records/{category}/{id}", as: "clerk", ["category": "elderly", "id": made.id])
        #expect(other.status == 404)
        await town.close()
    }

    private struct Sent: Encodable {
        var version: Int64
        var values: [String: String]
    }

    @Test("A purpose opens one record to one person, is recorded, and a sweep is refused and reported")
    func unmasking() async throws {
        let town = try await Town.open()
        let made = try await make(town, "resident", Canaries.resident)
        func read(_ person: String) async throws -> String {
            try words(
                await ask(
                    town, .get, "/api/v1/records/{category}/{id}", as: person,
                    ["category": "resident", "id": made.id]))
        }
        func open(_ id: String, purpose: String = "核对证件") async throws -> Int {
            try await ask(
                town, .post, "/api/v1/records/{category}/{id}/unmask", as: "officer",
                ["category": "resident", "id": id], body: try JSON.encode(["purpose": purpose])
            ).status
        }
        #expect(try await open(made.id, purpose: " ") == 422)
        #expect(!(try await read("officer").contains(Canaries.identifier)))
        #expect(try await open(made.id) == 200)
        #expect(try await read("officer").contains(Canaries.identifier))
        #expect(!(try await read("leader").contains(Canaries.identifier)))
        for _ in 0..<9 { #expect(try await open(made.id) == 200) }
        #expect(try await open(made.id) == 429)
        let (purposes, cases) = try await town.centre.database.read { db in
            (
                try db.values(String.self, "SELECT purpose FROM audit WHERE action = 'record.unmask'"),
                try db.value(Int64.self, "SELECT COUNT(*) FROM case_record WHERE subject = 'registry'") ?? 0
            )
        }
        #expect(purposes.count == 10 && purposes.allSatisfy { $0 == "核对证件" })
        #expect(cases == 1)
        await town.close()
    }
}
