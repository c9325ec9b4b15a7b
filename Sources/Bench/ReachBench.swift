import Foundation
import GB26875
import Kernel
import Synchronization

/// Measures how soon people are told, of the built program and from outside: from a detector's frame to what a carrier is
/// asked over its own wire.
public struct ReachBench: Sendable {
    /// The program.
    public var program: URL
    /// A folder whose centre knows ``sites`` sites behind one gateway, and has had no alarm yet.
    public var town: URL
    /// The gateway's address.
    public var address: UInt64

    /// Alarms one after another.
    private let single: Int
    /// Sites that burn within one second, and the seconds after which the wait for their notices is over.
    private let storm: Int
    private static let stormSeconds = 180.0

    /// Sites that it needs, each with one detector and an owner of its own.
    public static func sites(isSmall: Bool) -> Int { isSmall ? 30 : 1_200 }

    /// What is to be measured; of a small run a few of each.
    public init(program: URL, town: URL, address: UInt64, isSmall: Bool) {
        self.program = program
        self.town = town
        self.address = address
        single = isSmall ? 10 : 200
        storm = Self.sites(isSmall: isSmall) - single
    }

    /// Runs everything and gives a section of the page.
    public func run() throws -> String {
        let carrier = try RecordingCarrier()
        let file = try carrier.configure(town)
        let centre = try CentreProcess(
            program: program, folder: town, web: 28_390, devices: 28_391, environment: ["ZHILI_CARRIERS": file.path])
        defer { centre.stop() }
        let device = try Connection(port: centre.devices)
        let alone = try oneByOne(device, carrier)
        let fires = try burst(device, carrier)
        return """

            ## Reach
            From the first byte of a detector's frame until a carrier of our own, over HTTP on this machine, has the \
            request that tells the site's owner. What a real carrier takes after that is its own.

            | what | measured | aim |
            |---|---|---|
            | alarm → first carrier request, \(alone.count) alarms one after another, ms p50 / p99 | \(alone.text) | p99 50 |
            | \(storm) sites burn in one second: every owner's first notice handed over | \
            \(fires.missing == 0 ? "\(short(fires.seconds)) s" : "\(fires.missing) missing after \(Int(fires.seconds)) s") \
            (p50 / p99 of each, ms: \(fires.each.text); \(fires.repeats) frames sent again) | 60 s |

            """
    }

    /// The number of the owner whose site is the `number`th.
    private static func phone(_ number: Int) -> String { "199\(10_000_000 + number)" }

    private func oneByOne(_ device: Connection, _ carrier: RecordingCarrier) throws -> Samples {
        var samples = Samples()
        for number in 1...single {
            let start = nanoseconds()
            device.send(AlarmLatency.fire(serial: UInt16(number), detector: number, address))
            guard let at = carrier.first(Self.phone(number), within: 20) else {
                throw BenchError(description: "the owner of site \(number) was not told within 20 s")
            }
            samples.add(at - start)
            _ = device.receive()
            // The other notices of this alarm are no part of the next one's time.
            usleep(100_000)
        }
        return samples
    }

    private func burst(
        _ device: Connection, _ carrier: RecordingCarrier
    ) throws -> (seconds: Double, missing: Int, repeats: Int, each: Samples) {
        let numbers = (single + 1)...(single + storm)
        let confirmed = Mutex<Set<UInt16>>([])
        let isOver = Atomic(false)
        DispatchQueue.global().async {
            var decoder = FrameDecoder()
            while !isOver.load(ordering: .relaxed) {
                let bytes = device.receive()
                guard !bytes.isEmpty else { return }
                decoder.append(bytes)
                while let found = decoder.next() {
                    guard case .frame(let frame) = found, frame.command == Frame.Command.confirm else { continue }
                    confirmed.withLock { _ = $0.insert(frame.serial) }
                }
            }
        }
        func burn(_ number: Int) {
            device.send(AlarmLatency.fire(serial: UInt16(truncatingIfNeeded: number), detector: number, address))
        }
        let begin = nanoseconds()
        var sent: [Int: Int64] = [:]
        for (index, number) in numbers.enumerated() {
            let pause = begin + Int64(index) * 1_000_000_000 / Int64(storm) - nanoseconds()
            if pause > 0 { usleep(UInt32(pause / 1_000)) }
            sent[number] = nanoseconds()
            burn(number)
        }
        let end = begin + Int64(Self.stormSeconds * 1e9)
        var missing = Set(numbers)
        // As a device does: what nobody has confirmed for ten seconds is sent again.
        var (repeats, nextRepeat) = (0, nanoseconds() + 10_000_000_000)
        while !missing.isEmpty, nanoseconds() < end {
            missing = missing.filter { carrier.time(of: Self.phone($0)) == nil }
            usleep(20_000)
            guard nanoseconds() > nextRepeat else { continue }
            nextRepeat = nanoseconds() + 10_000_000_000
            let open = confirmed.withLock { known in
                missing.filter { !known.contains(UInt16(truncatingIfNeeded: $0)) }
            }
            repeats += open.count
            for number in open.sorted() { burn(number) }
        }
        isOver.store(true, ordering: .relaxed)
        var samples = Samples()
        var last = begin
        for number in numbers {
            guard let at = carrier.time(of: Self.phone(number)), let start = sent[number] else { continue }
            samples.add(at - start)
            last = max(last, at)
        }
        let until = missing.isEmpty ? last : nanoseconds()
        return (Double(until - begin) / 1e9, missing.count, repeats, samples)
    }
}
