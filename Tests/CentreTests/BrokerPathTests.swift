import Foundation
import MQTT
import NIOHTTP1
import Testing

@Suite("A broker by configuration", .serialized)
struct BrokerPathTests {
    @Test("zigbee2mqtt's smoke on a real broker is an alarm with a case at the site, also from a broker that came late")
    func wholePath() async throws {
        let brokerPort = Program.freePort()
        let centre = try RunningCentre(
            """
            mqtt:
              url: mqtt://127.0.0.1:\(brokerPort)
              user: zhili
              password: broker-pass
              topics:
                - zigbee2mqtt zigbee2mqtt z2m
            """)
        // No broker yet: nothing is held up, and everybody can see it.
        try await centre.start()
        let officer = try await centre.logIn("officer")
        let away = try await centre.until("/api/v1/broker", token: officer) { $0["state"] as? String == "unreachable" }
        #expect(away != nil)
        #expect(try await centre.ask(.GET, "/metrics").text.contains("zhili_mqtt_connected 0"))
        let site = try await centre.register(kind: "mqtt", gateway: "z2m", detector: "kitchen", token: officer)

        let broker = try mosquitto(brokerPort, in: centre.folder)
        let bridge = MQTTClient(
            MQTTConfiguration(
                host: "127.0.0.1", port: brokerPort, clientID: "bridge", user: "zhili", password: "broker-pass",
                topics: [], longestPauseMs: 300)
        ) { _ in true }
        bridge.start()
        let back = try await centre.until("/api/v1/broker", token: officer) { $0["state"] as? String == "connected" }
        #expect(back != nil)
        #expect(try await centre.ask(.GET, "/metrics").text.contains("zhili_mqtt_connected 1"))
        bridge.publish(
            MQTTMessage(
                topic: "zigbee2mqtt/kitchen",
                payload: Array(#"{"smoke":true,"battery":97,"linkquality":26,"battery_low":false}"#.utf8)))
        let raised = try await centre.until("/api/v1/alarms", token: officer) { !$0.items.isEmpty }
        let alarm = try #require(raised?.items.first)
        #expect(alarm["siteId"] as? String == site)
        let caseID = try #require(alarm["caseId"] as? String)
        #expect(try await centre.ask(.GET, "/api/v1/cases/\(caseID)", token: officer).status == 200)
        await bridge.stop()
        broker.terminate()
        try await centre.close()
    }
}
