import Foundation
import Kernel

/// The page about a run: where it ran, then a section for each part.
public enum BenchPage {
    /// What can be measured by itself, in the order of the page.
    public enum Part: String, CaseIterable, Sendable {
        case fire, reach, registry, woodpecker, watch
    }

    /// The page's beginning; made before anything is measured, since it says what else ran then.
    public static func head(_ parts: [Part]) -> String {
        let only = parts == Part.allCases ? "" : " (parts: \(parts.map(\.rawValue).joined(separator: ", ")))"
        return """
            # Performance

            Written by `make bench`\(only) on \(Instant.now.text.prefix(10)), \(Machine.description). Client and centre \
            share these cores; load average of what else ran when it began: \(Machine.load).

            """
    }
}
