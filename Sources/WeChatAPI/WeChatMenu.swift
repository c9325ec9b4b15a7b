/// The account's menu: at most three buttons, each of which does something or holds at most five that do.
public struct WeChatMenu: Codable, Sendable, Equatable {
    /// A button.
    public struct Button: Codable, Sendable, Equatable {
        /// Its words: at most 16 bytes on top, 60 below.
        public var name: String
        /// `click` sends ``key`` to the account, `view` opens ``url``; `nil` where it holds others.
        public var type: String?
        /// What a `click` sends, at most 128 bytes.
        public var key: String?
        /// What a `view` opens, at most 1,024 bytes.
        public var url: String?
        /// Those that it holds.
        public var sub_button: [Button]?

        /// A button.
        public init(
            _ name: String, type: String? = nil, key: String? = nil, url: String? = nil, holds: [Button]? = nil
        ) {
            self.name = name
            self.type = type
            self.key = key
            self.url = url
            sub_button = holds
        }
    }

    /// Those on top.
    public var button: [Button]

    /// A menu.
    public init(_ button: [Button]) { self.button = button }

    /// What the platform would refuse, as the place of the first button that is wrong, such as `1.2`; `nil` when
    /// nothing is.
    public var flaw: String? {
        guard (1...3).contains(button.count) else { return "0" }
        for (index, top) in button.enumerated() {
            let place = "\(index + 1)"
            guard Self.named(top.name, 16) else { return place }
            if let held = top.sub_button, !held.isEmpty {
                guard held.count <= 5, top.type == nil else { return place }
                for (number, low) in held.enumerated() {
                    guard Self.named(low.name, 60), low.sub_button?.isEmpty ?? true, low.acts else {
                        return "\(place).\(number + 1)"
                    }
                }
            } else if !top.acts {
                return place
            }
        }
        return nil
    }

    private static func named(_ name: String, _ most: Int) -> Bool { (1...most).contains(name.utf8.count) }
}

extension WeChatMenu.Button {
    fileprivate var acts: Bool {
        switch type {
        case "click": (1...128).contains(key?.utf8.count ?? 0)
        case "view":
            (1...1_024).contains(url?.utf8.count ?? 0)
                && (url?.hasPrefix("https://") == true || url?.hasPrefix("http://") == true)
        default: false
        }
    }
}

/// What the platform says is left of a call's daily quota.
public struct WeChatQuota: Codable, Sendable, Equatable {
    /// Calls a day.
    public var daily_limit: Int
    /// Used today.
    public var used: Int
    /// Left today.
    public var remain: Int
}
