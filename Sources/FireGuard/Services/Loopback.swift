import Kernel
import MQTT

/// How the centre speaks to itself as devices and platforms do: to its own port, through the broker, and to its own
/// address as others reach it.
struct Loopback: Sendable {
    /// Posts to the centre's own address: path, headers, body.
    /// - Returns: the status, or `nil` when nobody answered.
    typealias Post = @Sendable (String, [(String, String)], [UInt8]) async -> Int?

    let server: UITDServer?
    let broker: (configuration: MQTTConfiguration, rules: [TopicRule])?
    let post: Post

    /// The topics of a gateway at the broker.
    func rule(of gateway: Gateway) -> TopicRule? { broker?.rules.first { $0.gateway == gateway.address } }

    /// Each returns why nothing was handed over, or `nil`.
    func send(frame: [UInt8]) async -> GatewayTrial.Failure? {
        guard let port = server?.port else { return .unreachable }
        return await DrillSender.send(frame, toPort: port) ? nil : .refused
    }

    func push(_ body: [UInt8], to gateway: Gateway, mark: String? = nil) async -> GatewayTrial.Failure? {
        let headers = [("Content-Type", "application/json")] + (mark.map { [(OwnFire.header, $0)] } ?? [])
        guard let status = await post("/push/\(gateway.address)", headers, body) else { return .unreachable }
        return (200..<300).contains(status) ? nil : .refused
    }

    /// Publishes as a client of its own, so that the session that listens stays what it is.
    func publish(_ message: MQTTMessage) async -> GatewayTrial.Failure? {
        guard var configuration = broker?.configuration else { return .unreachable }
        configuration.clientID = "zhili-own-" + String(UInt32.random(in: 0...UInt32.max), radix: 16)
        configuration.topics = []
        let client = MQTTClient(configuration) { _ in true }
        client.start()
        client.publish(message)
        var isConnected = false
        for _ in 0..<50 where !isConnected {
            try? await Task.sleep(for: .milliseconds(100))
            isConnected = client.status == .connected
        }
        // What waits is written in the round after the connection stands.
        if isConnected { try? await Task.sleep(for: .milliseconds(500)) }
        await client.stop()
        return isConnected ? nil : .unreachable
    }
}
