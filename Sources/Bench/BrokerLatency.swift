import Foundation
import Synchronization

/// The rival in the same run: publish → subscribe at QoS 1 through mosquitto, which keeps nothing on disk meanwhile.
///
/// Both sides are bare sockets that write and read MQTT 3.1.1 themselves, as the alarms' own client is, so that no
/// client library's waiting counts as the broker's.
enum BrokerLatency {
    static func measure(rate: Int, count: Int, port: Int, in folder: URL) throws -> Samples {
        let conf = folder.appendingPathComponent("mosquitto.conf")
        try
            "listener \(port) 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 0\nset_tcp_nodelay true\n"
            .write(
                to: conf, atomically: true, encoding: .utf8)
        let broker = Process()
        broker.executableURL = URL(fileURLWithPath: "/usr/sbin/mosquitto")
        broker.arguments = ["-c", conf.path]
        broker.standardError = FileHandle.nullDevice
        try broker.run()
        defer {
            // It inherits a mask that blocks SIGTERM.
            kill(broker.processIdentifier, SIGKILL)
            broker.waitUntilExit()
        }
        let subscriber = try session("bench-in", port)
        let publisher = try session("bench-out", port)
        subscriber.send([0x82, 15, 0, 1, 0, 10] + Array("bench/fire".utf8) + [1])
        _ = subscriber.receive()

        let sent = Mutex<[Int64]>([])
        let got = Mutex(Samples())
        let group = DispatchGroup()
        DispatchQueue.global().async(group: group) {
            var rest: [UInt8] = []
            var seen = 0
            while seen < count {
                let bytes = subscriber.receive()
                guard !bytes.isEmpty else { return }
                let now = nanoseconds()
                rest += bytes
                // PUBLISH at QoS 1 with a topic of 10 bytes and an index of 4: 20 bytes with its head.
                var confirmations: [UInt8] = []
                while rest.count >= 20 {
                    guard rest[0] & 0xF0 == 0x30 else { return }
                    let index = rest[16..<20].reduce(0) { $0 << 8 | Int($1) }
                    let start = sent.withLock { $0[index] }
                    got.withLock { $0.add(now - start) }
                    confirmations += [0x40, 2, rest[14], rest[15]]
                    rest.removeFirst(20)
                    seen += 1
                }
                subscriber.send(confirmations)
            }
        }
        DispatchQueue.global().async(group: group) {
            var awaited = count * 4
            while awaited > 0 {
                let bytes = publisher.receive().count
                guard bytes > 0 else { return }
                awaited -= bytes
            }
        }
        let begin = nanoseconds()
        for index in 0..<count {
            let pause = begin + Int64(index) * 1_000_000_000 / Int64(rate) - nanoseconds()
            if pause > 0 { usleep(UInt32(pause / 1_000)) }
            let number = UInt16(index % 65_535 + 1)
            let packet: [UInt8] =
                [0x32, 18, 0, 10] + Array("bench/fire".utf8) + [UInt8(number >> 8), UInt8(number & 255)]
                + (0..<4).map { UInt8(truncatingIfNeeded: index >> (24 - 8 * $0)) }
            sent.withLock { $0.append(nanoseconds()) }
            publisher.send(packet)
        }
        guard group.wait(timeout: .now() + 30) == .success else {
            throw BenchError(description: "mosquitto did not deliver every message at \(rate) a second")
        }
        return got.withLock { $0 }
    }

    /// A connection that the broker has accepted; it is tried until the broker listens.
    private static func session(_ client: String, _ port: Int) throws -> Connection {
        for _ in 0..<250 {
            guard let connection = try? Connection(port: port) else {
                usleep(20_000)
                continue
            }
            connection.send(
                [0x10, UInt8(12 + client.utf8.count), 0, 4] + Array("MQTT".utf8) + [4, 2, 0, 0, 0]
                    + [UInt8(client.utf8.count)] + Array(client.utf8))
            guard connection.receive().starts(with: [0x20, 2, 0, 0]) else { break }
            return connection
        }
        throw BenchError(description: "mosquitto did not start")
    }
}
