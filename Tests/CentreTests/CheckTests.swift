import Foundation
import Kernel
import Logging
import Storage
import StorageTesting
import Testing

@testable import Centre

@Suite("zhili check", .serialized)
struct CheckTests {
    private func findings(_ configuration: CentreConfiguration, now: Instant = .now) async -> [String: Finding] {
        let all = await CentreCheck(configuration: configuration, environment: [:], now: now).run()
        // The worst of each subject.
        return Dictionary(all.map { ($0.subject, $0) }) { $0.grade == .wrong ? $0 : $1.grade == .ok ? $0 : $1 }
    }

    @Test("A centre that was set up is well; what was never set up, or is newer, is told with what to do")
    func states() async throws {
        let town = try await Town.open()
        var configuration = town.centre.configuration
        let well = await findings(configuration)
        for subject in ["database", "audit", "jobs", "disk"] {
            #expect(well[subject]?.grade != .wrong, "\(String(describing: well[subject]))")
        }
        #expect(well["audit"]?.text.contains("the chain holds") == true)
        // The clock was set back by a day since.
        #expect(await findings(configuration, now: .now - CivilTime.dayMs)["clock"]?.grade == .wrong)
        #expect(await findings(configuration, now: CivilTime.instant(2040, 3, 1))["calendar"]?.grade == .wrong)
        _ = try await town.centre.database.write { db in
            try db.execute("INSERT INTO migration (id, fingerprint, at) VALUES ('fire/9999-later', 'x', 0)")
        }
        let newer = await findings(configuration)["database"]
        #expect(newer?.grade == .wrong && newer?.text.contains("fire/9999-later") == true)
        await town.close()
        configuration.folder = configuration.folder.appendingPathComponent("nowhere")
        let nowhere = await findings(configuration)
        #expect(nowhere["disk"]?.advice?.hasPrefix("zhili setup") == true)
        #expect(!FileManager.default.fileExists(atPath: configuration.folder.path))
        configuration.database = "postgres://nobody@127.0.0.1:1/none"
        #expect(await findings(configuration)["database"]?.text.hasPrefix("not reached") == true)
    }

    @Test("A centre with another audit key than its log's does not start, and check says so")
    func otherKey() async throws {
        let town = try await Town.open()
        var configuration = town.centre.configuration
        await town.close()
        let other = configuration.folder.appendingPathComponent("other.key")
        try Data(repeating: 7, count: 32).write(to: other)
        configuration.auditKey = other
        #expect(await findings(configuration)["audit"]?.grade == .wrong)
        await #expect(throws: CentreError.self) {
            _ = try await Centre(configuration, logger: Logger(label: "test"))
        }
    }
}
