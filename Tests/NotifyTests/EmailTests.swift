import Foundation
import Kernel
import Simulator
import Testing

@testable import Notify

@Suite("E-mail")
struct EmailTests {
    /// A self-signed certificate for an address, made anew.
    private struct Certificate {
        let folder: URL
        var file: String { folder.appendingPathComponent("cert.pem").path }
        var key: String { folder.appendingPathComponent("key.pem").path }

        init(for address: String) throws {
            folder = FileManager.default.temporaryDirectory.appendingPathComponent("mail-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let maker = Process()
            maker.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
            maker.arguments = [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "9",
                "-subj", "/CN=mail trial", "-addext", "subjectAltName=IP:\(address)", "-keyout",
                folder.appendingPathComponent("key.pem").path, "-out", folder.appendingPathComponent("cert.pem").path,
            ]
            maker.standardError = FileHandle.nullDevice
            try maker.run()
            maker.waitUntilExit()
        }
    }

    private func letter(_ text: String = "云汐镇玩具厂二楼烟感报警，请立即查看。第二句", to: String = "li@example.com") -> Message {
        message(.email, text, phone: to)
    }

    private func send(
        _ mode: FakeMailServer.Mode = .takes, _ security: SMTPCarrier.Security = .startTLS, password: String = "secret",
        certificateFor address: String = "127.0.0.1", isTrusted: Bool = true, offers: String = "PLAIN LOGIN",
        to: String = "li@example.com"
    ) async throws -> (outcome: Delivery, letters: [FakeMailServer.Letter]) {
        let certificate = try Certificate(for: address)
        defer { try? FileManager.default.removeItem(at: certificate.folder) }
        let server = try await FakeMailServer.start(
            password: "secret", certificate: certificate.file, key: certificate.key, implicit: security == .implicit)
        server.set(mode)
        server.offer(offers)
        let carrier = try SMTPCarrier(
            SMTPCarrier.Configuration(
                host: "127.0.0.1", port: server.port, security: security, user: "zhili", password: password,
                from: "safety@town.example", authority: isTrusted ? certificate.file : nil))
        let outcome = await carrier.send(letter(to: to))
        let letters = server.letters
        await server.stop()
        return (outcome, letters)
    }

    @Test(
        "A letter goes out over TLS after a log-in, whole and in Chinese",
        arguments: [SMTPCarrier.Security.implicit, .startTLS], ["PLAIN LOGIN", "LOGIN"])
    func taken(_ security: SMTPCarrier.Security, _ offers: String) async throws {
        let (outcome, letters) = try await send(.takes, security, offers: offers)
        #expect(outcome == .taken(providerID: "queued as Q1"))
        let letter = try #require(letters.first)
        #expect(letters.count == 1)
        #expect(letter.isSecret && letter.user == "zhili")
        #expect((letter.from, letter.to) == ("safety@town.example", "li@example.com"))
        let parts = letter.text.components(separatedBy: "\n\n")
        #expect(parts.count == 2)
        let body = Data(base64Encoded: parts[1].replacingOccurrences(of: "\n", with: ""))
        #expect(body.map { String(decoding: $0, as: UTF8.self) } == "云汐镇玩具厂二楼烟感报警，请立即查看。第二句")
        #expect(letter.text.split(separator: "\n").allSatisfy { $0.count <= 78 && $0.utf8.allSatisfy { $0 < 0x80 } })
    }

    @Test("What a server says decides: what has surely not gone out is tried elsewhere, a wrong address never again")
    func refusals() async throws {
        #expect(try await send(.closing).outcome == .again("421 closing", mayHaveGoneOut: false))
        #expect(try await send(.busy).outcome == .again("450 mailbox busy", mayHaveGoneOut: false))
        #expect(try await send(.noMailbox).outcome == .refused("550 no such mailbox"))
        #expect(try await send(.refusesLetter).outcome == .refused("554 spam"))
        #expect(try await send(password: "wrong").outcome == .again("log-in 535 wrong", mayHaveGoneOut: false))
        #expect(try await send(.noTLS).outcome == .again("no STARTTLS", mayHaveGoneOut: false))
    }

