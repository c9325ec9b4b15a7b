import ArgumentParser
import Bench
import Centre
import Foundation
import Logging

/// Measures the program.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract:
            "Measure this program, from a frame to the screen and from a table to the search box, and write the page about it."
    )
    @Option(help: "Where the page goes.")
    var out = "docs/performance.md"
    @Flag(help: "Reach alone; its section is printed, and no page is written.")
    var reachOnly = false

    @Flag(help: "The registry and the map alone; their section is printed, and no page is written.")
    var registryOnly = false

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("zhili-bench-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let password = "bench-" + UUID().uuidString
        let town = folder.appendingPathComponent("town")
        let load = folder.appendingPathComponent("load")
        let address: UInt64 = 0xBE_0000_0001
        let told = folder.appendingPathComponent("told")
        for place in registryOnly ? [] : reachOnly ? [told] : [town, load, told] {
            let centre = try await Centre(CentreConfiguration(folder: place), logger: Logger(label: "bench"))
            _ = try await centre.setUp(sample: true, trialPassword: password)
            if place == load { try await centre.addLoadSites(FireBench.sites, gateway: address) }
            if place == told { try await centre.addLoadSites(ReachBench.sites, gateway: address) }
            await centre.close()
        }
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let reachBench = ReachBench(program: program, town: told, address: address)
        guard !reachOnly else { return print(try reachBench.run()) }
        let python = URL(fileURLWithPath: ".tools/bench/bin/python")
        let calamine = FileManager.default.isExecutableFile(atPath: python.path) ? python : nil
        let registry = try RegistryBench(
            program: program, folder: folder, password: password, calamine: calamine
        ).run()
        if registryOnly { return print(registry) }
        let page =
            try FireBench(program: program, town: town, load: load, address: address, password: password).run()
            + reachBench.run() + registry + WoodpeckerBench(program: program, town: town).run()
        try page.write(toFile: out, atomically: true, encoding: .utf8)
        print(page)
    }
}
