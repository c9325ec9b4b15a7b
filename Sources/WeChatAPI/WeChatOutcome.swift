/// What became of something that was asked of the official account's API.
public enum WeChatOutcome: Sendable, Equatable {
    /// It was taken; with the number under which the API knows it, empty where it gives none.
    case taken(id: String)
    /// It was refused and will be again.
    case refused(WeChatRefusal)
    /// A quota is used up, or calls come too fast (45009, 45011, 45028, 45047): nothing went out.
    case limited(code: Int)
    /// It was not asked, or said that nothing was done: trying again is safe. The text says why.
    case notSent(String)
    /// Nobody knows whether it was done: no answer came, or one that nobody can read.
    case unknown(String)
}

/// Why the API refuses for good, by its code.
public struct WeChatRefusal: Sendable, Equatable {
    /// The API's `errcode`.
    public var code: Int

    /// A refusal.
    public init(code: Int) { self.code = code }

    /// What it means for whoever sends.
    public enum Meaning: String, Sendable {
        /// 43004: the person does not follow the account.
        case notFollowing
        /// 43101: the person did not agree to such messages, or the consent is used up.
        case declined
        /// 45015: the person wrote too long ago.
        case outsideWindow
        /// 40003: there is no such person.
        case nobody
        /// 40037: there is no such template.
        case noTemplate
        /// 40001, 40125, 40013, 40164, 48001: the account itself is refused.
        case account
        /// Anything else.
        case other
    }

    /// What it means.
    public var meaning: Meaning {
        switch code {
        case 43_004: .notFollowing
        case 43_101: .declined
        case 45_015: .outsideWindow
        case 40_003: .nobody
        case 40_037: .noTemplate
        case 40_001, 40_013, 40_014, 40_125, 40_164, 42_001, 48_001: .account
        default: .other
        }
    }
}

/// What the API answers; every call has some of these members.
struct WeChatReply: Decodable, Sendable {
    var code = 0
    var id = ""
    var url: String?
    var quota: WeChatQuota?
    var menu: WeChatMenu?
    var publishStatus: Int?

    private enum Key: String, CodingKey {
        case errcode, msgid, msg_id, media_id, publish_id, url, quota, menu, publish_status
    }

    init(from decoder: any Decoder) throws {
        let box = try decoder.container(keyedBy: Key.self)
        code = try box.decodeIfPresent(Int.self, forKey: .errcode) ?? 0
        // Numbers in some calls, texts in others.
        for key in [Key.msgid, .msg_id, .media_id, .publish_id] where id.isEmpty {
            if let text = try? box.decode(String.self, forKey: key) {
                id = String(text.prefix(200))
            } else if let number = try? box.decode(Int64.self, forKey: key) {
                id = String(number)
            }
        }
        url = try? box.decode(String.self, forKey: .url)
        quota = try? box.decode(WeChatQuota.self, forKey: .quota)
        menu = try? box.decode(WeChatMenu.self, forKey: .menu)
        publishStatus = try? box.decode(Int.self, forKey: .publish_status)
    }

    /// The outcome that the code stands for.
    var outcome: WeChatOutcome {
        switch code {
        case 0: .taken(id: id)
        // A mass message with this number of ours went out before: it is the same one.
        case 45_065: .taken(id: id)
        case 45_009, 45_011, 45_028, 45_047: .limited(code: code)
        // "System busy": nothing says whether it was done.
        case -1: .unknown("busy")
        default: .refused(WeChatRefusal(code: code))
        }
    }

    /// Whether the token was refused (40001, 40014, 42001): nothing was done, another token may do.
    var isTokenRefused: Bool { [40_001, 40_014, 42_001].contains(code) }
}
