import Foundation
import Kernel
import Simulator
import Storage

/// A centre with its media process, recorders that speak to it over real sockets, and its own store read from outside.
final class WatchGround {
    /// A recorder's camera: its identifier here, and its digits.
    struct Camera: RowDecodable {
        var id: String
        var digits: String

        init(row: inout Row) throws {
            id = ID<Camera>(rawValue: try row.next()).description
            digits = try row.next()
        }
    }

    let centre: CentreProcess
    let database: SQLiteDatabase
    let cameras: BenchCameras
    private let password: String
    private let token: String
    private var playing: [(town: CameraTown, task: Task<Void, Never>)] = []
    private static let sip = 28_392

    init(program: URL, town: URL, password: String, isSmall: Bool) throws {
        guard let cameras = BenchCameras(isSmall: isSmall) else {
            throw BenchError(description: "libavcodec has no libx264")
        }
        self.cameras = cameras
        self.password = password
        centre = try CentreProcess(program: program, folder: town, web: 28_390, devices: 28_391, cameras: Self.sip)
        token = try centre.logIn("leader", password: password)
        database = try SQLiteDatabase(path: town.appendingPathComponent("zhili.db").path)
    }

    func stop() async {
        for one in playing { one.task.cancel() }
        for one in playing { await one.task.value }
        centre.stop()
        cameras.stop()
        await database.close()
    }

    // MARK: Recorders

    /// Switches recorders on.
    func play(_ count: Int, first: Int, cameras each: Int = 1) -> CameraTown {
        var plan = CameraTown.Plan()
        plan.port = Self.sip
        plan.password = password
        plan.devices = count
        plan.cameras = each
        plan.firstSerial = first
        plan.sender = cameras
        let town = CameraTown(plan)
        playing.append((town, Task { await town.run() }))
        return town
    }

    /// What has come to all recorders.
    func heard(_ count: (CameraTown.Heard) -> Int) -> Int { playing.reduce(0) { $0 + count($1.town.tally) } }

    /// The cameras of recorders of that name, in the order of their digits.
    func known(of name: String) async throws -> [Camera] {
        try await database.read { db in
            try db.all(
                Camera.self,
                """
                SELECT camera.id, camera.gb_id FROM camera JOIN watch_device ON watch_device.id = camera.device
                WHERE watch_device.name = \(name) ORDER BY camera.gb_id
                """)
        }
    }

    /// Waits until something holds; gives the milliseconds since `start`.
    func wait(since start: Int64, seconds: Int = 120, _ flaw: String, _ holds: () async throws -> Bool) async throws
        -> Double
    {
        while nanoseconds() - start < Int64(seconds) * 1_000_000_000 {
            if try await holds() { return Double(nanoseconds() - start) / 1_000_000 }
            try await Task.sleep(for: .milliseconds(1))
        }
        throw BenchError(description: flaw)
    }

    // MARK: Questions

    /// Asks the centre, as its leader.
    func ask(_ method: String, _ path: String, _ body: String) throws -> (status: Int, body: Data) {
        let answer = try centre.request(method, path, body: body, token: token)
        let status = answer.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0) } ?? 0
        let start = answer.range(of: "\r\n\r\n")?.upperBound ?? answer.endIndex
        return (status, Data(answer[start...].utf8))
    }

    private struct Ticket: Decodable {
        var port: Int
        var path: String
    }

    /// Opens a camera's live picture as a browser does.
    func view(_ camera: Camera) throws -> LiveViewer {
        let answer = try ask("POST", "/api/v1/cameras/\(camera.id)/live", #"{"reason":"bench"}"#)
        guard answer.status == 200 else {
            throw BenchError(description: "no picture: \(String(decoding: answer.body, as: UTF8.self).prefix(200))")
        }
        let ticket = try JSONDecoder().decode(Ticket.self, from: answer.body)
        return try LiveViewer(port: ticket.port, path: ticket.path)
    }

    /// Says that a camera is recorded, or is no longer.
    func record(_ camera: Camera, _ isOn: Bool = true) throws {
        let mode = isOn ? "continuous" : "off"
        let answer = try ask("PUT", "/api/v1/cameras/\(camera.id)/recording", "{\"mode\":\"\(mode)\",\"keepDays\":1}")
        guard answer.status == 200 else { throw BenchError(description: "no recording: \(answer.status)") }
    }

    /// The number of the media process.
    func media() throws -> Int32 {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        for pid in all.compactMap({ Int32($0) }) {
            let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
            // Behind the name, which may hold anything: state, parent.
            let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
            guard fields.count > 1, Int32(fields[1]) == centre.pid, fields[0] != "Z" else { continue }
            let line = (try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)) ?? ""
            if line.split(separator: "\0").contains("media") { return pid }
        }
        throw BenchError(description: "no media process")
    }
}
