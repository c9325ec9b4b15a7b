import Foundation
import Testing

@testable import Centre

@Suite("Configuration")
struct ConfigurationTests {
    private func folder(_ yaml: String? = nil) throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("zhili-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        if let yaml {
            try yaml.write(to: folder.appendingPathComponent("zhili.yaml"), atomically: true, encoding: .utf8)
        }
        return folder
    }

    private func read(
        _ yaml: String?, environment: [String: String] = [:], flags: [(String, String)] = []
    ) throws -> CentreConfiguration {
        let folder = try folder(yaml)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try .read(
            file: nil,
            flags: [.init(key: "data", value: folder.path, place: "--data")]
                + flags.map { .init(key: $0.0, value: $0.1, place: "--set") }, environment: environment)
    }

    private func refusal(_ yaml: String?, environment: [String: String] = [:], flags: [(String, String)] = []) -> String
    {
        do {
            _ = try read(yaml, environment: environment, flags: flags)
            return "nothing"
        } catch { return "\(error)" }
    }

    @Test("Flags win over the environment, and that over the file")
    func order() throws {
        let yaml = "listen: 127.0.0.1:1\ngb26875-port: 1\nmqtt: {url: 'mqtt://a:1'}\n"
        let found = try read(
            yaml, environment: ["ZHILI_GB26875_PORT": "2", "ZHILI_LISTEN": "127.0.0.1:2"],
            flags: [("listen", "[::1]:3")])
        #expect(found.host == "::1" && found.port == 3)
        #expect(found.gb26875Port == 2)
        #expect(found.broker.url == "mqtt://a:1")
    }

    @Test("Without any, everything has its default, and the broker is the one of this machine")
    func defaults() throws {
        let found = try read(nil)
        #expect(found.host == "127.0.0.1" && found.port == 8_080 && found.gb26875Port == 5_201)
        #expect(found.broker == BrokerSettings())
        #expect(found.tls == nil && found.node == nil && found.retention == RetentionSettings())
    }

    @Test("An unknown key is refused with its line and the key that was meant")
    func unknownKey() {
        let words = refusal("listen: 127.0.0.1:1\nmqtt:\n  tpoics: [a plain b]\n")
        #expect(
            words.contains("zhili.yaml:3:") && words.contains("mqtt.tpoics")
                && words.contains("did you mean mqtt.topics?"))
        #expect(refusal(nil, flags: [("colour", "red")]) == "--set: there is no setting colour")
    }

    @Test("A value that does not fit is refused with what the key takes, and a secret is not repeated")
    func unfit() {
        #expect(refusal("listen: here\n").contains("zhili.yaml:1: listen takes HOST:PORT"))
        #expect(refusal(nil, environment: ["ZHILI_NODE": "256"]) == "ZHILI_NODE: node takes auto or 0…255, not “256”")
        let secret = refusal("message-gateway: {url: 'http://a', token: short-one}\n")
        #expect(secret.contains("message-gateway.token takes") && !secret.contains("short-one"))
        #expect(refusal("mqtt: {topics: ['a/# plain b']}\n").contains("mqtt.topics takes"))
        #expect(refusal("gb26875-port: [1, 2]\n").contains("gb26875-port takes"))
    }

    @Test("What is no YAML, no mapping, or an alias is refused in words")
    func noYAML() {
        #expect(refusal("a: [1\n").contains("zhili.yaml"))
        #expect(refusal("- a\n- b\n").contains("keys with their values"))
        #expect(refusal("tls: &a {certificate: x}\nmqtt: *a\n").hasPrefix("nothing") == false)
        #expect(refusal("data: /elsewhere\n").contains("data is the folder in which this file lies"))
    }

    @Test("Half of a pair is refused")
    func pairs() {
        #expect(refusal("tls: {certificate: a.pem}\n").contains("tls.certificate and tls.key go together"))
        #expect(refusal("message-gateway: {url: 'http://a/b'}\n").contains("needs a message-gateway.token"))
    }

    @Test("Paths in the file are relative to it; topics are a list or one line")
    func forms() throws {
        let found = try read(
            "tls: {certificate: c.pem, key: /k.pem}\nmqtt:\n  topics:\n    - zigbee2mqtt zigbee2mqtt z2m\n    - fire/v1 plain own\n"
        )
        #expect(found.tls?.certificate.path.hasSuffix("/c.pem") == true && found.tls?.key.path == "/k.pem")
        #expect(topics(found) == "zigbee2mqtt zigbee2mqtt z2m, fire/v1 plain own")
        let line = try read(nil, environment: ["ZHILI_MQTT_TOPICS": "a plain b, c zigbee2mqtt d"])
        #expect(topics(line) == "a plain b, c zigbee2mqtt d")
    }

    private func topics(_ configuration: CentreConfiguration) -> String? {
        SettingList.find("mqtt.topics")?.text(configuration)
    }

    @Test("A misspelt variable is told")
    func variables() {
        #expect(
            CentreConfiguration.unknownVariables(["ZHILI_LISTEN": "x", "ZHILI_LISSEN": "x", "HOME": "/"])
                == ["ZHILI_LISSEN"])
    }

    @Test("The reference page lists every key with its variable, default and meaning, and no other")
    func page() throws {
        let defaults = CentreConfiguration(folder: URL(fileURLWithPath: "./var", relativeTo: nil))
        var table = "| key | variable | default | takes | what |\n|---|---|---|---|---|\n"
        for setting in SettingList.all {
            let text = setting.key == "data" ? "./var" : setting.text(defaults)
            table +=
                "| `\(setting.key)` | `\(setting.variable)` | \(text.isEmpty ? "–" : "`\(text)`") | \(setting.takes) | \(setting.about) |\n"
        }
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/configuration.md")
        #expect(try String(contentsOf: file, encoding: .utf8).contains(table), "docs/configuration.md needs:\n\(table)")
    }
}
