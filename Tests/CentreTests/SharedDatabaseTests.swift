import Foundation
import NIOHTTP1
import Storage
import StorageTesting
import Testing

/// Two programs on one PostgreSQL, as an outgrown town runs them.
@Suite("Several nodes", .serialized)
struct SharedDatabaseTests {
    /// Two nodes on one database: the sample town is made by the first, the second gets its key and its gateway.
    private func nodes(_ yaml: String = "") async throws -> (
        one: RunningCentre, two: RunningCentre, database: any Database
    ) {
        let (_, url) = try await TestCluster.shared().create()
        let environment = ["ZHILI_DATABASE": url]
        let one = try RunningCentre("mqtt: {url: 'off'}\n\(yaml)", environment: environment)
        let two = try RunningCentre(
            "mqtt: {url: 'off'}\naudit-key: \(one.folder.appendingPathComponent("audit.key").path)\n\(yaml)",
            sample: false, environment: environment)
        let token = "sample-gateway.token"
        try FileManager.default.copyItem(
            at: one.folder.appendingPathComponent(token), to: two.folder.appendingPathComponent(token))
        return (one, two, try PostgresDatabase(url: url, connections: 2))
    }

    private func push(_ centre: RunningCentre, _ id: String) async throws -> RunningCentre.Answer {
        try await centre.ask(
            .POST, "/push/shared?token=0123456789abcdef", json: #"{"device":"d1","kind":"fire","id":"\#(id)"}"#)
    }

    private func until(_ database: any Database, _ sql: SQL, is wanted: Int64) async throws -> Bool {
        for _ in 0..<2_000 {
            if try await database.read({ db in try db.value(Int64.self, sql) }) == wanted { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    @Test("What one node takes the other shows at once; identifiers never clash; a message goes out once")
    func together() async throws {
        let (one, two, database) = try await nodes()
        try await one.start()
        try await two.start()
        let officer = try await one.logIn("officer")
        // The session holds on the other node too.
        _ = try await one.register(
            kind: "json", gateway: "shared", detector: "d1", pushToken: "0123456789abcdef", token: officer)
        let alarm = try await push(one, "1")
        #expect(alarm.status == 200)
        #expect(try await two.hears("{\"type\":\"alarm.raised\"", token: officer))
        // The second node folds the same detector's next fire into the alarm of the first.
        let again = try await push(two, "2")
        #expect(again.text.contains(#""outcome":"folded""#), "\(again.text)")
        let alarms = try await two.ask(.GET, "/api/v1/alarms", token: officer)
        #expect(alarms.items.count == 1)

        let numbers = try await database.read { db in
            try db.values(String.self, "SELECT name FROM lease WHERE name LIKE 'node/%' ORDER BY name")
        }
        #expect(numbers.count == 2)
        // Everything that both nodes have stored, by the node's 8 bits of its identifier.
        let makers = try await database.read { db in
            try db.values(Int64.self, "SELECT DISTINCT (id / 16384) % 256 FROM fire_signal")
        }
        #expect(makers.count == 2)

        #expect(
            try await until(
                database, "SELECT COUNT(*) FROM message WHERE state IN ('queued', 'sending')", is: 0))
        let twice = try await database.read { db in
            try db.value(Int64.self, "SELECT COUNT(*) FROM sample_delivery WHERE times > 1")
        }
        #expect(twice == 0)
        #expect(
            try await database.read { db in try db.value(Int64.self, "SELECT COUNT(*) FROM sample_delivery") } ?? 0 > 0)
        try await one.close()
        try await two.close()
        await database.close()
    }

    @Test("What a dead node was about to send is sent by the other, marked as a possible repeat")
    func takenOver() async throws {
        let gateway = try DeafGateway()
        defer { gateway.close() }
        let (one, two, database) = try await nodes(
            "message-gateway: {url: 'http://127.0.0.1:\(gateway.port)/', token: 0123456789abcdef}\n")
        try await one.start()
        let officer = try await one.logIn("officer")
        _ = try await one.register(
            kind: "json", gateway: "shared", detector: "d1", pushToken: "0123456789abcdef", token: officer)
        #expect(try await push(one, "1").status == 200)
        // The gateway has the messages and does not answer; then the node dies.
        for _ in 0..<1_000 where gateway.bodies.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        let first = try #require(gateway.bodies.first)
        one.kill()
        gateway.hear()
        try await two.start()
        let id = try #require(
            (try? JSONSerialization.jsonObject(with: Data(first.utf8)) as? [String: Any])?["id"] as? String)
        var repeated: String?
        for _ in 0..<2_000 {
            repeated = gateway.bodies.first { $0.contains(id) && $0.contains(#""possibleRepeat":true"#) }
            if repeated != nil { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(repeated != nil)
        #expect(try await until(database, "SELECT COUNT(*) FROM message WHERE state = 'sending'", is: 0))
        let audit = try Program(
            ["audit", "verify", "--data", two.folder.path],
            environment: [
                "ZHILI_DATABASE": try #require(two.environment["ZHILI_DATABASE"])
            ])
        audit.process.waitUntilExit()
        #expect(audit.process.terminationStatus == 0)
        try await one.close()
        try await two.close()
        await database.close()
    }
}
