import ArgumentParser
import Bench
import Centre
import Foundation
import Kernel
import Logging

extension BenchPage.Part: ExpressibleByArgument {}

/// Measures the program.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract:
            "Measure this program, from a frame to the screen and from a table to the search box, and write the page about it."
    )
    @Option(help: "Where the page goes; a run of single parts is only printed unless this is given.")
    var out: String?
    @Flag(
        help:
            "Measure the reach, the reports and the cameras with few of each, in seconds, to see that it works; only printed."
    )
    var small = false
    @Option(parsing: .upToNextOption, help: "Parts to measure instead of all.")
    var only: [BenchPage.Part] = []

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("zhili-bench-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let parts = only.isEmpty ? BenchPage.Part.allCases : BenchPage.Part.allCases.filter(only.contains)
        var page = BenchPage.head(parts)
        let bench = Ground(
            isSmall: small, folder: folder, password: "bench-" + UUID().uuidString,
            program: URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath())
        for part in parts { page += try await bench.measure(part) }
        if let place = out ?? (only.isEmpty && !small ? "docs/performance.md" : nil) {
            try page.write(toFile: place, atomically: true, encoding: .utf8)
        }
        print(page)
    }
}

/// What the parts stand on.
private struct Ground {
    let isSmall: Bool
    let folder: URL
    let password: String
    let program: URL

    func measure(_ part: BenchPage.Part) async throws -> String {
        switch part {
        case .fire:
            let address: UInt64 = 0xBE_0000_0001
            let load = try await town("load") { try await $0.addLoadSites(FireBench.sites, gateway: address) }
            return try FireBench(
                program: program, town: try await town("town"), load: load, address: address, password: password
            ).run()
        case .registry:
            let python = URL(fileURLWithPath: ".tools/bench/bin/python")
            let calamine = FileManager.default.isExecutableFile(atPath: python.path) ? python : nil
            return try RegistryBench(program: program, folder: folder, password: password, calamine: calamine).run()
        case .reach:
            return try await reach()
        case .woodpecker:
            let python = URL(fileURLWithPath: ".tools/browser/bin/python")
            let many = try await town("requests") {
                try await $0.addRequests(WoodpeckerBench.requests(isSmall: isSmall))
            }
            return try await WoodpeckerBench(
                program: program, town: try await town("reports"), many: many, isSmall: isSmall,
                browser: FileManager.default.isExecutableFile(atPath: python.path) ? python : nil
            ).run()
        case .watch:
            let cameras = try await town("cameras") { centre in
                for recorder in WatchBench.recorders(isSmall: isSmall) {
                    try await centre.addLoadRecorders(
                        recorder.count, first: recorder.first, name: recorder.name, password: password)
                }
            }
            return try await WatchBench(
                program: program, town: cameras, folder: folder, password: password, isSmall: isSmall
            ).run()
        }
    }

    private func reach() async throws -> String {
        let address: UInt64 = 0xBE_0000_0001
        let sites = ReachBench.sites(isSmall: isSmall)
        let told = try await town("told") { try await $0.addLoadSites(sites, gateway: address) }
        let reach = ReachBench(program: program, town: told, address: address, isSmall: isSmall)
        let bench = DutyBench(program: program, isSmall: isSmall)
        let silent = bench.silent
        let quiet = try await town("silent") {
            try await $0.addSilentSites(
                silent.sites, detectors: silent.detectors, reportSeconds: silent.reportSeconds,
                firstGateway: silent.firstGateway)
        }
        var text = try reach.run() + DutyBench.head + (await bench.silence(in: quiet))
        let climbing = bench.climbing
        var begin = Instant.now
        let climbs = try await town("climbs") {
            begin = try await $0.addClimbs(climbing.count, spreadSeconds: climbing.spreadSeconds, after: 15_000)
        }
        text += try await bench.climbs(in: climbs, from: begin)
        let fires = bench.fires
        let burning = try await town("calls") { try await $0.addLoadSites(fires.sites, gateway: fires.gateway) }
        return try text + bench.calls(in: burning)
    }

    /// A folder with a sample town of its own.
    private func town(_ name: String, _ more: (Centre) async throws -> Void = { _ in }) async throws -> URL {
        let place = folder.appendingPathComponent(name)
        let centre = try await Centre(CentreConfiguration(folder: place), logger: Logger(label: "bench"))
        _ = try await centre.setUp(sample: true, trialPassword: password)
        try await more(centre)
        await centre.close()
        return place
    }
}
