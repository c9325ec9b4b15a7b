import ArgumentParser
import Bench
import Centre
import Foundation
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
    @Option(parsing: .upToNextOption, help: "Parts to measure instead of all.")
    var only: [BenchPage.Part] = []

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("zhili-bench-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let parts = only.isEmpty ? BenchPage.Part.allCases : BenchPage.Part.allCases.filter(only.contains)
        var page = BenchPage.head(parts)
        let bench = Ground(
            folder: folder, password: "bench-" + UUID().uuidString,
            program: URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath())
        for part in parts { page += try await bench.measure(part) }
        if let place = out ?? (only.isEmpty ? "docs/performance.md" : nil) {
            try page.write(toFile: place, atomically: true, encoding: .utf8)
        }
        print(page)
    }
}

/// What the parts stand on.
private struct Ground {
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
            let address: UInt64 = 0xBE_0000_0001
            let told = try await town("told") { try await $0.addLoadSites(ReachBench.sites, gateway: address) }
            return try ReachBench(program: program, town: told, address: address).run()
        case .woodpecker:
            return try WoodpeckerBench(program: program, town: try await town("reports")).run()
        }
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
