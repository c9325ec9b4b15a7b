import Crypt
import Kernel
import Storage
import WeChatAPI
import Web

/// The official account's own side: whom it may tell, and under what key their numbers lie.
struct Account: Sendable {
    let database: any Database
    let client: WeChatClient
    /// The account's number, which pages of consent name.
    let appID: String
    /// Mass messages in a month of the calendar.
    let massPerMonth: Int
    /// Of the data folder: who has the database alone reads no number.
    let key: [UInt8]
    let word: @Sendable (String, [String: String]) -> String

    /// Seals a follower's number.
    func seal(_ openID: String) throws -> [UInt8] { try Self.seal(openID, key) }

    static func seal(_ openID: String, _ key: [UInt8]) throws -> [UInt8] {
        try Cipher.seal(Padding.add(Array(openID.utf8), step: 64), key: key, context: Array("account person".utf8))
    }

    /// The number that was sealed.
    func person(_ sealed: [UInt8]) -> String? {
        Cipher.open(sealed, key: key, context: Array("account person".utf8)).flatMap(Padding.remove)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// What the centre says when there is an answer, and as what.
    struct Templates: Sendable, Codable, Equatable {
        /// A subscription notice's number; empty where there is none.
        var answer = ""
        /// Its field that takes words, such as `thing1`.
        var answerField = "thing1"
        /// A one-time subscription's number, for reminders of lessons.
        var remind = ""
    }

    static func templates(in db: any Reading) throws -> Templates {
        try AccountStore.setting("templates", in: db).flatMap { try? JSON.decode(Templates.self, Array($0.utf8)) }
            ?? Templates()
    }
}

/// Who writes to the account: under what the person stands in the tables, and the key of what was said.
struct WeChatPerson: Sendable {
    let secret: [UInt8]
    let hash: String

    init(_ openID: String, key: [UInt8]) {
        secret = Digest.hmacSHA256(key: key, Array(openID.utf8))
        hash = Secret.hex(Array(Digest.hmacSHA256(key: secret, Array("person".utf8)).prefix(16)))
    }
}
