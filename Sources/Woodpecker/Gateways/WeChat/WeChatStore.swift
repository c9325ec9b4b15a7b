import Kernel
import Storage
import XML

/// Pushes that were answered and conversations that are not finished.
enum WeChatStore {
    static func reply(_ push: String, in db: any Reading) throws -> [UInt8]? {
        try db.value([UInt8].self, "SELECT reply FROM wechat_push WHERE push = \(push)")
    }

    static func keep(_ push: String, _ reply: [UInt8], at now: Instant, in db: any Writing) throws {
        try db.execute("INSERT INTO wechat_push (push, at, reply) VALUES (\(push), \(hour(now)), \(reply))")
    }

    static func talk(_ person: String, after moment: Instant, in db: any Reading) throws -> [UInt8]? {
        try db.value(
            [UInt8].self, "SELECT state FROM wechat_talk WHERE person = \(person) AND at >= \(hour(moment))")
    }

    static func setTalk(_ person: String, _ state: [UInt8]?, at now: Instant, in db: any Writing) throws {
        guard let state else {
            try db.execute("DELETE FROM wechat_talk WHERE person = \(person)")
            return
        }
        try db.execute(
            """
            INSERT INTO wechat_talk (person, at, state) VALUES (\(person), \(hour(now)), \(state))
            ON CONFLICT (person) DO UPDATE SET at = excluded.at, state = excluded.state
            """)
    }

    static func forget(pushes: Instant, talks: Instant, in db: any Writing) throws {
        try db.execute("DELETE FROM wechat_push WHERE at < \(hour(pushes))")
        try db.execute("DELETE FROM wechat_talk WHERE at < \(hour(talks))")
    }

    private static func hour(_ moment: Instant) -> Instant { Coarse.moment(moment, .confidential) }
}

/// The outer document of an encrypted push.
enum WeChatEnvelope {
    static func sealed(_ bytes: [UInt8]) -> String? {
        try? XMLReader.read(bytes, limits: XMLLimits(bytes: 65_536, depth: 4, nodes: 20)).value("Encrypt")
    }
}