    @Test("A connection that drops after the letter leaves it unknown, one that drops before does not")
    func dropped() async throws {
        guard case .again(_, mayHaveGoneOut: true) = try await send(.dropsAfterData).outcome else {
            Issue.record("a letter without an answer counted as known")
            return
        }
        guard case .again(_, mayHaveGoneOut: false) = try await send(.babbles).outcome else {
            Issue.record("what never left counted as unknown")
            return
        }
    }

    @Test(
        "A certificate of nobody's, or of another host, gets no letter and no password",
        arguments: [SMTPCarrier.Security.implicit, .startTLS])
    func certificate(_ security: SMTPCarrier.Security) async throws {
        for (address, isTrusted) in [("127.0.0.1", false), ("192.0.2.7", true)] {
            let (outcome, letters) = try await send(
                .takes, security, certificateFor: address, isTrusted: isTrusted)
            guard case .again(let why, mayHaveGoneOut: false) = outcome else {
                Issue.record("\(outcome)")
                continue
            }
            #expect(why.hasPrefix("TLS"), "\(why)")
            #expect(letters.isEmpty)
        }
    }

    @Test("Words that somebody puts behind the server's consent to TLS end the conversation")
    func injected() async throws {
        let (outcome, letters) = try await send(.injects)
        guard case .again(_, mayHaveGoneOut: false) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(letters.isEmpty)
    }

    @Test("A server that says nothing is left when the message's time is over")
    func hangs() async throws {
        let work = Task { try await send(.hangs).outcome }
        try await Task.sleep(for: .milliseconds(300))
        work.cancel()
        guard case .again(_, mayHaveGoneOut: false) = try await work.value else {
            Issue.record("what never left counted as unknown")
            return
        }
    }

    @Test(
        "No address writes commands of its own",
        arguments: [
            "li@example.com>\r\nRCPT TO:<x@y.z", "li", "@example.com", "li@", "li li@example.com", "李@example.com",
            "a@b@c", "li@.example.com", "\"x\"@example.com", String(repeating: "a", count: 65) + "@example.com",
        ])
    func addresses(_ address: String) async throws {
        #expect(!Letter.isAddress(address))
        let (outcome, letters) = try await send(to: address)
        #expect(outcome == .refused("address"))
        #expect(letters.isEmpty)
    }

    @Test("A subject is the first clause, in words of at most 75 characters that are not cut within a character")
    func subject() throws {
        #expect(SMTPCarrier.subject("火警，二楼。请看\nBcc: x") == "火警，二楼")
        let words = Letter.words(String(repeating: "镇", count: 60) + "\r\nBcc: x@y.z", after: 9)
        let lines = words.components(separatedBy: "\r\n ")
        #expect(lines.allSatisfy { $0.count <= 75 && $0.hasPrefix("=?utf-8?B?") && $0.hasSuffix("?=") })
        let text = lines.map { line in
            Data(base64Encoded: String(line.dropFirst(10).dropLast(2))).map { String(decoding: $0, as: UTF8.self) }
                ?? "?"
        }
        #expect(text.joined() == String(repeating: "镇", count: 60) + "Bcc: x@y.z")
    }

    @Test("Replies are read whatever way they come, and what is none is refused within bounds")
    func replies() throws {
        var reader = SMTPReader()
        var replies: [SMTPReply] = []
        for byte in Array("250-a\r\n250-AUTH PLAIN LOGIN\r\n250 b\r\n334\r\n".utf8) {
            replies += try reader.take([byte])
        }
        #expect(replies.map(\.code) == [250, 334])
        #expect(replies[0].offer("AUTH") == ["PLAIN", "LOGIN"])
        #expect(throws: SMTPReader.Failure.notAReply) {
            var reader = SMTPReader()
            _ = try reader.take(Array("HTTP/1.1 200 OK\r\n".utf8))
        }
        #expect(throws: SMTPReader.Failure.tooLong) {
            var reader = SMTPReader()
            _ = try reader.take([UInt8](repeating: 0x32, count: 4_096))
        }
        #expect(throws: SMTPReader.Failure.tooLong) {
            var reader = SMTPReader()
            for _ in 0..<200 { _ = try reader.take(Array("250-more\r\n".utf8)) }
        }
        // Hostile bytes: every answer is a reply or a refusal, never a crash.
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            var reader = SMTPReader()
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                Array("0259- \r\n\u{0}A".utf8).randomElement(using: &random) ?? 0
            }
            _ = try? reader.take(bytes)
        }
    }
}
