import Foundation

/// Measures the map of the built program from outside: tiles made and tiles kept, a border moved until everything on it
/// has its new area, and the search for people who are in the registry twice.
struct MapBench {
    let centre: CentreProcess
    /// The officer's and the leader's, who may move borders, and the clerk's, who looks for people.
    let officer, leader, clerk: String

    /// Lines of a table: what, and how it was.
    func run() throws -> [(what: String, value: String)] {
        let tiles = try addresses()
        let made = try time(tiles)
        let kept = try perSecond(tiles)
        let (edits, moved) = try borders()
        return [
            (
                "tile that no cache holds, p50 / p95, \(made.count) of them, ms",
                "\(short(made.percentile(0.5))) / \(short(made.percentile(0.95)))"
            ),
            ("tiles that a cache holds, a second, four connections", String(Int(kept))),
            (
                "border moved until all that lies there has its new area, p50 / slowest of \(edits.count), ms",
                "\(short(edits.percentile(0.5))) / \(short(edits.percentile(1))) (\(moved) things moved)"
            ),
        ]
    }

    /// Looks for people who may be in the registry twice; the residents there are, and the seconds.
    func duplicates() throws -> (people: Int, seconds: Double) {
        let counts = try json("/api/v1/map/counts?layer=record-resident", clerk)
        let people = Self.items(counts).reduce(0) { $0 + ($1["count"] as? Int ?? 0) }
        let start = nanoseconds()
        let answer = try centre.request("POST", "/api/v1/registry/pairs/search", body: "{}", token: clerk)
        guard answer.contains(" 20") else { throw BenchError(description: "pairs: \(answer.prefix(200))") }
        return (people, Double(nanoseconds() - start) / 1e9)
    }

    private func json(_ path: String, _ token: String) throws -> Any {
        let answer = try centre.request("GET", path, token: token)
        guard answer.contains(" 200 "), let end = answer.range(of: "\r\n\r\n")?.upperBound else {
            throw BenchError(description: "\(path): \(answer.prefix(200))")
        }
        return try JSONSerialization.jsonObject(with: Data(answer[end...].utf8))
    }

    private static func items(_ json: Any) -> [[String: Any]] {
        (json as? [String: Any])?["items"] as? [[String: Any]] ?? []
    }

    /// Tiles of every layer over the whole town, at the zooms that people look at.
    private func addresses() throws -> [String] {
        let town = try json("/api/v1/map/town", officer) as? [String: Any]
        guard let bounds = town?["bounds"] as? [Double], bounds.count == 4 else {
            throw BenchError(description: "the town has no bounds")
        }
        let layers = Self.items(try json("/api/v1/map/layers", officer)).filter { $0["hasMarks"] as? Bool == true }
            .compactMap { $0["name"] as? String }
        var result: [String] = []
        for z in 11...14 {
            func place(_ lon: Double, _ lat: Double) -> (Int, Int) {
                let n = Double(1 << z)
                return (
                    Int((lon + 180) / 360 * n), Int((1 - asinh(tan(lat * .pi / 180)) / .pi) / 2 * n)
                )
            }
            let (low, high) = (place(bounds[0], bounds[3]), place(bounds[2], bounds[1]))
            for layer in layers + ["base", "areas"] {
                for x in low.0...high.0 {
                    for y in low.1...high.1 { result.append("/tiles/\(layer)/\(z)/\(x)/\(y).mvt") }
                }
            }
        }
        // In an order of no meaning, the same each time.
        return result.sorted { Self.mixed($0) < Self.mixed($1) }.prefix(1_000).sorted {
            Self.mixed($0) < Self.mixed($1)
        }
    }

    private static func mixed(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    private func time(_ paths: [String]) throws -> Samples {
        var samples = Samples()
        for path in paths {
            let start = nanoseconds()
            let answer = try centre.request("GET", path, token: officer)
            samples.add(nanoseconds() - start)
            guard answer.hasPrefix("HTTP/1.1 200") else {
                throw BenchError(description: "\(path): \(answer.prefix(100))")
            }
        }
        return samples
    }

    /// Four threads, each on a connection that it keeps, for three seconds.
    private func perSecond(_ paths: [String]) throws -> Double {
        let (port, token) = (centre.web, officer)
        let end = nanoseconds() + 3_000_000_000
        let done = Counter()
        let group = DispatchGroup()
        for thread in 0..<4 {
            DispatchQueue.global().async(group: group) {
                guard let connection = try? Connection(port: port) else { return }
                var place = thread * paths.count / 4
                while nanoseconds() < end {
                    let head =
                        "GET \(paths[place % paths.count]) HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(token)\r\n\r\n"
                    guard connection.send(Array(head.utf8)), Self.answer(connection) else { return }
                    done.add()
                    place += 1
                }
            }
        }
        group.wait()
        return Double(done.value) / 3
    }

    /// Reads one answer whose length its head says.
    private static func answer(_ connection: Connection) -> Bool {
        var bytes: [UInt8] = []
        while bytes.count < 16 << 20 {
            let more = connection.receive()
            if more.isEmpty { return false }
            bytes += more
            let text = String(decoding: bytes.prefix(2_048), as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n"),
                let name = text.range(of: "content-length: ", options: .caseInsensitive)
            else { continue }
            let length = Int(text[name.upperBound...].prefix { $0.isNumber }) ?? 0
            if bytes.count >= text[..<end.upperBound].utf8.count + length { return text.hasPrefix("HTTP/1.1 200") }
        }
        return false
    }

    private final class Counter: @unchecked Sendable {
        private let lock = NSLock()
        private var count = 0
        var value: Int { lock.withLock { count } }
        func add() { lock.withLock { count += 1 } }
    }

    /// Moves corners that three grids share, one after the other, each by some hundred metres.
    private func borders() throws -> (Samples, Int) {
        let all = try json("/api/v1/areas?format=geojson", leader) as? [String: Any]
        var owners: [String: Int] = [:]
        var corners: [String: [Double]] = [:]
        for feature in all?["features"] as? [[String: Any]] ?? [] {
            let kind = (feature["properties"] as? [String: Any])?["kind"] as? String
            let rings = (feature["geometry"] as? [String: Any])?["coordinates"] as? [[[Double]]]
            guard kind == "grid", let ring = rings?.first else { continue }
            for corner in ring.dropFirst() {
                let key = "\(corner)"
                owners[key, default: 0] += 1
                corners[key] = corner
            }
        }
        var samples = Samples()
        var moved = 0
        for key in owners.filter({ $0.value >= 3 }).keys.sorted() where samples.count < 20 {
            guard let from = corners[key] else { continue }
            let revisions = Self.items(try json("/api/v1/areas/revisions?limit=1", leader))
            let base = (revisions.first?["id"] as? String).map { "\"base\":\"\($0)\"," } ?? ""
            let body =
                "{\(base)\"edits\":[{\"op\":\"move\",\"from\":[\(from[0]),\(from[1])],\"to\":[\(from[0] + 0.001),\(from[1] + 0.001)]}]}"
            let start = nanoseconds()
            let answer = try centre.request("POST", "/api/v1/areas/edits", body: body, token: leader)
            let took = nanoseconds() - start
            // A corner that cannot go there is refused, and that is no measurement.
            guard answer.hasPrefix("HTTP/1.1 2"), let place = answer.range(of: "\"moved\":")?.upperBound else {
                continue
            }
            samples.add(took)
            moved += Int(answer[place...].prefix { $0.isNumber }) ?? 0
        }
        guard samples.count > 0 else { throw BenchError(description: "no border could be moved") }
        return (samples, moved)
    }
}
