import Foundation
import Identity
import Kernel
import Logging
import Storage
import StorageTesting
import Synchronization
import Testing

@testable import Centre

@Suite("A power cut at any moment", .serialized)
struct KillTests {
    /// How often the centre is killed on each engine.
    private static var kills: Int { ProcessInfo.processInfo.environment["ZHILI_KILLS"].flatMap { Int($0) } ?? 200 }
    private static let devices = 4

    @Test("loses nothing confirmed, opens no case twice, sends nothing twice unmarked", arguments: Engine.allCases)
    func kill(_ engine: Engine) async throws {
        let place = try await TestDatabase(engine)
        let folder = place.folder.appendingPathComponent("data")
        let (web, fire) = (Program.freePort(), Program.freePort())
        var common = ["--data", folder.path]
        if engine == .postgresql { common += ["--database", place.address] }
        let environment = ["ZHILI_SETUP_PASSWORD": "trial-password-1", "ZHILI_SAMPLE_RECORDS": "200"]
        let setUp = try Program(["setup", "--sample"] + common, environment: environment)
        setUp.process.waitUntilExit()
        #expect(setUp.process.terminationStatus == 0)

        let arguments =
            ["serve"] + common + [
                "--listen", "127.0.0.1:\(web)", "--gb26875-port", "\(fire)", "--gb28181-port", "0", "--media-port", "0",
                "--view-port", "0",
            ]
        let confirmed = try await Task.detached {
            try Self.play(arguments, fire: fire)
        }.value
        #expect(confirmed.count > Self.kills)

        var configuration = CentreConfiguration(folder: folder)
        if engine == .postgresql { configuration.database = place.address }
        let centre = try await Centre(configuration, logger: Logger(label: "kill"))
        try await Self.check(confirmed, centre)
        await centre.database.close()
    }

    /// Starts and kills; returns every frame that was confirmed.
    private static func play(_ arguments: [String], fire: Int) throws -> [StubbornDevice.Confirmed] {
        // Registered ones and one that nobody knows.
        let town = (0..<devices).map { StubbornDevice(address: $0 == 3 ? 0xABCDEF : 0x379 + UInt64($0)) }
        let start = try startMicroseconds(arguments, port: fire)
        for _ in 0..<kills {
            let program = try Program(arguments)
            let threads = DispatchGroup()
            let isOver = Flag()
            for device in town {
                nonisolated(unsafe) let own = device
                DispatchQueue.global().async(group: threads) {
                    _ = own.run(port: fire, isOver: isOver.value)
                }
            }
            // From before it listens to well into the load.
            usleep(UInt32.random(in: start / 2...start + 450_000))
            program.kill()
            isOver.value.store(true, ordering: .relaxed)
            threads.wait()
        }
        return town.flatMap(\.confirmed)
    }

    /// How long the program takes until it listens to devices, on this machine and under this load: at most 20 s.
    private static func startMicroseconds(_ arguments: [String], port: Int) throws -> UInt32 {
        let program = try Program(arguments)
        defer { program.kill() }
        let begin = ContinuousClock.now
        while !Program.listens(on: port), ContinuousClock.now - begin < .seconds(20) { usleep(5_000) }
        return UInt32((ContinuousClock.now - begin) / .microseconds(1))
    }

    /// That every confirmed frame is an alarm with its case, each once, and nothing was sent twice unmarked.
    static func check(_ confirmed: [StubbornDevice.Confirmed], _ centre: Centre) async throws {
        let kept = try await centre.database.read { db in
            var kept: [String: Bool] = [:]
            try db.query("SELECT unique_key, alarm FROM fire_signal") { row in
                let key: String = try row.next()
                let alarm: Int64? = try row.next()
                // gb/ADDRESS/SERIAL/…
                let pieces = key.split(separator: "/")
                if pieces.count >= 3 { kept["\(pieces[1])/\(pieces[2])", default: false] = alarm != nil }
                return true
            }
            return kept
        }
        let lost = confirmed.filter { one in
            let digits = String(one.address, radix: 16)
            let address = String(repeating: "0", count: 12 - digits.count) + digits
            return kept["\(address)/\(one.serial)"] != true
        }
        #expect(lost.isEmpty, "\(lost.count) of \(confirmed.count) confirmed frames are no alarm")
        let counts = try await centre.database.read { db in
            (
                withoutCase: try db.value(
                    Int64.self,
                    "SELECT COUNT(*) FROM alarm WHERE case_id IS NULL OR case_id NOT IN (SELECT id FROM case_record)")
                    ?? -1,
                doubleSignals: try db.value(
                    Int64.self,
                    """
                    SELECT COUNT(*) FROM (SELECT source, signal_key FROM case_signal GROUP BY source, signal_key
                    HAVING COUNT(*) > 1) AS twice
                    """) ?? -1,
                orphanCases: try db.value(
                    Int64.self,
                    """
                    SELECT COUNT(*) FROM case_record WHERE kind = 'fire'
                    AND id NOT IN (SELECT case_id FROM alarm WHERE case_id IS NOT NULL)
                    """) ?? -1,
                unmarkedRepeats: try db.value(
                    Int64.self, "SELECT COUNT(*) FROM sample_delivery WHERE times > 1 AND possible_repeat = 0") ?? -1,
                deliveries: try db.value(Int64.self, "SELECT COUNT(*) FROM sample_delivery") ?? -1
            )
        }
        #expect(counts.withoutCase == 0)
        #expect(counts.doubleSignals == 0)
        #expect(counts.orphanCases == 0)
        #expect(counts.unmarkedRepeats == 0)
        #expect(counts.deliveries > 0)
        let report = try await centre.verifyAudit()
        #expect(report.flaw == nil)
    }
}
