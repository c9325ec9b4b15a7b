import Cases
import Crypt
import Foundation
import Kernel
import Places
import Storage
import WeChatAPI
import Web

/// How the official account is reached and known.
public struct WeChatConfiguration: Sendable {
    /// What both sides sign with.
    public var token: String
    /// The account's number.
    public var appID: String
    /// 43 characters; `nil` takes messages in the clear.
    public var encodingKey: String?
    /// What the account proves itself with at Tencent's API; `nil` asks nothing of it: no pictures, no messages, no menu.
    public var secret: String?
    /// Where that API is.
    public var api: String
    /// Whether the visible stand-in for a phone is shown.
    public var isSample: Bool
    /// Mass messages that the account may send in a month: four of a service account.
    public var massPerMonth = 4

    /// An account.
    public init(
        token: String, appID: String, encodingKey: String?, secret: String?,
        api: String = "https://api.weixin.qq.com", isSample: Bool = false
    ) {
        self.token = token
        self.appID = appID
        self.encodingKey = encodingKey
        self.secret = secret
        self.api = api
        self.isSample = isSample
    }
}

/// The official account's server: takes pushes, answers each once and the same way however often it comes, and takes a
/// report step by step.
struct WeChat: Sendable {
    let room: WoodpeckerRoom
    let crypto: WeChatCrypto
    let api: WeChatClient?
    /// Hides who holds a conversation, and makes a report's receipt out of the push that ended it.
    private let key: [UInt8]

    /// Milliseconds after which an unfinished conversation is forgotten.
    static let talkMs: Int64 = 3_600_000
    /// Milliseconds for which a push is known; Tencent repeats one within seconds.
    static let pushMs: Int64 = 2 * CivilTime.dayMs

    init(room: WoodpeckerRoom, crypto: WeChatCrypto, api: WeChatClient?) {
        self.room = room
        self.crypto = crypto
        self.api = api
        key = room.mint.derived("wechat")
    }

    func routes(_ routes: inout Routes) {
        routes.get("/wechat", .device, "WeChat: proves that the server is the account's") { call in
            let (timestamp, nonce) = (call.query("timestamp") ?? "", call.query("nonce") ?? "")
            guard let echo = call.query("echostr"), echo.utf8.count <= 1_000,
                crypto.isSigned(call.query("signature"), timestamp: timestamp, nonce: nonce)
            else { return .text("", status: 403) }
            return .text(echo)
        }
        routes.post("/wechat", .device, "WeChat: a push", bodyLimit: 65_536) { call in try await push(call) }
    }

    private func push(_ call: Call) async throws -> Answer {
        let (timestamp, nonce) = (call.query("timestamp") ?? "", call.query("nonce") ?? "")
        guard timestamp.utf8.count <= 20, nonce.utf8.count <= 64,
            crypto.isSigned(call.query("signature"), timestamp: timestamp, nonce: nonce)
        else { return .text("", status: 403) }
        var body = call.body
        let isSealed = call.query("encrypt_type") == "aes"
        // Who is set up for encryption takes nothing in the clear: it could be anybody's who saw one signature.
        guard isSealed == crypto.isEncrypted else { return .text("", status: 403) }
        if isSealed {
            guard let sealed = WeChatEnvelope.sealed(body),
                crypto.isSigned(call.query("msg_signature"), timestamp: timestamp, nonce: nonce, sealed),
                let plain = try? crypto.decrypt(sealed)
            else { return .text("", status: 403) }
            body = plain
        }
        let message: WeChatMessage
        do {
            message = try WeChatMessage(body)
        } catch {
            return .text("", status: 400)
        }
        let words = try await answer(message, at: .now)
        guard !words.isEmpty else { return .text("success") }
        let reply = message.reply(words, at: Instant(ms: message.time * 1_000))
        let text = isSealed ? try crypto.envelope(Array(reply.utf8), timestamp: timestamp, nonce: nonce) : reply
        return .rawJSON(text, type: "text/xml; charset=utf-8")
    }

