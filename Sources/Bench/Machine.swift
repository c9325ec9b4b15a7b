import Foundation

/// What the machine itself can do and what a process takes of it.
enum Machine {
    /// Such as `2 cores, AMD EPYC, Linux 6.1`.
    static var description: String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let lines = text.split(separator: "\n")
        let model = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last?
            .trimmingCharacters(in: .whitespaces)
        let cores = lines.filter { $0.hasPrefix("processor") }.count
        return
            "\(cores) cores, \(model ?? "unknown processor"), \(ProcessInfo.processInfo.operatingSystemVersionString)"
    }

    /// The load averages of 1, 5 and 15 minutes.
    static var load: String {
        ((try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)) ?? "unknown").split(separator: " ").prefix(3)
            .joined(separator: ", ")
    }

    /// Milliseconds that 4 KiB appended and synced to the folder's disk take, 200 times.
    static func syncTimes(in folder: URL) -> Samples {
        let path = folder.appendingPathComponent("sync-probe").path
        let file = open(path, O_CREAT | O_WRONLY | O_APPEND, 0o600)
        defer {
            close(file)
            unlink(path)
        }
        let block = [UInt8](repeating: 7, count: 4_096)
        var samples = Samples()
        for _ in 0..<200 {
            let start = nanoseconds()
            _ = write(file, block, block.count)
            fdatasync(file)
            samples.add(nanoseconds() - start)
        }
        return samples
    }

    /// Resident bytes of a process.
    static func residentBytes(_ pid: Int32) -> Int {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return (line?.split(whereSeparator: { !$0.isNumber }).first).flatMap { Int($0) }.map { $0 * 1_024 } ?? 0
    }

    /// Processor seconds that a process has used.
    static func processorSeconds(_ pid: Int32) -> Double {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}

/// Durations, kept one by one.
struct Samples: Sendable {
    private var nanoseconds: [Int64] = []

    mutating func add(_ duration: Int64) { nanoseconds.append(duration) }

    var count: Int { nanoseconds.count }

    /// Milliseconds that a share of the samples did not exceed.
    func percentile(_ share: Double) -> Double {
        let sorted = nanoseconds.sorted()
        guard !sorted.isEmpty else { return .nan }
        return Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]) / 1_000_000
    }

    /// The share of samples over so many milliseconds.
    func share(over milliseconds: Double) -> Double {
        guard !nanoseconds.isEmpty else { return .nan }
        return Double(nanoseconds.count { Double($0) > milliseconds * 1_000_000 }) / Double(nanoseconds.count)
    }

    /// `p50 / p99` in milliseconds.
    var text: String { "\(short(percentile(0.5))) / \(short(percentile(0.99)))" }
}

/// Two decimals.
func short(_ number: Double) -> String { String(format: "%.2f", number) }
