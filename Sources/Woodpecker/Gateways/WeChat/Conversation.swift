import Foundation
import Kernel

/// A report that is taken step by step in a chat: what is known so far and what is asked next. A pure function of what
/// was said; nothing of it is stored before it is sealed.
struct Conversation: Codable, Sendable, Equatable {
    enum Step: String, Codable, Sendable { case idle, category, words, place, photos }

    var step = Step.idle
    var category: String?
    var words = ""
    var place = ""
    var point: GeoPoint?
    /// Pictures by the numbers under which they are fetched.
    var media: [String] = []
    /// The report that was told of last: who asks to be told of its answers means this one.
    var report: String?

    /// What comes of a message.
    enum Turn: Equatable {
        /// Words under a key of the catalogue, with what they are filled with.
        case say(String, [String: String])
        /// Everything is known: the report is to be taken.
        case report
        /// The person asks to be told of answers.
        case follow
    }

    private static let start: Set<String> = ["上报", "报", "1", "举报", "反映", "report", "爆料"]
    private static let stop: Set<String> = ["取消", "退出", "0", "cancel"]
    private static let tell: Set<String> = ["通知", "notify"]
    private static let done: Set<String> = ["提交", "完成", "好了", "没有", "ok", "submit", "done"]

    /// Takes in what was sent.
    /// - Parameter categories: codes with their names, in the order in which they are offered.
    mutating func take(_ content: WeChatMessage.Content, categories: [(code: String, name: String)]) -> Turn {
        switch content {
        case .event(let name, let key):
            switch name.lowercased() {
            case "subscribe": return .say("woodpecker.wechat.welcome", [:])
            case "click" where key == "REPORT": return begin(categories)
            case "unsubscribe":
                self = Conversation()
                return .say("", [:])
            default: return .say("", [:])
            }
        case .text(let text): return took(text.trimmingCharacters(in: .whitespacesAndNewlines), categories)
        case .voice(_, let recognition):
            guard let recognition else { return .say("woodpecker.wechat.noVoice", [:]) }
            return took(recognition, categories)
        case .image(let id):
            guard step != .idle, step != .category else { return .say("woodpecker.wechat.help", [:]) }
            guard media.count < 4 else { return .say("woodpecker.wechat.enoughPhotos", [:]) }
            media.append(id)
            return .say(
                step == .photos ? "woodpecker.wechat.gotPhoto" : "woodpecker.wechat.gotPhotoEarly",
                ["n": String(media.count)])
        case .location(let lat, let lon, let label):
            guard step == .place || step == .photos || step == .words else {
                return .say("woodpecker.wechat.help", [:])
            }
            point = GeoPoint(lat: lat, lon: lon).flatMap(ChinaDatum.wgs84)
            place = label
            if step == .words { return .say("woodpecker.wechat.askWords", [:]) }
            step = .photos
            return .say("woodpecker.wechat.askPhotos", [:])
        case .consents: return .say("", [:])
        case .other: return .say("woodpecker.wechat.help", [:])
        }
    }

    private mutating func begin(_ categories: [(code: String, name: String)]) -> Turn {
        self = Conversation()
        step = .category
        let list = categories.enumerated().map { "\($0.offset + 1) \($0.element.name)" }.joined(separator: "\n")
        return .say("woodpecker.wechat.askCategory", ["list": list])
    }

    private mutating func took(_ text: String, _ categories: [(code: String, name: String)]) -> Turn {
        if Self.stop.contains(text.lowercased()) {
            self = Conversation()
            return .say("woodpecker.wechat.cancelled", [:])
        }
        switch step {
        case .idle:
            if Self.tell.contains(text.lowercased()) { return .follow }
            return Self.start.contains(text.lowercased()) ? begin(categories) : .say("woodpecker.wechat.help", [:])
        case .category:
            let number = Int(text).flatMap { (1...max(1, categories.count)).contains($0) ? $0 - 1 : nil }
            guard let index = number ?? categories.firstIndex(where: { $0.name.contains(text) && !text.isEmpty }) else {
                return .say("woodpecker.wechat.wrongCategory", [:])
            }
            category = categories[index].code
            step = .words
            return .say("woodpecker.wechat.askWords", ["name": categories[index].name])
        case .words:
            guard !text.isEmpty else { return .say("woodpecker.wechat.askWords", [:]) }
            words = String(text.prefix(4_000))
            guard point == nil else {
                step = .photos
                return .say("woodpecker.wechat.askPhotos", [:])
            }
            step = .place
            return .say("woodpecker.wechat.askPlace", [:])
        case .place:
            place = String(text.prefix(200))
            step = .photos
            return .say("woodpecker.wechat.askPhotos", [:])
        case .photos:
            guard Self.done.contains(text.lowercased()) else {
                words = String((words + "\n" + text).prefix(4_000))
                return .say("woodpecker.wechat.added", [:])
            }
            return .report
        }
    }
}

/// Places on Chinese maps (GCJ-02) brought back to WGS-84, to about a metre.
enum ChinaDatum {
    private static let axis = 6_378_245.0
    private static let flattening = 0.006_693_421_622_965_943

    /// The WGS-84 place that such maps show at `shown`; outside China they shift nothing.
    static func wgs84(_ shown: GeoPoint) -> GeoPoint? {
        guard (72.004...137.8347).contains(shown.lon), (0.8293...55.8271).contains(shown.lat) else { return shown }
        var (lat, lon) = (shown.lat, shown.lon)
        // The shift changes slowly, so that two rounds of taking it away are enough.
        for _ in 0..<3 {
            let moved = shift(lat, lon)
            lat = shown.lat - moved.lat
            lon = shown.lon - moved.lon
        }
        return GeoPoint(lat: lat, lon: lon)
    }

    /// By how much the maps move a WGS-84 place, in degrees.
    static func shift(_ lat: Double, _ lon: Double) -> (lat: Double, lon: Double) {
        let (x, y) = (lon - 105, lat - 35)
        let wave = (20 * sin(6 * x * .pi) + 20 * sin(2 * x * .pi)) * 2 / 3
        var dLat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * abs(x).squareRoot() + wave
        dLat += (20 * sin(y * .pi) + 40 * sin(y / 3 * .pi)) * 2 / 3
        dLat += (160 * sin(y / 12 * .pi) + 320 * sin(y * .pi / 30)) * 2 / 3
        var dLon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * abs(x).squareRoot() + wave
        dLon += (20 * sin(x * .pi) + 40 * sin(x / 3 * .pi)) * 2 / 3
        dLon += (150 * sin(x / 12 * .pi) + 300 * sin(x / 30 * .pi)) * 2 / 3
        let angle = lat / 180 * .pi
        let magic = 1 - flattening * sin(angle) * sin(angle)
        let root = magic.squareRoot()
        return (
            dLat * 180 / (axis * (1 - flattening) / (magic * root) * .pi), dLon * 180 / (axis / root * cos(angle) * .pi)
        )
    }
}
