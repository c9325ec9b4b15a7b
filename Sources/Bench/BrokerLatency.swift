import Foundation
import MQTT
import Synchronization

/// The rival in the same run: publish → subscribe at QoS 1 through mosquitto, which keeps nothing on disk meanwhile.
enum BrokerLatency {
    static func measure(rate: Int, count: Int, port: Int, in folder: URL) throws -> Samples {
        let conf = folder.appendingPathComponent("mosquitto.conf")
        try "listener \(port) 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 0\n".write(
            to: conf, atomically: true, encoding: .utf8)
        let broker = Process()
        broker.executableURL = URL(fileURLWithPath: "/usr/sbin/mosquitto")
        broker.arguments = ["-c", conf.path]
        broker.standardError = FileHandle.nullDevice
        try broker.run()
        defer {
            broker.terminate()
            broker.waitUntilExit()
        }
        let sent = Mutex<[Int64]>([])
        let got = Mutex(Samples())
        let subscriber = MQTTClient(
            MQTTConfiguration(host: "127.0.0.1", port: port, clientID: "bench-in", topics: ["bench/#"])
        ) { messages in
            let now = nanoseconds()
            for message in messages {
                guard let index = Int(String(decoding: message.payload, as: UTF8.self)) else { continue }
                let start = sent.withLock { $0[index] }
                got.withLock { $0.add(now - start) }
            }
            return true
        }
        let publisher = MQTTClient(
            MQTTConfiguration(host: "127.0.0.1", port: port, clientID: "bench-out", topics: ["nothing"])
        ) { _ in true }
        subscriber.start()
        publisher.start()
        for _ in 0..<500 where subscriber.status != .connected || publisher.status != .connected { usleep(20_000) }
        let begin = nanoseconds()
        for index in 0..<count {
            let pause = begin + Int64(index) * 1_000_000_000 / Int64(rate) - nanoseconds()
            if pause > 0 { usleep(UInt32(pause / 1_000)) }
            sent.withLock { $0.append(nanoseconds()) }
            publisher.publish(MQTTMessage(topic: "bench/fire", payload: Array(String(index).utf8)))
        }
        for _ in 0..<500 where got.withLock({ $0.count }) < count { usleep(20_000) }
        return got.withLock { $0 }
    }
}
