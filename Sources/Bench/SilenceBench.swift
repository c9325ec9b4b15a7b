import Foundation
import GB26875
import Kernel
import Storage
import Synchronization

/// Measures how soon a great many devices are known to be silent: each is heard once, in a frame on a real socket, and
/// never again.
struct SilenceBench {
    /// How much is measured.
    struct Size {
        var gateways: Int
        /// Detectors behind each gateway, all of one site.
        var each: Int
        var reportSeconds: Int

        static let full = Size(gateways: 1_000, each: 1_000, reportSeconds: 60)
        static let small = Size(gateways: 10, each: 50, reportSeconds: 1)

        var devices: Int { gateways * each }
        /// Milliseconds of silence that the centre allows: its own rule, in docs/fire.md.
        var allowedMs: Int64 { Int64(reportSeconds) * 2_000 + 30_000 }
    }

    /// The first gateway's address; the others follow it.
    static let firstAddress: UInt64 = 0xBE_1000_0000
    /// Components in a frame, as many as one may hold.
    private static let perFrame = 22
    /// Seconds after the last deadline when what is not marked is given up.
    private static let patience: Int64 = 600
    private static let connections = 8

    let size: Size
    let centre: CentreProcess
    let database: SQLiteDatabase

    /// Gives a row of the table.
    func run() async throws -> String {
        // In the order in which they were registered: gateway by gateway.
        let devices = size.devices
        let ids = try await database.read { db in
            try db.values(
                Int64.self,
                """
                SELECT detector.id FROM detector JOIN gateway ON gateway.id = detector.gateway
                WHERE gateway.name = 'silent' ORDER BY detector.id
                """)
        }
        guard ids.count == devices else { throw BenchError(description: "\(ids.count) of \(devices) are registered") }
        let begin = Instant.now
        let heard = try hear()
        let heardSeconds = Double(Instant.now - begin) / 1_000
        guard Instant.now - begin < size.allowedMs else {
            throw BenchError(description: "to be heard took \(Int(heardSeconds)) s, longer than silence may last")
        }
        let memory = Machine.residentBytes(centre.pid)
        let (lateness, early, peak) = try await marks(ids, heard)
        let missing = devices - lateness.count
        let works = try await database.read { db in
            try db.value(
                Int64.self,
                "SELECT COUNT(DISTINCT case_id) FROM trouble WHERE kind = 'offline' AND detector IS NOT NULL"
            ) ?? 0
        }
        let outcome =
            missing == 0 && early == 0
            ? "\(lateness.text) / \(short(lateness.percentile(1))) ms"
            : "\(missing) not marked, \(early) marked early, the others \(lateness.text) ms"
        return """
            | \(devices) detectors of \(size.gateways) sites, heard once within \(short(heardSeconds)) s and never \
            again: own deadline → marked offline and committed, p50 / p99 / max (\(works) works opened; resident \
            \(memory >> 20) MiB when all were heard, at most \(peak >> 20) MiB after) | \(outcome) | max 60,000 ms |
            """
    }

    /// Says of every detector that it is well; gives when each said so.
    private func hear() throws -> [Int64] {
        let size = size
        let moments = Mutex([Int64](repeating: 0, count: size.devices))
        let failure = Mutex<String?>(nil)
        let lines = try (0..<Self.connections).map { _ in try Connection(port: centre.devices) }
        DispatchQueue.concurrentPerform(iterations: lines.count) { line in
            var serial: UInt16 = 0
            for gateway in stride(from: line, to: size.gateways, by: lines.count) {
                var number = 0
                while number < size.each {
                    // A few frames on the way, so that neither side waits for the other.
                    var burst: [UInt8] = []
                    var frames = 0
                    let from = number
                    while frames < 16, number < size.each {
                        let count = min(Self.perFrame, size.each - number)
                        serial &+= 1
                        frames += 1
                        burst += Self.well(serial, Self.firstAddress + UInt64(gateway), number, count)
                        number += count
                    }
                    let now = Instant.now.ms
                    let range = (gateway * size.each + from)..<(gateway * size.each + number)
                    moments.withLock { moments in for index in range { moments[index] = now } }
                    lines[line].send(burst)
                    var awaited = frames * 30
                    while awaited > 0 {
                        let count = lines[line].receive(awaited).count
                        guard count > 0 else {
                            return failure.withLock { $0 = "the centre stopped answering frames" }
                        }
                        awaited -= count
                    }
                }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw BenchError(description: failure) }
        return moments.withLock { $0 }
    }

    /// A frame of components in their usual state (GB/T 26875.3, 8.2.2).
    private static func well(_ serial: UInt16, _ address: UInt64, _ from: Int, _ count: Int) -> [UInt8] {
        let time = FrameTime.bytes(.now)
        var data: [UInt8] = [2, UInt8(count)]
        for number in (from + 1)...(from + count) {
            data += [1, 1, 40, UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8), 0, 0, 1, 0]
            data += [UInt8](repeating: 0, count: 31) + time
        }
        return AlarmLatency.frame(serial, address, data)
    }

    /// Reads the register from outside until every detector is marked; what is found counts from when it was found.
    private func marks(_ ids: [Int64], _ heard: [Int64]) async throws -> (Samples, early: Int, peakBytes: Int) {
        var lateness = Samples()
        var (early, peak, last): (Int, Int, Int64) = (0, 0, 0)
        let end = (heard.max() ?? 0) + size.allowedMs + Self.patience * 1_000
        while lateness.count < ids.count, Instant.now.ms < end {
            let after = last
            let found = try await database.read { db in
                try db.all(
                    Mark.self,
                    "SELECT id, detector FROM trouble WHERE id > \(after) AND kind = 'offline' ORDER BY id LIMIT 20000")
            }
            let now = Instant.now.ms
            for mark in found {
                last = mark.id
                guard let detector = mark.detector, let index = Self.index(of: detector, in: ids) else { continue }
                let late = now - heard[index] - size.allowedMs
                if late < 0 { early += 1 }
                lateness.add(late * 1_000_000)
            }
            peak = max(peak, Machine.residentBytes(centre.pid))
            if found.count < 20_000 { try await Task.sleep(for: .milliseconds(100)) }
        }
        return (lateness, early, peak)
    }

    private struct Mark: RowDecodable {
        var id: Int64
        var detector: Int64?

        init(row: inout Row) throws {
            id = try row.next()
            detector = try row.next()
        }
    }

    private static func index(of id: Int64, in sorted: [Int64]) -> Int? {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low < sorted.count && sorted[low] == id ? low : nil
    }
}
