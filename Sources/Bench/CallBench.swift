import Foundation
import Kernel

/// Measures how many telephone calls speak at once before their sound comes late: fires in the built program, called over
/// SIP, spoken as RTP, answered by a key.
struct CallBench {
    /// Calls at once, level after level.
    static func levels(isSmall: Bool) -> [Int] { isSmall ? [3, 6] : [25, 50, 100, 200, 400, 600] }
    /// Sites that it needs: each fire calls at least its owner.
    static func sites(isSmall: Bool) -> Int { isSmall ? 30 : 3_000 }

    /// Milliseconds after its turn from which a packet is late: more than a telephone's buffer bears.
    private static let lateMs = 40.0
    /// The share of late packets up to which a level holds.
    private static let bearable = 0.01
    private static let seconds = 5

    let isSmall: Bool
    let address: UInt64
    let centre: CentreProcess
    let trunk: RecordingTrunk

    /// Gives a table.
    func run() throws -> String {
        let device = try Connection(port: centre.devices)
        var rows = ""
        var most = 0
        var site = 0
        for level in Self.levels(isSmall: isSmall) {
            trunk.want(level)
            // A fire now and then, until so many people listen; each also calls the brigade.
            let end = nanoseconds() + 40_000_000_000
            while trunk.speaking < level, nanoseconds() < end, site < Self.sites(isSmall: isSmall) {
                site += 1
                device.send(AlarmLatency.fire(serial: UInt16(truncatingIfNeeded: site), detector: site, address))
                _ = device.receive()
                usleep(30_000)
            }
            let patience = nanoseconds() + 10_000_000_000
            while trunk.speaking < level, nanoseconds() < patience { usleep(10_000) }
            let reached = trunk.speaking
            guard reached == level else {
                rows += "| \(level) | only \(reached) were ever up at once | | | |\n"
                break
            }
            let (before, start) = (Machine.processorSeconds(centre.pid), nanoseconds())
            trunk.measure(true)
            usleep(UInt32(Self.seconds) * 1_000_000)
            trunk.measure(false)
            let used = (Machine.processorSeconds(centre.pid) - before) / (Double(nanoseconds() - start) / 1e9)
            let lateness = trunk.lateness
            trunk.press()
            let hungUp = nanoseconds() + 10_000_000_000
            while trunk.answered.count < level, nanoseconds() < hungUp { usleep(10_000) }
            let share = lateness.share(over: Self.lateMs)
            let answered = trunk.answered
            rows += """
                | \(level) | \(short(share * 100)) %, \(short(lateness.percentile(0.99))) ms of \(lateness.count) packets \
                | \(short(used)) | \(Int(Double(level) / max(0.001, used))) | \(answered.count) (\(answered.text) ms) |

                """
            guard share <= Self.bearable else { break }
            most = level
        }
        return """

            Calls over SIP in the built program, each of a fire: the words spoken by RTP, a packet each 20 ms, to a far end \
            of our own on the same cores. A packet is late that comes more than \(Int(Self.lateMs)) ms after its turn; \
            processor time is the centre's while all of them speak, and without the speech program's, which has spoken \
            before. At the end 1 is pressed on all of them at once. Most at once with at most \
            \(Int(Self.bearable * 100)) % late: \(most) of \(Self.levels(isSmall: isSmall).last ?? 0) tried.

            | calls at once | late, p99 | cores used | calls per core | pressed and hung up (p50 / p99) |
            |---|---|---|---|---|
            \(rows)
            """
    }
}
