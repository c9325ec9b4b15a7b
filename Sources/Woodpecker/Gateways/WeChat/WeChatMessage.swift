import Kernel
import XML

/// A push of the official account: what a follower sent or did.
struct WeChatMessage: Sendable, Equatable {
    enum Content: Sendable, Equatable {
        case text(String)
        /// A picture, by the number under which it is fetched; the address beside it is never followed.
        case image(mediaID: String)
        case voice(mediaID: String, recognition: String?)
        /// A place as WeChat's map has it (GCJ-02), and its name.
        case location(lat: Double, lon: Double, label: String)
        case event(name: String, key: String)
        /// Consents to messages that were given, or withdrawn, by their templates' numbers.
        case consents([String: Bool])
        case other(String)
    }

    /// The account.
    var to: String
    /// The follower's number at this account.
    var from: String
    /// Seconds since 1970.
    var time: Int64
    /// A message's number; events have none.
    var messageID: String?
    var content: Content

    /// What tells one push from another: a message's number, else who, when and what. A push is sent up to three times.
    var uniqueKey: String {
        if let messageID { return "m \(messageID)" }
        if case .event(let name, let key) = content { return "e \(from) \(time) \(name) \(key)" }
        if case .consents(let consents) = content {
            return "c \(from) \(time) \(consents.sorted { $0.key < $1.key }.map { "\($0.key)\($0.value)" })"
        }
        return "x \(from) \(time)"
    }

    /// Why a document is no push.
    enum Flaw: Error, Equatable { case notXML, missing(String) }

    /// Reads a push; document types and entities are refused, and no field is believed to be there.
    init(_ bytes: [UInt8]) throws(Flaw) {
        let tree: XMLTree
        do {
            tree = try XMLReader.read(bytes, limits: XMLLimits(bytes: 65_536, depth: 6, nodes: 300))
        } catch { throw .notXML }
        func text(_ name: String) -> String? { tree.value(name).flatMap { $0.isEmpty ? nil : $0 } }
        guard let to = text("ToUserName"), to.utf8.count <= 128 else { throw .missing("ToUserName") }
        guard let from = text("FromUserName"), from.utf8.count <= 128 else { throw .missing("FromUserName") }
        guard let time = text("CreateTime").flatMap({ Int64($0) }) else { throw .missing("CreateTime") }
        guard let type = text("MsgType") else { throw .missing("MsgType") }
        (self.to, self.from, self.time) = (to, from, time)
        messageID = text("MsgId").flatMap { Int64($0).map(String.init) }
        switch type {
        case "text": content = .text(String((text("Content") ?? "").prefix(4_000)))
        case "image":
            guard let id = text("MediaId") else { throw .missing("MediaId") }
            content = .image(mediaID: String(id.prefix(200)))
        case "voice":
            guard let id = text("MediaId") else { throw .missing("MediaId") }
            content = .voice(
                mediaID: String(id.prefix(200)), recognition: text("Recognition").map { String($0.prefix(2_000)) })
        case "location":
            guard let lat = text("Location_X").flatMap(Double.init), let lon = text("Location_Y").flatMap(Double.init),
                lat.isFinite, lon.isFinite
            else { throw .missing("Location_X") }
            content = .location(lat: lat, lon: lon, label: String((text("Label") ?? "").prefix(200)))
        case "event":
            if let consents = Self.consents(tree) {
                content = .consents(consents)
                return
            }
            content = .event(
                name: String((text("Event") ?? "").prefix(64)), key: String((text("EventKey") ?? "").prefix(200)))
        default: content = .other(String(type.prefix(64)))
        }
    }

    /// What `subscribe_msg_popup_event` and `subscribe_msg_change_event` tell, `nil` for other events.
    private static func consents(_ tree: XMLTree) -> [String: Bool]? {
        let names = [
            "subscribe_msg_popup_event": "SubscribeMsgPopupEvent",
            "subscribe_msg_change_event": "SubscribeMsgChangeEvent",
        ]
        guard let name = tree.value("Event").flatMap({ names[$0] }), let box = tree[name] else { return nil }
        var consents: [String: Bool] = [:]
        for item in box.all("List").prefix(20) {
            guard let template = item.value("TemplateId"), (1...64).contains(template.utf8.count) else { continue }
            consents[template] = item.value("SubscribeStatusString") == "accept"
        }
        return consents
    }

    /// The passive reply to it: a text.
    func reply(_ words: String, at now: Instant) -> String {
        func data(_ text: String) -> String {
            "<![CDATA[\(text.replacing("]]>", with: "]]]]><![CDATA[>"))]]>"
        }
        return
            "<xml><ToUserName>\(data(from))</ToUserName><FromUserName>\(data(to))</FromUserName>"
            + "<CreateTime>\(now.ms / 1_000)</CreateTime><MsgType><![CDATA[text]]></MsgType>"
            + "<Content>\(data(words))</Content></xml>"
    }
}

/// A passive reply as the far side reads it.
struct WeChatReply {
    let text: String

    init(_ bytes: [UInt8]) throws {
        text = try XMLReader.read(bytes, limits: XMLLimits(bytes: 65_536, depth: 6, nodes: 100)).value("Content") ?? ""
    }
}
