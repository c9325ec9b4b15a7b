import Foundation
import Kernel
import NIOSSL
import Synchronization

/// Letters through a mail server (RFC 5321): over TLS from the first byte or by STARTTLS (RFC 3207), with AUTH (RFC 4954).
///
/// A server reports no more than that it has taken the letter: whether it was delivered is not known, and is not said.
public struct SMTPCarrier: Carrier {
    /// How the connection is kept from others.
    public enum Security: String, Sendable {
        /// TLS from the first byte, usually port 465.
        case implicit = "smtps"
        /// STARTTLS, usually port 587; without it nothing is sent.
        case startTLS = "smtp"
        /// None, for a relay on the centre's own network; no log-in is told to it.
        case none = "smtp+open"
    }

    /// What it needs to know.
    public struct Configuration: Sendable {
        /// The server.
        public var host: String
        /// Its port.
        public var port: Int
        /// How the connection is kept from others.
        public var security: Security
        /// The log-in; empty where there is none.
        public var user: String
        /// The password.
        public var password: String
        /// The sender's address.
        public var from: String
        /// A file of certificates that are trusted beside the system's.
        public var authority: String?

        /// A configuration.
        public init(
            host: String, port: Int, security: Security, user: String = "", password: String = "", from: String,
            authority: String? = nil
        ) {
            self.host = host
            self.port = port
            self.security = security
            self.user = user
            self.password = password
            self.from = from
            self.authority = authority
        }
    }

    private let configuration: Configuration
    private let tls: NIOSSLContext?

    /// A carrier.
    /// - Throws: where the sender's address is none, or the authority's file cannot be read.
    public init(_ configuration: Configuration) throws {
        guard Letter.isAddress(configuration.from) else { throw Problem.invalid(["source": "invalid"]) }
        self.configuration = configuration
        guard configuration.security != .none else {
            tls = nil
            return
        }
        var settings = TLSConfiguration.makeClientConfiguration()
        settings.minimumTLSVersion = .tlsv12
        if let file = configuration.authority {
            settings.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(file))]
        }
        tls = try NIOSSLContext(configuration: settings)
    }

    /// Whether a text is an address that letters may go to.
    public static func isAddress(_ text: String) -> Bool { Letter.isAddress(text) }

    /// Hands a letter over.
    public func send(_ message: Message) async -> Delivery {
        guard Letter.isAddress(message.to.phone) else { return .refused("address") }
        let domain = configuration.from.split(separator: "@").last.map(String.init) ?? "zhili"
        let letter = Letter(
            from: configuration.from, to: message.to.phone, name: message.to.name, subject: Self.subject(message.text),
            text: message.text, id: "\(message.id)@\(domain)", at: message.queuedAt)
        // Whether the last byte has left decides what a silence means.
        let isOut = Once()
        do {
            let connection = try await SMTPConnection.open(
                host: configuration.host, port: configuration.port,
                tls: configuration.security == .implicit ? tls : nil)
            return try await withTaskCancellationHandler {
                defer { connection.close() }
                return try await talk(connection, letter, isOut)
            } onCancel: {
                connection.close()
            }
        } catch SMTPConnection.Failure.tls(let why) {
            return .again("TLS \(why)", mayHaveGoneOut: false)
        } catch {
            return .again(
                String("connection \(error)".prefix(120)), mayHaveGoneOut: isOut.isSet)
        }
    }

    private func talk(
        _ connection: SMTPConnection, _ letter: Letter, _ isOut: Once
    ) async throws -> Delivery {
        let greeting = try await connection.reply()
        guard greeting.isGood else { return .again(greeting.text, mayHaveGoneOut: false) }
        var hello = try await connection.ask("EHLO zhili.invalid")
        guard hello.isGood else { return .again(hello.text, mayHaveGoneOut: false) }
        if configuration.security == .startTLS, let tls {
            guard hello.offer("STARTTLS") != nil else { return .again("no STARTTLS", mayHaveGoneOut: false) }
            let consent = try await connection.ask("STARTTLS")
            guard consent.code == 220 else { return .again(consent.text, mayHaveGoneOut: false) }
            try await connection.secure(tls, host: configuration.host)
            // What was offered in the open counts no more (RFC 3207, 4.2).
            hello = try await connection.ask("EHLO zhili.invalid")
            guard hello.isGood else { return .again(hello.text, mayHaveGoneOut: false) }
        }
        if !configuration.user.isEmpty, configuration.security != .none {
            let answer = try await logIn(connection, hello.offer("AUTH") ?? [])
            guard answer.code == 235 else { return .again("log-in \(answer.text)", mayHaveGoneOut: false) }
        }
        for line in ["MAIL FROM:<\(letter.from)>", "RCPT TO:<\(letter.to)>", "DATA"] {
            let answer = try await connection.ask(line)
            guard answer.isGood else {
                // A receiver that is refused for good is this message's; everything else is the server's.
                let isTheirs = line.hasPrefix("RCPT") && answer.code >= 500
                return isTheirs ? .refused(answer.text) : .again(answer.text, mayHaveGoneOut: false)
            }
        }
        isOut.set()
        let end = try await connection.ask(letter.bytes + Array(".\r\n".utf8))
        switch end.code {
        case 200..<300: return .taken(providerID: String(end.text.dropFirst(4).prefix(80)))
        case 400..<500: return .again(end.text, mayHaveGoneOut: false)
        default: return .refused(end.text)
        }
    }

    private func logIn(_ connection: SMTPConnection, _ offered: [String]) async throws -> SMTPReply {
        func coded(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
        if offered.contains("PLAIN") {
            return try await connection.ask(
                "AUTH PLAIN " + coded("\u{0}\(configuration.user)\u{0}\(configuration.password)"))
        }
        guard offered.contains("LOGIN") else { return SMTPReply(code: 504, lines: ["no AUTH that is known"]) }
        var answer = try await connection.ask("AUTH LOGIN")
        for word in [configuration.user, configuration.password] {
            guard answer.code == 334 else { return answer }
            answer = try await connection.ask(coded(word))
        }
        return answer
    }

    /// The first clause of the words.
    static func subject(_ text: String) -> String {
        let first = text.prefix { !$0.isNewline && !"。；;".contains($0) }
        return String(first.prefix(60))
    }
}

/// Something that has happened, or not yet.
private final class Once: Sendable {
    private let state = Atomic(false)
    var isSet: Bool { state.load(ordering: .sequentiallyConsistent) }
    func set() { state.store(true, ordering: .sequentiallyConsistent) }
}
