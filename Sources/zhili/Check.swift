import ArgumentParser
import Centre
import Foundation
import Logging

/// Looks a centre over.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Look configuration, database, audit log, disk, clock, calendar and certificate over; say what to do.",
        discussion: "Changes nothing; the centre may run. Ends with 1 when something is wrong.")
    @OptionGroup var place: Place

    func run() async throws {
        let findings = try await CentreCheck(
            configuration: place.configuration(), environment: ProcessInfo.processInfo.environment
        ).run()
        for finding in findings { print(finding) }
        if findings.contains(where: { $0.grade == .wrong }) { throw ExitCode.failure }
    }
}
