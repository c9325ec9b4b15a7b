import Foundation
import Synchronization

extension Film {
    /// Bytes that a child may tell us: a poster of 720 lines is a tenth of it.
    private static let told = 4 << 20

    /// Runs a child to its end and gives what it wrote to its standard output.
    ///
    /// `prlimit` and `nice` bound it before it begins, so that it is bounded even when nobody is left to stop it.
    @discardableResult
    static func run(_ name: String, _ arguments: [String], _ limits: Limits) async throws -> [UInt8] {
        let process = Process()
        process.executableURL = try tool("prlimit")
        process.arguments =
            [
                "--as=\(limits.memory)", "--cpu=\(limits.patience)", "--fsize=\(limits.bytes + (1 << 20))", "--core=0",
                "--nofile=64", "--", try tool("nice").path, "-n", "10", try tool(name).path,
            ] + arguments
        // Neither our environment nor our folder is the child's business.
        process.environment = ["LC_ALL": "C", "PATH": "/usr/bin:/bin"]
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        let child = Child(process)
        let clock = Task {
            try await Task.sleep(for: .seconds(limits.patience))
            child.stop()
        }
        defer { clock.cancel() }
        let bytes = try await withTaskCancellationHandler {
            try await child.finish(output.fileHandleForReading, atMost: told)
        } onCancel: {
            child.stop()
        }
        try Task.checkCancellation()
        guard let bytes else { throw Refusal.tooSlow }
        return bytes
    }

    private static func tool(_ name: String) throws -> URL {
        for folder in ["/usr/bin", "/bin", "/usr/local/bin"] {
            let path = "\(folder)/\(name)"
            if FileManager.default.isExecutableFile(atPath: path) { return URL(fileURLWithPath: path) }
        }
        throw Missing(description: "\(name) is not installed")
    }
}

/// A process that somebody may stop while another waits for it; it is started once, and its number is used only while
/// it runs.
private final class Child: Sendable {
    private struct State: ~Copyable {
        let process: Process
        var isStopped = false
    }

    private let state: Mutex<State>

    init(_ process: sending Process) { state = Mutex(State(process: process)) }

    /// Starts it and waits for its end on a thread of its own; reads what it writes meanwhile. `nil` where it was stopped
    /// or had used up its processor time.
    func finish(_ output: FileHandle, atMost limit: Int) async throws -> [UInt8]? {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "zhili.film").async {
                continuation.resume(with: Result { try self.wait(output, limit) })
            }
        }
    }

    private func wait(_ output: FileHandle, _ limit: Int) throws -> [UInt8]? {
        let isStopped = try state.withLock { state in
            if !state.isStopped { try state.process.run() }
            return state.isStopped
        }
        if isStopped { return nil }
        var bytes: [UInt8] = []
        var isFlooded = false
        while let piece = try output.read(upToCount: 65_536), !piece.isEmpty {
            bytes += piece.prefix(max(0, limit - bytes.count))
            isFlooded = isFlooded || bytes.count >= limit
            if isFlooded { stop() }
        }
        // The end of its output is the end of the process, or all but it.
        while state.withLock({ $0.process.isRunning }) { usleep(10_000) }
        if isFlooded { throw Film.Refusal.unreadable }
        return try state.withLock { state in
            let isSpent =
                state.process.terminationReason == .uncaughtSignal
                && state.process.terminationStatus == SIGXCPU
            if state.isStopped || isSpent { return nil }
            guard state.process.terminationReason == .exit, state.process.terminationStatus == 0 else {
                throw Film.Refusal.unreadable
            }
            return bytes
        }
    }

    /// Ends it at once.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            if state.process.isRunning { kill(state.process.processIdentifier, SIGKILL) }
        }
    }
}
