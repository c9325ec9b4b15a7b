import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// The far end of e-mail: a server that asks for TLS and a log-in, takes letters, and refuses in each way that servers
/// do.
public final class FakeMailServer: Sendable {
    /// How it behaves.
    public enum Mode: String, Sendable, CaseIterable {
        /// It takes letters.
        case takes
        /// It is shutting down (421 at the greeting).
        case closing
        /// The mailbox is busy (450 to RCPT).
        case busy
        /// There is no such mailbox (550 to RCPT).
        case noMailbox
        /// It finds the letter to be spam (554 after DATA).
        case refusesLetter
        /// It closes the connection after the letter, without a word.
        case dropsAfterData
        /// It hears EHLO and says nothing.
        case hangs
        /// It offers no STARTTLS.
        case noTLS
        /// It puts words behind its consent to TLS, in the open.
        case injects
        /// It speaks what no mail server speaks.
        case babbles
    }

    /// A letter that it took.
    public struct Letter: Sendable, Equatable {
        /// The sender of the envelope.
        public var from: String
        /// The receiver of the envelope.
        public var to: String
        /// Its lines as they came.
        public var text: String
        /// Whether TLS was spoken.
        public var isSecret: Bool
        /// Who had logged in.
        public var user: String
    }

    private struct State {
        var mode = Mode.takes
        var letters: [Letter] = []
        var connections = 0
        var offers = "PLAIN LOGIN"
    }

    private let state = Mutex(State())
    private let server = Mutex<(any Channel)?>(nil)
    fileprivate let password: String
    fileprivate let tls: NIOSSLContext?

    private init(password: String, tls: NIOSSLContext?) {
        self.password = password
        self.tls = tls
    }

    /// Starts one.
    /// - Parameters:
    ///   - certificate: a PEM file; without one there is no TLS.
    ///   - implicit: whether TLS is spoken from the first byte.
    public static func start(
        password: String, certificate: String? = nil, key: String? = nil, implicit: Bool = false,
        host: String = "127.0.0.1", port: Int = 0
    ) async throws -> FakeMailServer {
        var context: NIOSSLContext?
        if let certificate, let key {
            context = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                    privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))))
        }
        let fake = FakeMailServer(password: password, tls: context)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if implicit, let tls = fake.tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    try channel.pipeline.syncOperations.addHandler(MailHandler(fake, isSecret: implicit))
                }
            }
            .bind(host: host, port: port).get()
        fake.server.withLock { $0 = channel }
        return fake
    }

    /// Where it listens.
    public var port: Int { server.withLock { $0?.localAddress?.port } ?? 0 }
    /// How it behaves from now on.
    public func set(_ mode: Mode) { state.withLock { $0.mode = mode } }
    /// Which log-ins it offers, such as `LOGIN`.
    public func offer(_ names: String) { state.withLock { $0.offers = names } }
    /// What it took.
    public var letters: [Letter] { state.withLock { $0.letters } }
    /// How often somebody connected.
    public var connections: Int { state.withLock { $0.connections } }
    /// Ends it.
    public func stop() async { try? await server.withLock { $0 }?.close().get() }

    fileprivate var mode: Mode { state.withLock { $0.mode } }
    fileprivate var offers: String { state.withLock { $0.offers } }
    fileprivate func connected() { state.withLock { $0.connections += 1 } }
    fileprivate func take(_ letter: Letter) { state.withLock { $0.letters.append(letter) } }
}

