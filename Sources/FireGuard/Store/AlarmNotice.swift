import Kernel
import Notify
import Storage

/// Tells people of an alarm, through the outbox and in the alarm's own transaction.
struct AlarmNotice {
    let desk: any Desk

    func send(_ alarm: Alarm, site: Site?, _ telling: AlarmRules.Telling, in db: any Writing) throws {
        guard telling != .deskOnly else { return }
        let words = AlarmWords(alarm: alarm, site: site, desk: desk)
        var contacts: [Contact] = []
        if let site {
            if !site.ownerPhone.isEmpty {
                contacts.append(Contact(staff: site.owner, name: site.ownerName, phone: site.ownerPhone, role: "owner"))
            }
            if telling != .ownerAndDesk {
                contacts += try SiteStore.keyHolders(of: site.id, in: db).map {
                    Contact(staff: nil, name: $0.name, phone: $0.phone, role: "key-holder")
                }
            }
        }
        if telling != .ownerAndDesk { contacts += try desk.brigade(area: alarm.area, in: db) }
        let channels: [FireMessage.Channel] = telling == .everyone ? [.sms, .call] : [.sms]
        let values = words.values
        let texts = (owner: words.message(to: "owner", values), brigade: words.message(to: "brigade", values))
        let contents = (
            owner: MessageContent(kind: "fire.owner", values: values),
            brigade: MessageContent(kind: "fire.brigade", values: values)
        )
        var told: Set<String> = []
        for contact in contacts where told.insert(contact.phone).inserted {
            for channel in channels {
                try desk.tell(
                    FireMessage(
                        channel: channel, to: contact, text: contact.role == "brigade" ? texts.brigade : texts.owner,
                        caseID: alarm.caseID, subject: alarm.subject,
                        key: "\(alarm.subject)/\(telling)/\(channel.rawValue)/\(contact.phone)",
                        at: alarm.lastSignalAt,
                        content: contact.role == "brigade" ? contents.brigade : contents.owner),
                    in: db)
            }
        }
        if telling == .everyone, let caseID = alarm.caseID {
            try desk.escalate(
                subject: alarm.subject, caseID: caseID, area: alarm.area, text: texts.brigade,
                content: contents.brigade, at: alarm.lastSignalAt, in: db)
        }
    }

    /// Tells those who were told at first what it turned out to be.
    func sendVerdict(_ alarm: Alarm, site: Site?, verdict: Alarm.Verdict, at now: Instant, in db: any Writing) throws {
        let words = AlarmWords(alarm: alarm, site: site, desk: desk)
        var contacts: [Contact] = []
        if let site, !site.ownerPhone.isEmpty {
            contacts.append(Contact(staff: site.owner, name: site.ownerName, phone: site.ownerPhone, role: "owner"))
        }
        contacts += try desk.brigade(area: alarm.area, in: db)
        var told: Set<String> = []
        for contact in contacts where told.insert(contact.phone).inserted {
            try desk.tell(
                FireMessage(
                    channel: .sms, to: contact, text: words.verdict(verdict), caseID: alarm.caseID,
                    subject: alarm.subject,
                    key: "\(alarm.subject)/verified-\(verdict.rawValue)-\(now.ms)/\(contact.phone)", at: now,
                    content: MessageContent(kind: "fire.verdict.\(verdict.rawValue)", values: words.values)),
                in: db)
        }
    }
}

/// The words about an alarm in the town's language.
struct AlarmWords {
    let alarm: Alarm
    let site: Site?
    let desk: any Desk

    /// The case's title.
    var title: String {
        desk.word("fire.case.title", ["site": name, "kind": kind])
    }

    /// The site's name; a drill says that it is one wherever the name is said, also in an approved template.
    private var name: String {
        let name = site?.name ?? desk.word("fire.place.unknown", [:])
        return alarm.isDrill ? desk.word("fire.drill.site", ["site": name]) : name
    }

    /// Site and place.
    var place: String {
        guard let site else { return alarm.place }
        return [site.address, alarm.place].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// One line for a timeline.
    var line: String { desk.word("fire.case.line", ["place": alarm.place, "kind": kind]) }

    func message(to role: String, _ values: [String: String]) -> String {
        desk.word(role == "owner" || role == "key-holder" ? "fire.message.owner" : "fire.message.brigade", values)
    }

    /// What the words, and an approved template in their stead, are filled with.
    var values: [String: String] {
        [
            "site": name, "place": place, "kind": kind,
            "mark": desk.word(
                alarm.isDrill
                    ? "fire.mark.drill" : alarm.inMaintenance ? "fire.mark.maintenance" : "fire.mark.unverified", [:]),
            "time": String(alarm.raisedAt.text.suffix(8)),
        ]
    }

    func verdict(_ verdict: Alarm.Verdict) -> String {
        desk.word(
            "fire.message.verdict.\(verdict.rawValue)",
            ["site": name, "place": place])
    }

    private var kind: String { desk.word("fire.kind.\(alarm.kind.rawValue)", [:]) }
}

/// The events that screens follow. They carry no personal datum.
enum AlarmEvents {
    static func publish(_ type: String, _ alarm: Alarm, in db: any Writing) throws {
        let caseText = alarm.caseID.map { "\"\($0)\"" } ?? "null"
        let siteText = alarm.site.map { "\"\($0)\"" } ?? "null"
        try db.publish(
            NewEvent(
                type: type, subject: alarm.subject, permission: "alarm.read", area: alarm.area?.rawValue,
                data: """
                    {"id":"\(alarm.id)","caseId":\(caseText),"siteId":\(siteText),"state":"\(alarm.state.rawValue)",\
                    "severity":\(alarm.severity),"kind":"\(alarm.kind.rawValue)"}
                    """))
    }
}

extension Alarm {
    /// `alarms/…`, as events and messages name it.
    var subject: String { "alarms/\(id)" }

    /// Whether it came of a drill's announced frame.
    var isDrill: Bool { verdict == .drill && reasons.contains { $0.rule == "drill" } }
}
