import Dispatch
import Synchronization

/// Prints documents as PDF (ISO 32000) by cairo and pango, one after the other on a thread of its own: a long one
/// takes seconds, which the cooperative pool must not wait for.
public final class Printer: Sendable {
    private let queue = DispatchQueue(label: "zhili.print")
    private let waiting = Atomic<Int>(0)

    /// The one that everybody uses.
    public static let shared = Printer()

    /// The media type of PDF.
    public static let type = "application/pdf"

    init() {}

    /// The document as a PDF.
    /// - Throws: ``PrintProblem``.
    public func pdf(_ document: Document) async throws -> [UInt8] {
        guard waiting.add(1, ordering: .relaxed).newValue <= PrintLimits.waiting else {
            waiting.subtract(1, ordering: .relaxed)
            throw PrintProblem.busy
        }
        defer { waiting.subtract(1, ordering: .relaxed) }
        return try await withCheckedThrowingContinuation { continuation in
            queue.async {
                continuation.resume(with: Result { try PageSetter.print(document) })
            }
        }
    }
}
