import Crypt
import Foundation
import Synchronization

/// Tencent's API of an official account, as far as the centre asks it: tokens, messages, menu, drafts, mass messages,
/// pictures. It answers or fails as its mode says, and remembers what it took.
public final class FakeWeChat: Sendable {
    /// How it behaves; the numbers are the API's own.
    public enum Mode: String, Sendable, CaseIterable {
        /// It takes everything.
        case takes
        /// 42001 until a new token is forced.
        case tokenExpired = "42001"
        /// 40001 whatever the token.
        case tokenInvalid = "40001"
        /// 45009: the day's quota of the call is used up.
        case dailyQuota = "45009"
        /// 45047: too many messages to this person.
        case tooMany = "45047"
        /// 45015: the person wrote too long ago.
        case outsideWindow = "45015"
        /// 43004: the person does not follow.
        case notFollowing = "43004"
        /// 43101: the person did not agree.
        case declined = "43101"
        /// -1: busy.
        case busy = "-1"
        /// It takes the request and says nothing.
        case hangs
        /// It takes the request, does it, and closes the connection.
        case hangsUp
        /// It answers what nobody can read.
        case babbles
        /// HTTP 503.
        case breaks
    }

    /// What was taken.
    public struct Taken: Sendable, Equatable {
        /// The call's path.
        public var path: String
        /// The document, as it was sent.
        public var body: String
    }

    private struct State {
        var mode = Mode.takes
        var taken: [Taken] = []
        var asked: [String: Int] = [:]
        var token = 1
        var forced = 0
        var wrongTokens = 0
        var references: [String: Int] = [:]
        var menu = ""
    }

    private let state = Mutex(State())
    private let appID: String
    private let secret: String
    private let server = Mutex<FakeHTTPServer?>(nil)
    private let picture: [UInt8]

    private init(appID: String, secret: String, picture: [UInt8]) {
        self.appID = appID
        self.secret = secret
        self.picture = picture
    }

    /// Starts one; port 0 lets the system choose.
    /// - Parameter picture: what `media/get` gives.
    public static func start(
        appID: String, secret: String, host: String = "127.0.0.1", port: Int = 0, picture: [UInt8] = []
    ) async throws -> FakeWeChat {
        let fake = FakeWeChat(appID: appID, secret: secret, picture: picture)
        let server = try await FakeHTTPServer.start(host: host, port: port, limit: 12 << 20) { fake.answer($0) }
        fake.server.withLock { $0 = server }
        return fake
    }

    /// Where it listens.
    public var port: Int { server.withLock { $0?.port } ?? 0 }
    /// How it behaves from now on.
    public func set(_ mode: Mode) { state.withLock { $0.mode = mode } }
    /// What it has taken, tokens left out.
    public var taken: [Taken] { state.withLock { $0.taken } }
    /// How often a path was asked.
    public func asked(_ path: String) -> Int { state.withLock { $0.asked[path] ?? 0 } }
    /// How often a new token was forced.
    public var forced: Int { state.withLock { $0.forced } }
    /// Requests with a token that was not the newest.
    public var wrongTokens: Int { state.withLock { $0.wrongTokens } }
    /// The token that it takes now, which nobody else may write down.
    public var token: String { state.withLock { Self.token($0.token) } }
    /// Ends the token, as another program does that asks the old way.
    public func endToken() { state.withLock { $0.token += 1 } }
    /// Ends it.
    public func stop() async {
        let server = server.withLock { $0 }
        await server?.stop()
    }

    private static func token(_ number: Int) -> String {
        "CANARY-TOKEN-\(number)-" + String(repeating: "t", count: 500)
    }

    private func answer(_ request: FarRequest) -> FarAnswer {
        let path = String(request.uri.prefix { $0 != "?" })
        let body = (try? JSONSerialization.jsonObject(with: Data(request.body))) as? [String: Any] ?? [:]
        return state.withLock { state in
            state.asked[path, default: 0] += 1
            if path == "/cgi-bin/stable_token" { return token(body, &state) }
            guard request.query.contains("access_token=") else { return error(41_001) }
            guard request.query.removingPercentEncoding?.contains("access_token=" + Self.token(state.token)) == true
            else {
                state.wrongTokens += 1
                return error(40_001)
            }
            switch state.mode {
            case .takes: return take(path, body, request.body, &state)
            case .hangs: return .hang
            case .hangsUp:
                _ = take(path, body, request.body, &state)
                return .hangUp
            case .babbles: return .reply(200, "<html>")
            case .breaks: return .reply(503, "{}")
            default: return error(Int(state.mode.rawValue) ?? -1)
            }
        }
    }

    private func token(_ body: [String: Any], _ state: inout State) -> FarAnswer {
        guard body["appid"] as? String == appID, body["grant_type"] as? String == "client_credential" else {
            return error(40_013)
        }
        guard body["secret"] as? String == secret else { return error(40_125) }
        if body["force_refresh"] as? Bool == true {
            state.token += 1
            state.forced += 1
            if state.mode == .tokenExpired { state.mode = .takes }
        }
        return .reply(200, "{\"access_token\":\"\(Self.token(state.token))\",\"expires_in\":7200}")
    }

    private func take(_ path: String, _ body: [String: Any], _ bytes: [UInt8], _ state: inout State) -> FarAnswer {
        if path == "/cgi-bin/media/get" { return .file(picture, type: "image/jpeg") }
        if path == "/cgi-bin/menu/get" {
            return state.menu.isEmpty ? error(46_003) : .reply(200, "{\"menu\":\(state.menu)}")
        }
        if path == "/cgi-bin/openapi/quota/get" {
            return .reply(200, #"{"errcode":0,"quota":{"daily_limit":500000,"used":12,"remain":499988}}"#)
        }
        if path == "/cgi-bin/freepublish/get" { return .reply(200, #"{"publish_id":"1","publish_status":0}"#) }
        // A number of the sender's own is taken once.
        let reference = body["clientmsgid"] as? String ?? body["client_msg_id"] as? String
        if let reference, let known = state.references[reference] {
            return path.contains("/mass/")
                ? .reply(200, "{\"errcode\":45065,\"errmsg\":\"clientmsgid exist\",\"msg_id\":\(known)}")
                : .reply(200, "{\"errcode\":0,\"errmsg\":\"ok\",\"msgid\":\(known)}")
        }
        let isText = path != "/cgi-bin/material/add_material"
        let text = isText ? String(decoding: bytes, as: UTF8.self) : "\(bytes.count) bytes"
        state.taken.append(Taken(path: path, body: text))
        let number = state.taken.count
        if let reference { state.references[reference] = number }
        switch path {
        case "/cgi-bin/menu/create": state.menu = text
        case "/cgi-bin/draft/add": return .reply(200, "{\"media_id\":\"draft-\(number)\"}")
        case "/cgi-bin/material/add_material":
            return .reply(200, "{\"media_id\":\"picture-\(number)\",\"url\":\"http://x\"}")
        case "/cgi-bin/freepublish/submit": return .reply(200, "{\"errcode\":0,\"publish_id\":\"\(number)\"}")
        case "/cgi-bin/message/mass/sendall": return .reply(200, "{\"errcode\":0,\"msg_id\":\(number)}")
        case "/cgi-bin/message/template/send":
            return .reply(200, "{\"errcode\":0,\"errmsg\":\"ok\",\"msgid\":\(number)}")
        default: break
        }
        return .reply(200, #"{"errcode":0,"errmsg":"ok"}"#)
    }

    private func error(_ code: Int) -> FarAnswer { .reply(200, "{\"errcode\":\(code),\"errmsg\":\"refused rid: x\"}") }
}