    /// The words that answer a push; a repeat gets the same ones.
    func answer(_ message: WeChatMessage, at now: Instant) async throws -> String {
        let who = WeChatPerson(message.from, key: key)
        let (secret, person) = (who.secret, who.hash)
        let push = Secret.hex(Array(Digest.hmacSHA256(key: secret, Array(message.uniqueKey.utf8)).prefix(16)))
        let known = try await room.database.read { db in
            try (WeChatStore.reply(push, in: db), WeChatStore.talk(person, after: now - Self.talkMs, in: db))
        }
        if let reply = known.0 { return Self.unseal(reply, secret) ?? "" }
        var talk =
            known.1.flatMap { Cipher.open($0, key: secret) }
            .flatMap { try? JSON.decode(Conversation.self, $0) } ?? Conversation()
        var words: String
        var follows: ReportID?
        if case .text(let text) = message.content, let receipt = try? Receipt(text) {
            words = try await status(receipt, &talk)
        } else {
            switch talk.take(message.content, categories: categories) {
            case .say(let key, let values): words = key.isEmpty ? "" : room.word(key, values)
            case .follow:
                follows = talk.report.flatMap(ReportID.init)
                words = room.word(
                    follows == nil ? "woodpecker.wechat.noFollow" : "woodpecker.wechat.follows", [:])
            case .report:
                let receipt = Receipt(seed: Digest.hmacSHA256(key: secret, Array("receipt \(message.uniqueKey)".utf8)))
                let told = try await report(talk, receipt, from: message.from, at: now)
                words = told.words
                talk = Conversation()
                talk.report = told.report?.description
            }
        }
        let state = try Cipher.seal(try JSON.encode(talk), key: secret)
        let sealed = try Cipher.seal(Array(words.utf8), key: secret)
        let kept = words
        let isIdle = talk.step == .idle && talk.report == nil
        let number = try follows == nil ? [] : Account.seal(message.from, room.accountKey)
        let chosen = follows
        return try await room.database.write { db in
            // The same push came twice at once: the first one's answer stands, and so does its step.
            if let reply = try WeChatStore.reply(push, in: db) { return Self.unseal(reply, secret) ?? "" }
            try WeChatStore.keep(push, sealed, at: now, in: db)
            try WeChatStore.setTalk(person, isIdle ? nil : state, at: now, in: db)
            if let chosen { try AccountStore.setFollow(chosen, person, number, in: db) }
            try noted(message, person, at: now, in: db)
            try WeChatStore.forget(pushes: now - Self.pushMs, talks: now - Self.talkMs, in: db)
            return kept
        }
    }

    /// What a push changes of whom the account may tell.
    private func noted(_ message: WeChatMessage, _ person: String, at now: Instant, in db: any Writing) throws {
        switch message.content {
        case .event(let name, _):
            if name.lowercased() == "unsubscribe" { try AccountStore.drop(person, in: db) }
        case .consents(let consents):
            let wanted = try Account.templates(in: db).answer
            guard !wanted.isEmpty, let given = consents[wanted] else { return }
            if given {
                try AccountStore.addConsent(
                    person, wanted, try Account.seal(message.from, room.accountKey), at: now, in: db)
            } else {
                try AccountStore.withdrawConsents(person, wanted, in: db)
            }
        default: try AccountStore.setWindow(person, ReplyWindow(at: now, used: 0), in: db)
        }
    }

    private static func unseal(_ sealed: [UInt8], _ key: [UInt8]) -> String? {
        Cipher.open(sealed, key: key).map { String(decoding: $0, as: UTF8.self) }
    }

    private var categories: [(code: String, name: String)] {
        room.categories.map { ($0.code, $0.name.text(.zh)) }
    }

    private func status(_ receipt: Receipt, _ talk: inout Conversation) async throws -> String {
        guard !room.wrongReceipts.isOver(receipt.locator, at: .now) else {
            return room.word("woodpecker.receipt.wait", [:])
        }
        guard let opened = try await room.intake.open(receipt),
            let status = try await room.database.read({ db in
                try room.correspondence.status(opened, at: .now, in: db)
            })
        else {
            room.wrongReceipts.add(receipt.locator, at: .now)
            return room.word("woodpecker.receipt.wrong", [:])
        }
        let outcome = status.outcome.map { room.word("woodpecker.outcome.\($0.rawValue)", [:]) } ?? ""
        // Whoever reported without a name is not talked into being told in WeChat, which knows who asks.
        let mayFollow = status.report.level != .anonymous && room.account != nil
        if mayFollow, talk.step == .idle { talk.report = status.report.id.description }
        return room.word(
            "woodpecker.wechat.status",
            [
                "number": status.number, "state": room.word("woodpecker.phase.\(status.phase.rawValue)", [:]),
                "outcome": outcome,
            ]) + (mayFollow ? "\n" + room.word("woodpecker.wechat.askFollow", [:]) : "")
    }

    private func report(_ talk: Conversation, _ receipt: Receipt, from person: String, at now: Instant) async throws
        -> (words: String, report: ReportID?)
    {
        guard let category = room.category(talk.category) else {
            return (room.word("woodpecker.wechat.help", [:]), nil)
        }
        var photos: [[UInt8]] = []
        var lost = 0
        for id in talk.media {
            if let bytes = await api?.media(id), let photo = try? await ReportForm.remade(bytes) {
                photos.append(photo)
            } else {
                lost += 1
            }
        }
        let taken: Intake.Taken
        do {
            taken = try await room.intake.take(
                NewReport(
                    receipt: receipt, level: .confidential, channel: .wechat, category: category,
                    area: talk.point.flatMap(room.areas.area(at:)),
                    content: ReportContent(words: talk.words, place: talk.place, point: talk.point), photos: photos,
                    openID: person, at: now))
        } catch let problem as Problem {
            return (room.word("problem.\(problem.code)", [:]), nil)
        }
        let key = lost == 0 ? "woodpecker.wechat.taken" : "woodpecker.wechat.takenWithout"
        let words = room.word(
            key, ["receipt": receipt.text, "words": receipt.words.joined(separator: " "), "n": String(lost)])
        guard room.account != nil else { return (words, nil) }
        return (words + "\n" + room.word("woodpecker.wechat.askFollow", [:]), taken.report)
    }
}
