import Kernel
import Logging

extension Database {
    /// Works until the task is cancelled: does `step`, then waits until `topic` is woken or the milliseconds that the
    /// step returned are over. A step that throws is logged as `failing`, and comes again after `retryMs`.
    public func work(
        on topic: String, failing: Logger.Message, logger: Logger, retryMs: Int64 = 5_000,
        _ step: () async throws -> Int64
    ) async {
        while !Task.isCancelled {
            do {
                let pause = try await step()
                await wakeups.wait(topic, atMostMs: pause)
            } catch is CancellationError {
                return
            } catch {
                logger.error(failing, metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .milliseconds(retryMs))
            }
        }
    }
}
