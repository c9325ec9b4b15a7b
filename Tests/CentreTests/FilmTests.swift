import Foundation
import NIOHTTP1
import Testing

/// A lesson's video through the program's own sockets.
@Suite("A film on the wire", .serialized)
struct FilmTests {
    private func film(_ folder: URL, seconds: Int) throws -> [UInt8] {
        let file = folder.appendingPathComponent("made.mp4")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/ffmpeg")
        process.arguments = [
            "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
            "testsrc2=size=1280x720:rate=30:duration=\(seconds)", "-c:v", "libx264", "-preset", "ultrafast", "-b:v",
            "2M", file.path,
        ]
        try process.run()
        process.waitUntilExit()
        let bytes = Array(try Data(contentsOf: file))
        try FileManager.default.removeItem(at: file)
        return bytes
    }

    private func body(_ film: [UInt8]) -> [UInt8] {
        Array("--film\r\nContent-Disposition: form-data; name=\"words\"\r\n\r\n演示\r\n--film\r\n".utf8)
            + Array("Content-Disposition: form-data; name=\"video\"; filename=\"a.mp4\"\r\n\r\n".utf8) + film
            + Array("\r\n--film--\r\n".utf8)
    }

    @Test("A film that is being made when the power goes is made after it, and is sent whole or in the part asked for")
    func wholeWay() async throws {
        let centre = try RunningCentre("mqtt: {url: 'off'}")
        try await centre.start()
        let (officer, leader) = (try await centre.logIn("officer"), try await centre.logIn("leader"))
        let made = try await centre.ask(
            .POST, "/api/v1/lessons", token: officer,
            json: #"{"topic":"water","title":"递竿（示例）","summary":"不下水","body":"先喊人"}"#)
        let lesson = try #require(made["id"] as? String)
        let path = "/api/v1/lessons/\(lesson)/video"
        let taken = try await centre.ask(
            .POST, path, token: officer, bytes: body(try film(centre.folder, seconds: 15)),
            headers: [("Content-Type", "multipart/form-data; boundary=film")])
        #expect(taken.status == 202, "\(taken.text)")
        let begun = try await centre.until(path, token: officer) { $0["state"] as? String != "waiting" }
        #expect(begun?["state"] as? String == "making")
        centre.kill()
        try await centre.start()
        var ready = false
        // The lease of the one that died runs out first.
        for _ in 0..<4 where !ready {
            ready = try await centre.until(path, token: officer) { $0["state"] as? String == "ready" } != nil
        }
        #expect(ready)
        for move in ["review", "publish"] {
            let moved = try await centre.ask(
                .POST, "/api/v1/lessons/\(lesson)/moves", token: leader, json: #"{"move":"\#(move)"}"#)
            #expect(moved.status == 204, "\(moved.text)")
        }
        let place = "/lessons/\(lesson)/video"
        let whole = try await centre.ask(.GET, place)
        let size = whole.bytes.count
        #expect(whole.status == 200 && whole.headers.first(name: "Content-Type") == "video/mp4")
        #expect(whole.headers.first(name: "Accept-Ranges") == "bytes" && size > 100_000)
        let tag = whole.headers.first(name: "ETag") ?? ""
        for (range, from, to) in [
            ("bytes=0-99", 0, 100), ("bytes=100-", 100, size), ("bytes=-50", size - 50, size),
            ("bytes=\(size - 10)-\(size + 10)", size - 10, size),
        ] {
            let part = try await centre.ask(.GET, place, headers: [("Range", range)])
            #expect(part.status == 206, "\(range)")
            #expect(part.headers.first(name: "Content-Range") == "bytes \(from)-\(to - 1)/\(size)")
            #expect(part.bytes == Array(whole.bytes[from..<to]), "\(range)")
        }
        let none = try await centre.ask(.GET, place, headers: [("Range", "bytes=\(size)-")])
        #expect(none.status == 416 && none.headers.first(name: "Content-Range") == "bytes */\(size)")
        // Several parts, another unit, another version: the whole.
        for more in [
            [("Range", "bytes=0-1,3-4")], [("Range", "lines=0-1")], [("Range", "bytes=0-1"), ("If-Range", "\"old\"")],
        ] {
            #expect(try await centre.ask(.GET, place, headers: more).status == 200)
        }
        let same = try await centre.ask(.GET, place, headers: [("Range", "bytes=0-1"), ("If-Range", tag)])
        #expect(same.status == 206)
        try await centre.close()
    }
}
