import Foundation
import Kernel
import Storage

/// Measures what must be noticed and done in time though no frame asks for it: the silence of devices, and the next step
/// of an escalation. The built program does it, and its own store is read from outside.
public struct DutyBench: Sendable {
    /// The program.
    public var program: URL
    /// Whether few of each are measured, in seconds rather than minutes: to see that it works.
    public var isSmall: Bool

    /// What is to be measured.
    public init(program: URL, isSmall: Bool) {
        self.program = program
        self.isSmall = isSmall
    }

    private var silenceSize: SilenceBench.Size { isSmall ? .small : .full }
    private var climbSize: ClimbBench.Size { isSmall ? .small : .full }

    /// What ``silence(in:)`` needs: sites with a gateway each, detectors behind each gateway, the seconds between their
    /// reports, and the first gateway's address.
    public var silent: (sites: Int, detectors: Int, reportSeconds: Int, firstGateway: UInt64) {
        (silenceSize.gateways, silenceSize.each, silenceSize.reportSeconds, SilenceBench.firstAddress)
    }

    /// What ``climbs(in:from:)`` needs: escalations, and the seconds over which their next steps are spread.
    public var climbing: (count: Int, spreadSeconds: Int) { (climbSize.climbs, climbSize.spreadSeconds) }

    /// The section's head.
    public static let head = """

        Each time counts from the moment that was due until a reader of the store from outside finds it committed, so that \
        the reader's own pause (100 and 5 ms) is in it.

        | what | measured | aim |
        |---|---|---|

        """

    /// Gives the row about silence, of a town that has ``silent``.
    public func silence(in town: URL) async throws -> String {
        try await measure(town) { centre, database in
            try await SilenceBench(size: silenceSize, centre: centre, database: database).run()
        }
    }

    /// Gives the row about escalations, of a town that has ``climbing``, the first of them due at `begin`.
    public func climbs(in town: URL, from begin: Instant) async throws -> String {
        try await measure(town) { _, database in
            try await ClimbBench(size: climbSize, begin: begin, database: database).run()
        }
    }

    /// The gateway of the sites that ``calls(in:)`` needs, and their number.
    public var fires: (sites: Int, gateway: UInt64) { (CallBench.sites(isSmall: isSmall), 0xBE_0000_0001) }

    /// Gives the table about telephone calls, of a town that has ``fires``.
    public func calls(in town: URL) throws -> String {
        let (carrier, trunk) = (try RecordingCarrier(), try RecordingTrunk())
        let most = CallBench.levels(isSmall: isSmall).last ?? 1
        let centre = try CentreProcess(
            program: program, folder: town, web: 28_390, devices: 28_391,
            environment: ["ZHILI_CARRIERS": try carrier.configure(town, trunk: trunk.port, calls: most + 50).path])
        defer { centre.stop() }
        return try CallBench(isSmall: isSmall, address: fires.gateway, centre: centre, trunk: trunk).run()
    }

    private func measure(
        _ town: URL, _ body: (CentreProcess, SQLiteDatabase) async throws -> String
    ) async throws -> String {
        let carrier = try RecordingCarrier()
        let centre = try CentreProcess(
            program: program, folder: town, web: 28_390, devices: 28_391,
            environment: ["ZHILI_CARRIERS": try carrier.configure(town).path])
        defer { centre.stop() }
        let database = try SQLiteDatabase(path: town.appendingPathComponent("zhili.db").path)
        let row = try await body(centre, database)
        await database.close()
        return row + "\n"
    }
}
