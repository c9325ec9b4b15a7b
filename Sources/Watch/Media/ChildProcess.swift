import Foundation

/// A program that is run once, within bounds of time and output.
enum ChildProcess {
    /// What the program wrote, or `nil` when it could not be run, failed, took too long or wrote too much.
    /// - Parameters:
    ///   - input: goes to its standard input; at most what a pipe holds, 64 KiB.
    ///   - seconds: until it is ended.
    ///   - most: bytes of output.
    static func output(
        of program: String, _ arguments: [String], input: [UInt8] = [], seconds: Int, most: Int
    ) async -> [UInt8]? {
        await withCheckedContinuation { done in
            DispatchQueue.global().async {
                done.resume(returning: run(program, arguments, input, seconds, most))
            }
        }
    }

    private static func run(
        _ program: String, _ arguments: [String], _ input: [UInt8], _ seconds: Int, _ most: Int
    ) -> [UInt8]? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let (inward, outward) = (Pipe(), Pipe())
        process.standardInput = inward
        process.standardOutput = outward
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            return nil
        }
        let pid = process.processIdentifier
        let limit = DispatchWorkItem { kill(pid, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds), execute: limit)
        defer { limit.cancel() }
        try? inward.fileHandleForWriting.write(contentsOf: input.prefix(64 << 10))
        try? inward.fileHandleForWriting.close()
        var bytes: [UInt8] = []
        while let part = try? outward.fileHandleForReading.read(upToCount: 1 << 16), !part.isEmpty {
            bytes += part
            if bytes.count > most { process.terminate() }
            guard bytes.count <= most else { break }
        }
        process.waitUntilExit()
        return process.terminationStatus == 0 && bytes.count <= most ? bytes : nil
    }
}
