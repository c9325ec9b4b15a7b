import Foundation
import Kernel
import Pictures
import Testing

@testable import Centre

@Suite("An anonymous report to the running program", .serialized)
struct CanaryTests {
    private static let password = "canary-password-1"
    private static let source = "127.77.88.99"
    private static let agent = "CANARY-AGENT/7.7 (Serial QX99871)"
    private static let words = "CANARYWORDS 水管在桥头爆了"
    private static let exif = ["CANARY-PHONE-MAKER", "SN-4455667788", "GPS-31.2304N-121.4737E"]

    @Test("leaves no address, agent, cookie, referrer, word, secret or metadata in any byte of data, log or backup")
    func leavesNothing() async throws {
        let manager = FileManager.default
        let folder = manager.temporaryDirectory.appendingPathComponent("zhili-canary-\(UUID().uuidString)")
        let (data, backup) = (folder.appendingPathComponent("data"), folder.appendingPathComponent("backup"))
        try manager.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? manager.removeItem(at: folder) }
        let log = folder.appendingPathComponent("log")
        _ = manager.createFile(atPath: log.path, contents: nil)
        try run(["setup", "--sample", "--data", data.path], log: log)
        let port = Program.freePort()
        let server = try start(
            [
                "serve", "--data", data.path, "--listen", "127.0.0.1:\(port)", "--gb26875-port",
                String(Program.freePort()),
            ],
            log: log)
        defer {
            server.terminate()
            server.waitUntilExit()
        }
        try await ready(port)

