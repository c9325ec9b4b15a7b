import Foundation
import NIOHTTP1
import Testing

@testable import Centre

@Suite("TLS", .serialized)
struct TLSTests {
    /// A self-signed certificate for 127.0.0.1 that holds some days.
    private func certificate(days: Int = 90) throws -> (folder: URL, certificate: URL, key: URL) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let (file, key) = (folder.appendingPathComponent("cert.pem"), folder.appendingPathComponent("key.pem"))
        let maker = Process()
        maker.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        maker.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "\(days)",
            "-subj", "/CN=zhili test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key.path, "-out", file.path,
        ]
        maker.standardError = FileHandle.nullDevice
        try maker.run()
        maker.waitUntilExit()
        return (folder, file, key)
    }

    @Test("With a certificate the centre speaks HTTPS alone, its cookies stay with it, and messages still go out")
    func serves() async throws {
        let made = try certificate()
        defer { try? FileManager.default.removeItem(at: made.folder) }
        let centre = try RunningCentre(
            "mqtt: {url: 'off'}\ntls: {certificate: \(made.certificate.path), key: \(made.key.path)}\n",
            trust: made.certificate)
        try await centre.start()
        let page = try await centre.ask(
            .POST, "/login", form: "step=password&username=officer&password=\(RunningCentre.password)")
        let cookie = page.headers["Set-Cookie"].first { $0.hasPrefix("zhili_session=") }
        #expect(cookie?.contains("; Secure") == true && cookie?.contains("HttpOnly") == true)
        #expect(page.headers.first(name: "Strict-Transport-Security")?.hasPrefix("max-age=") == true)
        let officer = try await centre.logIn("officer")
        _ = try await centre.register(
            kind: "json", gateway: "over-tls", detector: "d1", pushToken: "0123456789abcdef", token: officer)
        let pushed = try await centre.ask(
            .POST, "/push/over-tls?token=0123456789abcdef", json: #"{"device":"d1","kind":"fire"}"#)
        #expect(pushed.status == 200)
        let sent = try await centre.until("/api/v1/messages", token: officer) {
            $0.items.contains { ["sent", "delivered", "answered"].contains($0["state"] as? String ?? "") }
        }
        #expect(sent != nil)
        let plain = try RunningCentre(sample: false)
        await #expect(throws: (any Error).self) {
            _ = try await plain.ask(.GET, "/healthz".replacing("/", with: ":\(centre.port)/"))
        }
        try await plain.close()
        try await centre.close()
    }

    @Test("A certificate that ends soon, a wrong key and a missing file are told with what to do")
    func checked() async throws {
        let (soon, other) = (try certificate(days: 5), try certificate())
        defer { for made in [soon, other] { try? FileManager.default.removeItem(at: made.folder) } }
        func findings(_ certificate: URL, _ key: URL) async -> Finding? {
            var configuration = CentreConfiguration(folder: soon.folder)
            configuration.tls = TLSFiles(certificate: certificate, key: key)
            return await CentreCheck(configuration: configuration, environment: [:]).run().last { $0.subject == "tls" }
        }
        #expect(await findings(other.certificate, other.key)?.grade == .ok)
        let ending = await findings(soon.certificate, soon.key)
        #expect(ending?.grade == .mind && ending?.advice?.contains("renew") == true)
        #expect(await findings(soon.folder.appendingPathComponent("none.pem"), soon.key)?.grade == .wrong)
    }
}
