/// A message to one person, with what the API needs for its kind.
public enum WeChatNotice: Sendable, Equatable {
    /// A customer-service text: 5 within 48 hours of the person's last message (45015, 45047 beyond).
    case text(openID: String, String)
    /// A template message (模板消息). `reference` is at most 32 characters of ours: within ten minutes the platform
    /// sends one message for a person and a reference, so that a repeat in that time is none.
    case template(openID: String, template: String, url: String?, data: [String: String], reference: String?)
    /// A subscription notice (订阅通知): one consent of the person is one message (43101 beyond).
    case subscription(openID: String, template: String, page: String?, data: [String: String])
    /// A message of a one-time subscription (一次性订阅消息); `scene` is that of the consent, 0…10000, the title at most
    /// 15 characters.
    case oneTime(openID: String, template: String, url: String?, scene: Int, title: String, text: String)

    /// Whether it may be handed over again within ten minutes without reaching anybody twice.
    public var isRepeatable: Bool {
        if case .template(_, _, _, _, .some) = self { return true }
        return false
    }

    var path: String {
        switch self {
        case .text: "/cgi-bin/message/custom/send"
        case .template: "/cgi-bin/message/template/send"
        case .subscription: "/cgi-bin/message/subscribe/bizsend"
        case .oneTime: "/cgi-bin/message/template/subscribe"
        }
    }

    var body: Body {
        func values(_ data: [String: String]) -> [String: Value] { data.mapValues { Value(value: $0) } }
        return switch self {
        case .text(let person, let words): Body(touser: person, msgtype: "text", text: .init(content: words))
        case .template(let person, let template, let url, let data, let reference):
            Body(touser: person, template_id: template, url: url, data: values(data), client_msg_id: reference)
        case .subscription(let person, let template, let page, let data):
            Body(touser: person, template_id: template, page: page, data: values(data))
        case .oneTime(let person, let template, let url, let scene, let title, let text):
            Body(
                touser: person, template_id: template, url: url, data: ["content": Value(value: text)],
                scene: String(scene), title: String(title.prefix(15)))
        }
    }

    struct Value: Encodable { var value: String }
    struct Text: Encodable { var content: String }

    /// The document of all four calls; what a call does not have is left out.
    struct Body: Encodable {
        var touser: String
        var msgtype: String?
        var text: Text?
        var template_id: String?
        var url: String?
        var page: String?
        var data: [String: Value]?
        var client_msg_id: String?
        var scene: String?
        var title: String?
    }
}
