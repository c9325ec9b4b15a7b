/// The languages of the screens; Chinese first.
public enum Language: String, Sendable, CaseIterable {
    case zh = "zh-CN"
    case en = "en"

    /// The wish of a cookie, else of `Accept-Language`, else Chinese.
    public init(cookie: String?, accept: String?) {
        if let chosen = cookie.flatMap(Language.init(rawValue:)) {
            self = chosen
        } else {
            self = accept?.lowercased().hasPrefix("en") == true ? .en : .zh
        }
    }
}
