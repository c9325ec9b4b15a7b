import Foundation

/// Measures citizens' pages on a phone that a browser plays: a poor connection, a slow processor, an empty cache.
struct PhoneBench {
    /// A Python with the browser's driver; `nil` measures nothing.
    let python: URL?
    static let script = "Tests/Browser/phone_load.py"

    /// One page as it was loaded.
    private struct Load: Decodable {
        var path: String
        /// Bytes on the wire, heads included.
        var transferred: Int
        var requests: Int
        /// Milliseconds until something is seen.
        var seen: Double
        /// Milliseconds until the page can be used, its script included.
        var usable: Double
    }

    /// Lines of a table: page, bytes, requests, seen, usable. Empty where there is no browser.
    func rows(_ port: Int, _ paths: [String], rounds: Int) throws -> [String] {
        guard let python, FileManager.default.fileExists(atPath: Self.script) else { return [] }
        let process = Process()
        process.executableURL = python
        process.arguments = [Self.script, "http://127.0.0.1:\(port)", String(rounds)] + paths
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        // Without a browser the script says so and gives nothing.
        guard process.terminationStatus == 0 else { return [] }
        return try JSONDecoder().decode([Load].self, from: text).map { load in
            "| `\(load.path)` | \(load.transferred) | \(load.requests) | \(Int(load.seen)) | \(Int(load.usable)) |"
        }
    }
}
