import Foundation
import Kernel

/// The one holder of the account's token (`/cgi-bin/stable_token`): asks once for all who wait, and forces a new token
/// only where the platform's own is refused. It is in memory alone and never written anywhere.
actor WeChatToken {
    /// What came of asking.
    enum Answer: Sendable, Equatable {
        case token(String)
        case failed(WeChatOutcome)
    }

    private struct Reply: Decodable {
        var access_token: String?
        var expires_in: Int64?
        var errcode: Int?
    }

    private let appID: String
    private let secret: String
    private let post: @Sendable (String, [UInt8]) async -> WeChatWire.Answer
    private var held: (text: String, until: Instant)?
    private var asking: Task<Answer, Never>?
    private var forcedAt: Instant?
    private var forced: (day: Int, count: Int) = (0, 0)

    /// The platform takes 20 forced changes a day, at least 30 s apart.
    private static let forcedPerDay = 20
    private static let forcedPauseMs: Int64 = 30_000

    init(
        appID: String, secret: String, post: @escaping @Sendable (String, [UInt8]) async -> WeChatWire.Answer
    ) {
        self.appID = appID
        self.secret = secret
        self.post = post
    }

    /// The token.
    /// - Parameter refused: a token that the API did not take; it is not given again.
    func get(refused: String? = nil) async -> Answer {
        if let held, held.until > .now, held.text != refused { return .token(held.text) }
        if let asking { return await asking.value }
        let task = Task { await ask(refused: refused) }
        asking = task
        let answer = await task.value
        asking = nil
        return answer
    }

    private func ask(refused: String?) async -> Answer {
        let first = await fetch(force: false)
        guard case .token(let text) = first, text == refused else { return first }
        let now = Instant.now
        if now.dayNumber != forced.day { forced = (now.dayNumber, 0) }
        guard forced.count < Self.forcedPerDay, forcedAt.map({ now - $0 >= Self.forcedPauseMs }) ?? true else {
            return .failed(.notSent("token refused"))
        }
        (forcedAt, forced.count) = (now, forced.count + 1)
        return await fetch(force: true)
    }

    private func fetch(force: Bool) async -> Answer {
        struct Wish: Encodable {
            var grant_type = "client_credential"
            var appid: String
            var secret: String
            var force_refresh: Bool
        }
        guard let body = try? JSONEncoder().encode(Wish(appid: appID, secret: secret, force_refresh: force)) else {
            return .failed(.notSent("token"))
        }
        // Whatever goes wrong here, nothing was sent with the token that is not there.
        guard case .bytes(let bytes, _) = await post("/cgi-bin/stable_token", Array(body)),
            let reply = try? JSONDecoder().decode(Reply.self, from: Data(bytes))
        else { return .failed(.notSent("token")) }
        if let code = reply.errcode, code != 0 {
            return .failed(code == 45_009 || code == 45_011 ? .limited(code: code) : .refused(.init(code: code)))
        }
        guard let text = reply.access_token, (1...2_048).contains(text.utf8.count),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { return .failed(.notSent("token")) }
        // The platform changes it five minutes before its end.
        held = (text, Instant.now + max(60, min(7_200, reply.expires_in ?? 0) - 300) * 1_000)
        return .token(text)
    }
}
