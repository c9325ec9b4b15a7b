import Foundation

/// What many devices cost: heartbeats a processor second, and memory a connection.
enum Connections {
    /// Heartbeats confirmed for each second of processor time that the centre used.
    static func heartbeatsPerCore(_ centre: CentreProcess, seconds: Int) throws -> (perCore: Double, perSecond: Double)
    {
        let devices = try (0..<16).map { _ in try Connection(port: centre.devices) }
        let before = Machine.processorSeconds(centre.pid)
        let start = nanoseconds()
        let end = start + Int64(seconds) * 1_000_000_000
        let group = DispatchGroup()
        let counts = UnsafeMutablePointer<Int>.allocate(capacity: devices.count)
        counts.initialize(repeating: 0, count: devices.count)
        defer { counts.deallocate() }
        nonisolated(unsafe) let own = counts
        for (index, device) in devices.enumerated() {
            DispatchQueue.global().async(group: group) {
                // Thirty-two at a time, so that the client's own work is small beside the centre's.
                let burst = (0..<32).flatMap { AlarmLatency.frame(UInt16($0), 0x379 + UInt64(index), []) }
                while nanoseconds() < end {
                    device.send(burst)
                    var awaited = 32 * 30
                    while awaited > 0 {
                        let count = device.receive(awaited).count
                        guard count > 0 else { return }
                        awaited -= count
                    }
                    own[index] += 32
                }
            }
        }
        group.wait()
        let total = Double((0..<devices.count).reduce(0) { $0 + counts[$1] })
        let used = Machine.processorSeconds(centre.pid) - before
        return (total / max(0.001, used), total / (Double(nanoseconds() - start) / 1_000_000_000))
    }

    /// Resident bytes that each of `count` idle, known devices adds.
    static func bytesPerDevice(_ centre: CentreProcess, count: Int) throws -> Double {
        let before = Machine.residentBytes(centre.pid)
        var devices: [Connection] = []
        for index in 0..<count {
            let device = try Connection(port: centre.devices)
            device.send(AlarmLatency.frame(1, 0x10_0000 + UInt64(index), []))
            guard !device.receive(64).isEmpty else { throw BenchError(description: "device \(index) got no answer") }
            devices.append(device)
        }
        usleep(500_000)
        let after = Machine.residentBytes(centre.pid)
        return withExtendedLifetime(devices) { Double(after - before) / Double(count) }
    }
}
