import Crypt
import Foundation
import Kernel
import Storage
import Web

extension WoodpeckerRoom {
    /// Reminders: a calendar file and RSS, for which nobody needs to say who it is, and a message in WeChat once, for
    /// who agrees to it there.
    func reminderRoutes(_ routes: inout Routes) {
        routes.get("/lessons/{id}/season.ics", .device, "The beginning of a lesson's season, for a calendar") { call in
            let lesson = try await shown(call)
            guard let next = Season.next(lesson.months, after: .now) else { throw Problem.notFound }
            let text = Self.calendar(lesson, next, root: root(call), word: call.word("woodpecker.lessons.title"))
            return Citizen.sealed(
                .bytes(Array(text.utf8), type: "text/calendar; charset=utf-8", name: "lesson-\(lesson.id).ics"))
        }
        routes.get(
            "/lessons/{id}/remind", .device, "WeChat brings back who agreed to one reminder of a lesson's topic"
        ) { call in try await reminded(call) }
    }

    /// Where the centre's pages are read: as it was told, else as the caller found it.
    func root(_ call: Call) -> String {
        configuration.publicURL
            ?? "\(call.incoming.isSecure ? "https" : "http")://\(call.incoming.authority ?? "127.0.0.1")"
    }

    /// An event every year on the season's first day (RFC 5545), lines folded at 75 bytes.
    static func calendar(_ lesson: Lesson, _ day: Instant, root: String, word: String) -> String {
        func plain(_ text: String) -> String {
            text.replacing("\\", with: "\\\\").replacing(";", with: "\\;").replacing(",", with: "\\,")
                .replacing("\r\n", with: "\\n").replacing("\n", with: "\\n").replacing("\r", with: "\\n")
        }
        let date = String(day.text.prefix(10)).replacing("-", with: "")
        let lines = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Zhili//Lessons//ZH", "BEGIN:VEVENT",
            "UID:lesson-\(lesson.id)@zhili", "DTSTAMP:\(date)T000000Z", "DTSTART;VALUE=DATE:\(date)",
            "RRULE:FREQ=YEARLY", "SUMMARY:\(plain(lesson.title))", "DESCRIPTION:\(plain(lesson.summary))",
            "URL:\(root)/lessons/\(lesson.id)", "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:PT9H",
            "DESCRIPTION:\(plain(word))", "END:VALARM", "END:VEVENT", "END:VCALENDAR",
        ]
        return lines.map(folded).joined()
    }

    private static func folded(_ line: String) -> String {
        var (out, count) = ("", 0)
        for character in line {
            let size = String(character).utf8.count
            if count + size > 74 { (out, count) = (out + "\r\n ", 1) }
            out.append(character)
            count += size
        }
        return out + "\r\n"
    }

    /// The page of WeChat on which somebody agrees to one reminder, where the account has a template for it.
    func remindAddress(_ lesson: Lesson, _ call: Call) async throws -> String? {
        guard let account else { return nil }
        let template = try await database.read { db in try Account.templates(in: db) }.remind
        guard !template.isEmpty else { return nil }
        let back = "\(root(call))/lessons/\(lesson.id)/remind"
        func part(_ text: String) -> String {
            text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        }
        return "https://mp.weixin.qq.com/mp/subscribemsg?action=get_confirm&appid=\(part(account.appID))"
            + "&scene=\(lesson.topic.scene)&template_id=\(part(template))&redirect_url=\(part(back))"
            + "&reserved=\(remindMark(lesson.id, .now))#wechat_redirect"
    }

    /// Shows that the way to WeChat began on a page of ours, today or yesterday.
    func remindMark(_ id: LessonID, _ now: Instant) -> String {
        let text = Array("remind \(id) \(now.dayNumber)".utf8)
        return Secret.hex(Array(Digest.hmacSHA256(key: accountKey, text).prefix(12)))
    }

    private func reminded(_ call: Call) async throws -> Answer {
        let lesson = try await shown(call)
        let given = Array((call.query("reserved") ?? "").utf8)
        let now = Instant.now
        let isOurs = [now, now - CivilTime.dayMs].contains {
            Secret.equal(Array(remindMark(lesson.id, $0).utf8), given)
        }
        let openID = call.query("openid") ?? ""
        guard let account, isOurs, call.query("action") == "confirm", (1...128).contains(openID.utf8.count),
            call.query("scene") == String(lesson.topic.scene), let template = call.query("template_id"),
            !template.isEmpty
        else { return .redirect(to: "/lessons/\(lesson.id)") }
        if let network = Citizen.network(call.incoming.address), !floods.allows(network, at: now) {
            throw Problem(429, "woodpecker.flood", retryAfter: 600)
        }
        let person = WeChatPerson(openID, key: mint.derived("wechat")).hash
        let sealed = try account.seal(openID)
        let scene = lesson.topic.scene
        try await database.write { db in
            guard try Account.templates(in: db).remind == template else { return }
            try AccountStore.addConsent(person, template, scene: scene, sealed, at: now, in: db)
        }
        return .redirect(to: "/lessons/\(lesson.id)?reminds=1")
    }
}
