import Foundation

/// The centre as a process of its own.
final class CentreProcess {
    let process = Process()
    let web: Int
    let devices: Int
    /// Milliseconds from the start of the process to its first ready answer.
    private(set) var startMs = 0.0

    /// Starts it.
    /// - Parameters:
    ///   - database: a PostgreSQL's address in place of SQLite in the folder.
    ///   - cameras: the port of GB/T 28181.
    ///   - environment: what is added to this process's own.
    init(
        program: URL, folder: URL, web: Int, devices: Int, cameras: Int = 0, database: String? = nil,
        environment: [String: String] = [:]
    ) throws {
        self.web = web
        self.devices = devices
        process.executableURL = program
        var added = environment
        if let database { added["ZHILI_DATABASE"] = database }
        process.environment = ProcessInfo.processInfo.environment.merging(added) { $1 }
        process.arguments = [
            "serve", "--data", folder.path, "--listen", "127.0.0.1:\(web)", "--gb26875-port", "\(devices)",
            "--gb28181-port", "\(cameras)",
            "--media-port", "0",
            "--view-port", "0",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let start = nanoseconds()
        try process.run()
        while nanoseconds() - start < 30_000_000_000 {
            if let answer = try? request("GET", "/readyz"), answer.contains(" 200 ") {
                startMs = Double(nanoseconds() - start) / 1_000_000
                return
            }
            usleep(2_000)
        }
        throw BenchError(description: "the centre did not start")
    }

    deinit { if process.isRunning { stop() } }

    var pid: Int32 { process.processIdentifier }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// One request on a connection of its own; the answer with its head.
    func request(_ method: String, _ path: String, body: String = "", token: String? = nil) throws -> String {
        try Self.request(web, method, path, body: body, token: token)
    }

    /// The same, for those who know the port alone.
    static func request(
        _ port: Int, _ method: String, _ path: String, body: String = "", token: String? = nil
    ) throws -> String {
        let connection = try Connection(port: port)
        connection.send(Array(head(method, path, body, token).utf8) + Array(body.utf8))
        var answer: [UInt8] = []
        while true {
            let more = connection.receive()
            answer += more
            if more.isEmpty { break }
        }
        return String(decoding: answer, as: UTF8.self)
    }

    private static func head(_ method: String, _ path: String, _ body: String, _ token: String?) -> String {
        var lines = [
            "\(method) \(path) HTTP/1.1", "Host: 127.0.0.1", "Connection: close", "Content-Type: application/json",
            "Content-Length: \(body.utf8.count)",
        ]
        if let token { lines.append("Authorization: Bearer \(token)") }
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }

    /// A token of one of the sample's people.
    func logIn(_ person: String, password: String) throws -> String {
        let answer = try request(
            "POST", "/api/v1/sessions", body: "{\"username\":\"\(person)\",\"password\":\"\(password)\"}")
        guard let start = answer.range(of: "\"token\":\"")?.upperBound,
            let end = answer[start...].firstIndex(of: "\"")
        else { throw BenchError(description: "no session: \(answer.prefix(200))") }
        return String(answer[start..<end])
    }

    /// A connection on which the officer's screen follows the events, and the token it uses.
    func follow(password: String) throws -> Connection {
        let token = try logIn("officer", password: password)
        let connection = try Connection(port: web)
        connection.send(Array(Self.head("GET", "/api/v1/events", "", token).utf8))
        _ = connection.receive()
        return connection
    }
}

/// Why a measurement could not be made.
public struct BenchError: Error, CustomStringConvertible {
    /// In words.
    public var description: String
}
