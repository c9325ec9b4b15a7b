import Crypt
import Foundation
import NIOHTTP1
import Synchronization
import WebPush

/// The far end of Web Push: a push service with its browsers. It checks the sender's token, and a browser opens what it
/// gets.
public final class FakePushService: Sendable {
    /// How it behaves.
    public enum Mode: String, Sendable, CaseIterable {
        /// It takes notices (201).
        case takes
        /// The browser has ended its subscription (410).
        case gone
        /// It knows no such subscription (404).
        case unknown
        /// It sends the sender to another address (307).
        case redirects
        /// Too many notices (429).
        case limited
        /// It breaks (503).
        case breaks
        /// It takes the notice and closes the connection.
        case hangsUp
        /// It says nothing.
        case hangs
    }

    /// A browser that may be notified.
    public struct Browser: Sendable {
        /// Where its notices go.
        public var endpoint: String
        /// Its public key, as it gives it.
        public var p256dh: String
        /// Its secret, as it gives it.
        public var auth: String

        /// A browser.
        public init(endpoint: String, p256dh: String, auth: String) {
            self.endpoint = endpoint
            self.p256dh = p256dh
            self.auth = auth
        }
    }

    /// A notice as a browser got it.
    public struct Notice: Sendable, Equatable {
        /// Which browser's.
        public var path: String
        /// What was in it.
        public var text: String
        /// Its `Topic`.
        public var topic: String
        /// Its `Urgency`.
        public var urgency: String
        /// Its `TTL` in seconds.
        public var ttl: String
        /// Whom the token names.
        public var subject: String
    }

    private struct State {
        var mode = Mode.takes
        var browsers: [String: (key: CurveKey, secret: [UInt8])] = [:]
        var notices: [Notice] = []
        var refused = 0
        var tries = 0
        var strays = 0
    }

    private let state = Mutex(State())
    private let server = Mutex<FakeHTTPServer?>(nil)

    private init() {}

    /// Starts one.
    public static func start(host: String = "127.0.0.1", port: Int = 0) async throws -> FakePushService {
        let fake = FakePushService()
        let server = try await FakeHTTPServer.start(host: host, port: port) { fake.take($0) }
        fake.server.withLock { $0 = server }
        return fake
    }

    /// Its origin.
    public var origin: String { "http://127.0.0.1:\(server.withLock { $0?.port } ?? 0)" }
    /// How it behaves from now on.
    public func set(_ mode: Mode) { state.withLock { $0.mode = mode } }
    /// What browsers got.
    public var notices: [Notice] { state.withLock { $0.notices } }
    /// How many requests had no right token, or opened for nobody.
    public var refused: Int { state.withLock { $0.refused } }
    /// How often it was asked.
    public var tries: Int { state.withLock { $0.tries } }
    /// How many came to where it had sent them.
    public var strays: Int { state.withLock { $0.strays } }
    /// Ends it.
    public func stop() async { await server.withLock { $0 }?.stop() }

    /// A browser's own part: it makes keys and an address.
    public func subscribe() throws -> Browser {
        let (key, secret) = (try CurveKey(), try Secret.bytes(16))
        let path = "/wpush/" + Secret.hex(try Secret.bytes(8))
        state.withLock { $0.browsers[path] = (key, secret) }
        return Browser(
            endpoint: origin + path, p256dh: Base64URL.text(key.publicKey), auth: Base64URL.text(secret))
    }

    private func take(_ request: FarRequest) -> FarAnswer {
        let mode = state.withLock { state in
            state.tries += 1
            if request.uri == "/elsewhere" { state.strays += 1 }
            return state.mode
        }
        switch mode {
        case .gone: return .reply(410, "")
        case .unknown: return .reply(404, "")
        case .redirects: return .redirect(origin + "/elsewhere")
        case .limited: return .reply(429, "")
        case .breaks: return .reply(503, "")
        case .hangs: return .hang
        case .hangsUp: return .hangUp
        case .takes: break
        }
        guard let subject = sender(of: request), let browser = state.withLock({ $0.browsers[request.uri] }),
            request.method == "POST", request.headers.first(name: "content-encoding") == "aes128gcm",
            let plain = PushMessage.open(request.body, with: browser.key, secret: browser.secret)
        else {
            state.withLock { $0.refused += 1 }
            return .reply(403, "")
        }
        func header(_ name: String) -> String { request.headers.first(name: name) ?? "" }
        state.withLock {
            $0.notices.append(
                Notice(
                    path: request.uri, text: String(decoding: plain, as: UTF8.self), topic: header("topic"),
                    urgency: header("urgency"), ttl: header("ttl"), subject: subject))
        }
        return .reply(201, "")
    }

    /// Whom a right token names (RFC 8292): signed by its key, for this service, and neither over nor longer than a day.
    private func sender(of request: FarRequest) -> String? {
        guard let given = request.headers.first(name: "authorization"), given.hasPrefix("vapid t=") else { return nil }
        let parts = given.dropFirst("vapid t=".count).components(separatedBy: ", k=")
        let token = parts[0].components(separatedBy: ".")
        guard parts.count == 2, token.count == 3, let key = Base64URL.bytes(parts[1]),
            let signature = Base64URL.bytes(token[2]), let claims = Base64URL.bytes(token[1]),
            CurveKey.isSigned(Array("\(token[0]).\(token[1])".utf8), signature, by: key),
            let values = (try? JSONSerialization.jsonObject(with: Data(claims))) as? [String: Any],
            values["aud"] as? String == origin, let expires = values["exp"] as? Double
        else { return nil }
        let now = Date().timeIntervalSince1970
        return expires > now && expires < now + 86_400 ? values["sub"] as? String : nil
    }
}