/// One conversation.
private final class MailHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Wait { case command, data, user, password }

    private let fake: FakeMailServer
    private var isSecret: Bool
    private var buffer: [UInt8] = []
    private var wait = Wait.command
    private var (from, to, user, known) = ("", "", "", "")
    private var lines: [String] = []

    init(_ fake: FakeMailServer, isSecret: Bool) {
        self.fake = fake
        self.isSecret = isSecret
    }

    func channelActive(context: ChannelHandlerContext) {
        fake.connected()
        switch fake.mode {
        case .closing:
            say("421 closing", context)
            context.close(promise: nil)
        case .babbles: say("HTTP/1.1 400 Bad Request", context)
        default: say("220 mail.example ready", context)
        }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for byte in unwrapInboundIn(data).readableBytesView {
            guard byte == 0x0A else {
                if buffer.count < 4_096 { buffer.append(byte) }
                continue
            }
            if buffer.last == 0x0D { buffer.removeLast() }
            let line = String(decoding: buffer, as: UTF8.self)
            buffer = []
            hear(line, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func say(_ line: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: line + "\r\n")), promise: nil)
    }

    private func hear(_ line: String, _ context: ChannelHandlerContext) {
        switch wait {
        case .data: return body(line, context)
        case .user:
            user = decoded(line)
            wait = .password
            return say("334 UGFzc3dvcmQ6", context)
        case .password:
            wait = .command
            return logIn(user, decoded(line), context)
        case .command: break
        }
        let words = line.split(separator: " ").map(String.init)
        switch words.first?.uppercased() {
        case "EHLO":
            if fake.mode == .hangs { return }
            var offers = ["250-mail.example", "250-SIZE 1000000"]
            if !isSecret, fake.tls != nil, fake.mode != .noTLS { offers.append("250-STARTTLS") }
            if isSecret { offers.append("250-AUTH \(fake.offers)") }
            say((offers + ["250 8BITMIME"]).joined(separator: "\r\n"), context)
        case "STARTTLS":
            guard let tls = fake.tls else { return say("502 no", context) }
            say(fake.mode == .injects ? "220 go\r\n250 injected" : "220 go", context)
            isSecret = true
            do {
                try context.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .first)
            } catch { context.close(promise: nil) }
        case "AUTH":
            guard isSecret else { return say("538 encryption required", context) }
            if words.count == 3, words[1] == "PLAIN" {
                let parts = decoded(words[2]).split(separator: "\u{0}", omittingEmptySubsequences: false)
                return logIn(
                    parts.count == 3 ? String(parts[1]) : "", parts.count == 3 ? String(parts[2]) : "", context)
            }
            wait = .user
            say("334 VXNlcm5hbWU6", context)
        case "MAIL":
            guard !isSecret || !known.isEmpty else { return say("530 log in", context) }
            from = between(line)
            say("250 ok", context)
        case "RCPT":
            to = between(line)
            switch fake.mode {
            case .busy: say("450 mailbox busy", context)
            case .noMailbox: say("550 no such mailbox", context)
            default: say("250 ok", context)
            }
        case "DATA":
            wait = .data
            lines = []
            say("354 go", context)
        case "QUIT":
            say("221 bye", context)
            context.close(promise: nil)
        default: say("500 what", context)
        }
    }

    private func body(_ line: String, _ context: ChannelHandlerContext) {
        guard line == "." else {
            lines.append(line.hasPrefix(".") ? String(line.dropFirst()) : line)
            return
        }
        wait = .command
        switch fake.mode {
        case .dropsAfterData: context.close(promise: nil)
        case .refusesLetter: say("554 spam", context)
        default:
            fake.take(
                FakeMailServer.Letter(
                    from: from, to: to, text: lines.joined(separator: "\n"), isSecret: isSecret, user: known))
            say("250 queued as Q\(fake.letters.count)", context)
        }
    }

    private func logIn(_ user: String, _ password: String, _ context: ChannelHandlerContext) {
        guard password == fake.password else { return say("535 wrong", context) }
        known = user
        say("235 welcome", context)
    }

    private func decoded(_ text: String) -> String {
        Data(base64Encoded: text).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private func between(_ line: String) -> String {
        line.firstIndex(of: "<").map { String(line[line.index(after: $0)...].prefix { $0 != ">" }) } ?? ""
    }
}
