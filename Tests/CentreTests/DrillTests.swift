import Foundation
import NIOHTTP1
import Testing

/// A drill from its schedule to its score, through the device's own protocol.
@Suite("A drill on the wire", .serialized)
struct DrillTests {
    /// A fire that begins at the gateway 00000000BEEF's first detector, played from outside.
    private func realFire(_ centre: RunningCentre) throws {
        let text = try String(contentsOf: centre.folder.appendingPathComponent("zhili.yaml"), encoding: .utf8)
        let port = try #require(text.firstMatch(of: /gb26875-port: (\d+)/)?.output.1)
        let simulated = try Program([
            "simulate", "fire", "--to", "127.0.0.1:\(port)", "--scenario", "spread", "--devices", "1", "--address",
            "00000000BEEF", "--seconds", "4",
        ])
        simulated.process.waitUntilExit()
    }

    @Test("A detector behind a topic or a platform is drilled by that very way, as often as its message is sent")
    func otherWays() async throws {
        let brokerPort = Program.freePort()
        let centre = try RunningCentre(
            """
            gateway-trial: 'off'
            mqtt:
              url: mqtt://127.0.0.1:\(brokerPort)
              user: zhili
              password: broker-pass
              topics:
                - zigbee2mqtt zigbee2mqtt z2m
                - fire/v1 plain town
            """)
        try await centre.start()
        let broker = try mosquitto(brokerPort, in: centre.folder)
        defer { broker.terminate() }
        let (officer, leader) = (try await centre.logIn("officer"), try await centre.logIn("leader"))
        for (kind, gateway, token) in [
            ("mqtt", "z2m", nil), ("mqtt", "town", nil), ("json", "platform-json", "a-token-of-twenty-four-x"),
            ("ctwing", "platform-ctwing", "a-token-of-twenty-four-x"),
            ("onenet", "platform-onenet", "onenet-token-of-twenty-x"),
        ] as [(String, String, String?)] {
            _ = try await centre.register(
                kind: kind, gateway: gateway, detector: "d \(gateway)", pushToken: token,
                token: officer)
        }
        #expect(
            try await centre.until("/api/v1/broker", token: officer) { $0["state"] as? String == "connected" } != nil)
        let detectors = try await centre.ask(
            .GET, "/api/v1/detectors?q=%E6%B5%8B%E8%AF%95%E7%8E%A9%E5%85%B7%E5%8E%82", token: officer
        ).items.compactMap { $0["id"] as? String }
        #expect(detectors.count == 5)
        let plans = try await centre.ask(.GET, "/api/v1/plans", token: leader).items
        let plan = try #require(
            plans.first { ($0["plan"] as? [String: Any])?["kind"] as? String == "fire" }?["id"] as? String)
        for detector in detectors {
            let text = ISO8601DateFormatter().string(from: Date() + 2)
            let made = try await centre.ask(
                .POST, "/api/v1/drills", token: leader,
                json: """
                    {"planId":"\(plan)","title":"演练","plannedAt":"\(text)","detectorId":"\(detector)",
                    "startsItself":true}
                    """)
            #expect(made.status == 201, "\(made.text)")
        }
        let heard = try await centre.until("/api/v1/drills", token: leader) {
            $0.items.count == 5 && $0.items.allSatisfy { $0["caseId"] is String }
        }
        let cases = Set(try #require(heard).items.compactMap { $0["caseId"] as? String })
        #expect(cases.count == 5)
        for id in cases {
            let shown = try await centre.ask(.GET, "/api/v1/cases/\(id)", token: officer)
            #expect(shown["verdict"] as? String == "drill", "\(shown.text)")
            #expect((shown["alarms"] as? [[String: Any]])?.count == 1)
        }
        // The door is open for what was announced, to the byte.
        let forged = try await centre.ask(
            .POST, "/push/platform-json", json: #"{"device":"d platform-json","kind":"fire","id":"drill-1"}"#)
        #expect(forged.status == 401)
        try await centre.close()
    }

    @Test("It starts by itself, goes the way of an alarm marked as a drill, joins no fire, and is scored")
    func wholeWay() async throws {
        let centre = try RunningCentre("mqtt: {url: 'off'}")
        try await centre.start()
        let (officer, leader) = (try await centre.logIn("officer"), try await centre.logIn("leader"))
        _ = try await centre.register(
            kind: "gb26875", gateway: "00000000BEEF", detector: "1-1-1-0", token: officer)
        let detectors = try await centre.ask(
            .GET, "/api/v1/detectors?q=%E6%B5%8B%E8%AF%95%E7%8E%A9%E5%85%B7%E5%8E%82", token: officer
        ).items
        let detector = try #require(detectors.first?["id"] as? String)
        let plans = try await centre.ask(.GET, "/api/v1/plans", token: leader).items
        let plan = try #require(
            plans.first { ($0["plan"] as? [String: Any])?["kind"] as? String == "fire" }?["id"] as? String)
        let river = try #require(
            plans.first { ($0["plan"] as? [String: Any])?["kind"] as? String == "river" }?["id"] as? String)

        func schedule(_ plan: String, _ at: Date) async throws -> RunningCentre.Answer {
            let text = ISO8601DateFormatter().string(from: at)
            return try await centre.ask(
                .POST, "/api/v1/drills", token: leader,
                json: """
                    {"planId":"\(plan)","title":"夜间演练","plannedAt":"\(text)","detectorId":"\(detector)",
                    "startsItself":true}
                    """)
        }
        #expect(try await schedule(river, Date() + 60).status == 422)
        #expect(try await schedule(plan, Date() - 60).status == 422)
        let drill = try #require(try await schedule(plan, Date() + 2)["id"] as? String)

        let heard = try await centre.until("/api/v1/drills", token: leader) {
            $0.items.first { $0["id"] as? String == drill }?["caseId"] is String
        }
        let caseID = try #require(heard?.items.first { $0["id"] as? String == drill }?["caseId"] as? String)
        let shown = try await centre.ask(.GET, "/api/v1/cases/\(caseID)", token: officer)
        #expect((shown["title"] as? String)?.hasPrefix("【演练】测试玩具厂") == true)
        #expect(shown["verdict"] as? String == "drill")
        let alarms = try #require(shown["alarms"] as? [[String: Any]])
        let alarm = try #require(alarms.first?["id"] as? String)
        #expect(alarms.count == 1 && alarms[0]["state"] as? String == "raised")
        // Everybody is told, and everybody is told that it is one.
        let told = try await centre.until("/api/v1/cases/\(caseID)", token: officer) {
            ($0["messages"] as? [[String: Any]])?.count ?? 0 >= 2
        }
        let messages = try #require(told?["messages"] as? [[String: Any]])
        #expect(messages.allSatisfy { ($0["text"] as? String)?.contains("【演练】") == true }, "\(messages)")

        // A real fire of the same detector a moment later is a fire, on a case of its own.
        try realFire(centre)
        func real(_ answer: RunningCentre.Answer?) -> [String: Any]? {
            (answer?["alarms"] as? [[String: Any]])?.first {
                $0["caseId"] as? String != caseID && $0["detectorName"] as? String == "厨房"
            }
        }
        let burning = try #require(
            real(try await centre.until("/api/v1/desk", token: officer) { real($0) != nil }))
        #expect(burning["verdict"] == nil || burning["verdict"] is NSNull)
        let realCase = try #require(burning["caseId"] as? String)
        let fire = try await centre.ask(.GET, "/api/v1/cases/\(realCase)", token: officer)
        #expect((fire["title"] as? String)?.hasPrefix("测试玩具厂") == true, "\(fire.text)")

        #expect(
            try await centre.ask(.POST, "/api/v1/alarms/\(alarm)/acknowledge", token: officer, json: "{}").status < 300)
        let ended = try await centre.ask(.POST, "/api/v1/drills/\(drill)/end", token: leader, json: #"{"lesson":"好"}"#)
        let goals = try #require(ended["goals"] as? [[String: Any]])
        #expect(goals.first?["isReached"] as? Bool == true && goals.count > 3, "\(ended.text)")
        #expect((ended["percent"] as? Int).map { (1...50).contains($0) } == true, "\(ended.text)")
        // Its alarm is history; the fire's is not.
        let left = try await centre.ask(.GET, "/api/v1/alarms?state=open", token: officer).items
        #expect(!left.isEmpty && left.allSatisfy { $0["caseId"] as? String == realCase })
        try await centre.close()
    }
}
