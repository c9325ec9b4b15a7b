import Foundation

/// Measures the alarm path of the built program, from outside, and writes down what it found.
public struct FireBench: Sendable {
    /// The program.
    public var program: URL
    /// A folder with a sample town, and one with the sites of the load test.
    public var town: URL
    /// A folder whose centre knows ``sites`` sites behind one gateway.
    public var load: URL
    /// The gateway's address.
    public var address: UInt64
    /// The password of the sample's people.
    public var password: String

    /// What is to be measured.
    public init(program: URL, town: URL, load: URL, address: UInt64, password: String) {
        self.program = program
        self.town = town
        self.load = load
        self.address = address
        self.password = password
    }

    /// Sites that the load test needs, each with one detector, numbered from 1.
    public static let sites = 3_600

    /// Runs everything (about a minute and a half) and gives a section of the page.
    public func run() throws -> String {
        let ports = (web: 28_180, devices: 28_181, broker: 28_182)
        let small = try CentreProcess(program: program, folder: town, web: ports.web, devices: ports.devices)
        usleep(1_000_000)
        let resident = Machine.residentBytes(small.pid)
        let startMs = small.startMs
        let hearts = try Connections.heartbeatsPerCore(small, seconds: 5)
        small.stop()

        let centre = try CentreProcess(program: program, folder: load, web: ports.web, devices: ports.devices)
        let screen = try centre.follow(password: password)
        var alarms: [AlarmLatency] = []
        var next = 1
        for (rate, count) in [(1, 30), (100, 500), (1_000, 3_000)] {
            alarms.append(
                try AlarmLatency.measure(
                    centre, screen: screen, rate: rate, count: count, firstDetector: next, address: address))
            next += count
        }
        centre.stop()

        let idle = try CentreProcess(program: program, folder: town, web: ports.web, devices: ports.devices)
        let perDevice = try Connections.bytesPerDevice(idle, count: 10_000)
        idle.stop()
        let sync = Machine.syncTimes(in: load)
        let broker = try [(1, 10), (100, 300), (1_000, 3_000)].map { rate, count in
            (rate, try BrokerLatency.measure(rate: rate, count: count, port: ports.broker, in: load))
        }
        return page(
            alarms: alarms, sync: sync, broker: broker, hearts: hearts, perDevice: perDevice, startMs: startMs,
            resident: resident)
    }

    private func page(
        alarms: [AlarmLatency], sync: Samples, broker: [(Int, Samples)],
        hearts: (perCore: Double, perSecond: Double), perDevice: Double, startMs: Double, resident: Int
    ) -> String {
        let rival = broker.last?.1
        let rows = alarms.map { alarm in
            let same = broker.first { $0.0 == alarm.rate }?.1
            let ratio = same.map { short(alarm.onScreen.percentile(0.99) / $0.percentile(0.99)) } ?? "—"
            return
                "| \(alarm.rate) | \(alarm.confirmed.count) | \(alarm.confirmed.text) | \(alarm.onScreen.text) | \(same?.text ?? "—") | \(ratio) |"
        }.joined(separator: "\n")
        let worst = alarms.last?.onScreen.percentile(0.99) ?? .nan
        return """

            ## Frame in → confirmed → event at a screen
            Milliseconds, p50 / p99. SQLite with synchronous=FULL; every alarm is a frame on a real socket, a signal, an \
            alarm, a case, messages and events in one transaction, and is confirmed after its commit. The rival is \
            publish → subscribe through mosquitto at QoS 1 in the same run, which keeps nothing on disk.

            | alarms/s | alarms | confirmed | on the screen | mosquitto | p99 ratio |
            |---|---|---|---|---|---|
            \(rows)

            4 KiB appended and synced (fdatasync) on the same disk: \(sync.text) ms. At 1,000 alarms/s the screen's p99 \
            is \(short(worst / sync.percentile(0.5))) times one sync's median and \
            \(short(worst / (rival?.percentile(0.99) ?? .nan))) times mosquitto's p99. Aim: under 20 ms.

            ## Devices
            | what | measured | aim |
            |---|---|---|
            | heartbeats confirmed per processor second | \(Int(hearts.perCore)) (\(Int(hearts.perSecond)) a second in all) | 50,000 |
            | resident memory per connected device, of 10,000 real sockets | \(Int(perDevice)) bytes | 4,096 |
            | 100,000 devices, extrapolated | \(Int(perDevice * 100_000 / 1_048_576)) MiB | |
            | start until ready, sample town | \(Int(startMs)) ms | |
            | resident memory, sample town | \(resident / 1_048_576) MiB | 120 |

            """
    }
}
