import Foundation
import Logging
import Media
import Synchronization
import Testing

@testable import Watch

/// The media process itself, started beside the tests as the centre starts it.
final class RealMedia: Sendable {
    let plane: MediaProcess
    private let run: Task<Void, any Error>
    private let listen: Task<Void, Never>
    private let heard = Mutex<[MediaEvent]>([])

    init() async throws {
        var configuration = MediaProcess.Configuration()
        configuration.program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("zhili")
        configuration.mediaHost = "127.0.0.1"
        configuration.mediaPort = 0
        configuration.viewPort = 0
        var logger = Logger(label: "media")
        logger.logLevel = .critical
        let plane = try MediaProcess(configuration, logger: logger)
        self.plane = plane
        run = Task { try await plane.run() }
        let events = plane.events()
        let (stream, continuation) = AsyncStream<MediaEvent>.makeStream()
        listen = Task {
            for await event in events { continuation.yield(event) }
            continuation.finish()
        }
        Task { [self] in for await event in stream { heard.withLock { $0.append(event) } } }
        try await expectSoon { plane.isRunning }
    }

    /// The first event for which `pick` gives something; failures of the media process take up to 12 s.
    func event<Found>(
        _ pick: (MediaEvent) -> Found?, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Found? {
        for _ in 0..<900 {
            let all = heard.withLock { $0 }
            if let found = all.lazy.compactMap(pick).first { return found }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("no such event; heard: \(heard.withLock { $0 })", sourceLocation: sourceLocation)
        return nil
    }

    func stop() async {
        run.cancel()
        listen.cancel()
        _ = try? await run.value
    }
}
