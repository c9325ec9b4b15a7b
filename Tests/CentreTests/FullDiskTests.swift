import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

@Suite("A full disk")
struct FullDiskTests {
    /// A small file system of its own takes root; elsewhere the test is left out and says so.
    private static var isRoot: Bool { geteuid() == 0 }

    private func run(_ path: String, _ arguments: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    @Test("refuses what is new with a clear answer, says so, and goes on when there is room", .enabled(if: isRoot))
    func full() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("zhili-full-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        guard try run("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", folder.path]) == 0 else {
            // A container may forbid mounting even to root.
            return
        }
        defer {
            _ = try? run("/usr/bin/umount", ["-l", folder.path])
            try? FileManager.default.removeItem(at: folder)
        }
        let data = folder.appendingPathComponent("data").path
        let (web, fire) = (Program.freePort(), Program.freePort())
        let setUp = try Program(
            ["setup", "--sample", "--data", data],
            environment: ["ZHILI_SETUP_PASSWORD": "trial-password-1", "ZHILI_SAMPLE_RECORDS": "200"])
        setUp.process.waitUntilExit()
        let program = try Program([
            "serve", "--data", data, "--listen", "127.0.0.1:\(web)", "--gb26875-port", "\(fire)", "--gb28181-port", "0",
            "--media-port", "0",
            "--view-port", "0",
        ])
        defer { program.kill() }
        let address = "http://127.0.0.1:\(web)"
        #expect(await until { await get(address + "/readyz")?.0 == 200 })
        let token = try #require(await logIn(address))

        // A file as large as the room that is left.
        let filler = folder.appendingPathComponent("filler").path
        _ = try run("/usr/bin/dd", ["if=/dev/zero", "of=\(filler)", "bs=4k"])
        // What is already allocated may take a few more writes; then every one is refused.
        var refused: (Int, String)?
        for _ in 0..<3_000 {
            let answer = await post(address + "/api/v1/sites", token, #"{"name":"x","address":"y"}"#)
            if answer?.0 == 503 {
                refused = answer
                break
            }
        }
        #expect(refused?.1.contains("storage.full") == true)
        // A worker's small write may still find room in between, and be the last one that is known of.
        #expect(
            await until {
                _ = await post(address + "/api/v1/sites", token, #"{"name":"x","address":"y"}"#)
                return await get(address + "/readyz")?.0 == 503
            })
        #expect(await get(address + "/healthz")?.0 == 200)
        #expect(await get(address + "/api/v1/sites", token)?.0 == 200)

        try FileManager.default.removeItem(atPath: filler)
        #expect(
            await until { await post(address + "/api/v1/sites", token, #"{"name":"x","address":"y"}"#)?.0 == 201 })
        #expect(await get(address + "/readyz")?.0 == 200)
    }

    private func until(_ condition: () async -> Bool) async -> Bool {
        for _ in 0..<200 {
            if await condition() { return true }
            try? await Task.sleep(for: .milliseconds(100))
        }
        return false
    }

    private func logIn(_ address: String) async -> String? {
        struct Session: Decodable { var token: String }
        let answer = await post(
            address + "/api/v1/sessions", nil, #"{"username":"officer","password":"trial-password-1"}"#)
        return answer.flatMap { try? JSONDecoder().decode(Session.self, from: Data($0.1.utf8)).token }
    }

    private func get(_ url: String, _ token: String? = nil) async -> (Int, String)? {
        await ask(HTTPClientRequest(url: url), token)
    }

    private func post(_ url: String, _ token: String?, _ body: String) async -> (Int, String)? {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(string: body))
        return await ask(request, token)
    }

    private func ask(_ request: HTTPClientRequest, _ token: String?) async -> (Int, String)? {
        var request = request
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        guard let response = try? await HTTPClient.shared.execute(request, timeout: .seconds(10)),
            let body = try? await response.body.collect(upTo: 1 << 20)
        else { return nil }
        return (Int(response.status.code), String(buffer: body))
    }
}