        // What a browser tells of itself, with every request.
        let told = [
            "User-Agent: \(Self.agent)", "X-Forwarded-For: 203.0.113.77", "X-Real-IP: 203.0.113.77",
            "Forwarded: for=203.0.113.77", "Referer: http://office.example/CANARY-REFERRER",
            "Cookie: zhili_lang=zh-CN; CANARYCOOKIE=cc-5566", "Accept-Language: zh-CN,CANARY-LANG;q=0.3",
            "X-Request-Id: CANARY-REQUEST",
        ]
        let picture = try await Pictures.reencode(TestPicture.png(side: 120)).bytes
        let photo = TestPicture.tagged(picture, Self.exif)
        let boundary = "CANARYBOUNDARY"
        var body: [UInt8] = []
        for (name, value) in [
            ("category", "water"), ("q_flow", "burst"), ("words", Self.words), ("lat", "34.01234567"),
            ("lon", "113.01234567"),
            ("level", "anonymous"), ("place", "CANARYPLACE"), ("name", "CANARYNAME"), ("phone", "19955554444"),
        ] {
            body += Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8)
        }
        body += Array(
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"CANARYFILE.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"
                .utf8)
        body += photo + Array("\r\n--\(boundary)--\r\n".utf8)
        // Numbers of anonymous reports tell the hour alone, so which is the new one is seen by what was there before.
        let officer = try session("officer", port), clerk = try session("clerk", port)
        let before = Set(try get("/api/v1/reports", officer, port).matches(of: /"id":"([0-9a-z]{13})"/).map { $0.1 })
        let sent = try RawHTTP.send(
            "POST", "/report/send", port: port, from: Self.source,
            headers: told + ["Content-Type: multipart/form-data; boundary=\(boundary)"], body: body)
        #expect(sent.status == 200)
        let digits = try #require(sent.text.firstMatch(of: /id="digits">(.*?)<\/p>/)).1
            .replacing(/<[^>]*>/, with: "").filter(\.isNumber)
        #expect(digits.count == 24)

        // It is handed over and answered, then the citizen reads, writes and rates.
        let id = try #require(
            try get("/api/v1/reports", officer, port).matches(of: /"id":"([0-9a-z]{13})"/).map { $0.1 }
                .first { !before.contains($0) })
        let departments = try get("/api/v1/departments", officer, port)
        let department = try #require(departments.firstMatch(of: /"water"[^}]*?"id":"([0-9a-z]{13})"/)).1
        #expect(try move(id, #"{"act":"hand-over","department":"\#(department)"}"#, officer, port) == 200)
        #expect(try move(id, #"{"act":"finish","outcome":"fixed","text":"CANARYANSWER"}"#, clerk, port) == 200)
        let opened = try RawHTTP.send(
            "POST", "/receipt", port: port, from: Self.source,
            headers: told + ["Content-Type: application/x-www-form-urlencoded"], body: Array("receipt=\(digits)".utf8))
        #expect(opened.text.contains("CANARYANSWER"))
        let pass = try #require(opened.text.firstMatch(of: /name="pass" value="([0-9a-f]+)"/)).1
        let replied = try RawHTTP.send(
            "POST", "/receipt", port: port, from: Self.source,
            headers: told + ["Content-Type: application/x-www-form-urlencoded"],
            body: Array("pass=\(pass)&act=reply&words=CANARYREPLY".utf8))
        #expect(replied.text.contains("CANARYREPLY"))
        // A wrong receipt, and a form that breaks off: neither may be told of.
        _ = try RawHTTP.send(
            "POST", "/receipt", port: port, from: Self.source, headers: told, body: Array("receipt=12345678".utf8))
        let broken = try RawHTTP.send(
            "POST", "/report/send", port: port, from: Self.source,
            headers: told + ["Content-Type: multipart/form-data; boundary=\(boundary)"], body: Array(body.prefix(400)))
        #expect(broken.status == 400)

        try run(["backup", "--data", data.path, "--to", backup.path], log: log)
        let secrets =
            [
                Self.source, "203.0.113.77", "CANARY", "QX99871", "cc-5566", "SN-4455667788", "31.2304N", "水管在桥头",
                "19955554444", "34.01234567", "113.01234567", String(digits.suffix(16)), String(pass), "CANARYFILE",
            ].map { Array($0.utf8) } + [Array(photo[200..<232]), Array(picture.suffix(64).prefix(32))]
        var files = 0
        for place in [data, backup, log] {
            let isFolder = place != log
            let names = isFolder ? try manager.subpathsOfDirectory(atPath: place.path) : [""]
            for name in names {
                let file = isFolder ? place.appendingPathComponent(name) : place
                guard let bytes = manager.contents(atPath: file.path) else { continue }
                files += 1
                for secret in secrets {
                    #expect(
                        !Self.holds(bytes, secret),
                        "\(String(decoding: secret, as: UTF8.self)) in \(file.path)")
                }
            }
        }
        #expect(files >= 6)
    }

    private static func holds(_ bytes: Data, _ secret: [UInt8]) -> Bool {
        bytes.range(of: Data(secret)) != nil
    }

    private func start(_ arguments: [String], log: URL) throws -> Process {
        let process = Process()
        process.executableURL = Program.executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["ZHILI_SETUP_PASSWORD": Self.password]) {
            _, new in new
        }
        let handle = try FileHandle(forWritingTo: log)
        try handle.seekToEnd()
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        return process
    }

    private func run(_ arguments: [String], log: URL) throws {
        let process = try start(arguments, log: log)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(arguments)")
    }

    private func ready(_ port: Int) async throws {
        for _ in 0..<600 {
            if (try? RawHTTP.send("GET", "/readyz", port: port))?.status == 200 { return }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func session(_ name: String, _ port: Int) throws -> String {
        let answer = try RawHTTP.send(
            "POST", "/api/v1/sessions", port: port, headers: ["Content-Type: application/json"],
            body: Array(#"{"username":"\#(name)","password":"\#(Self.password)"}"#.utf8))
        return String(try #require(answer.text.firstMatch(of: /"token":"([0-9a-f]+)"/)).1)
    }

    private func get(_ path: String, _ token: String, _ port: Int) throws -> String {
        try RawHTTP.send("GET", path, port: port, headers: ["Authorization: Bearer \(token)"]).text
    }

    private func move(_ id: Substring, _ body: String, _ token: String, _ port: Int) throws -> Int {
        try RawHTTP.send(
            "POST", "/api/v1/reports/\(id)/moves", port: port,
            headers: ["Authorization: Bearer \(token)", "Content-Type: application/json"], body: Array(body.utf8)
        ).status
    }
}
