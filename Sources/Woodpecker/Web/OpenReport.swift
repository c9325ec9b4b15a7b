import Kernel
import Storage
import Web

/// A report with what it says, as far as the reader's key opens it.
struct OpenReport: Sendable {
    struct Line: Sendable {
        var sender: ReportMessage.Sender
        var kind: ReportMessage.Kind
        var at: Instant
        var words: String
    }

    var report: Report
    var isOpen: Bool
    var content: ReportContent?
    var confided: Confided?
    var lines: [Line] = []

    init(_ report: Report, key: [UInt8]?, confided: Confided?, in db: any Reading) throws {
        self.report = report
        self.confided = confided
        isOpen = key != nil
        guard let key else { return }
        content = try ReportStore.content(report.id, in: db).flatMap { Intake.unseal($0, key: key, "content") }
            .flatMap { try? JSON.decode(ReportContent.self, $0) }
        lines = try ReportStore.messages(report.id, in: db).compactMap { message in
            Intake.unseal(message.body, key: key, "message \(message.id)").map {
                Line(
                    sender: message.sender, kind: message.kind, at: message.at,
                    words: String(decoding: $0, as: UTF8.self))
            }
        }
    }
}

/// A case of reports for programs.
struct ReportDetail: Encodable {
    struct Message: Encodable {
        var from: String
        var kind: String
        var at: String
        var text: String
    }
    struct Item: Encodable {
        var id: ReportID
        var level: String
        var channel: String
        var open: Bool
        var words: String?
        var place: String?
        var location: GeoPoint?
        var answers: [String: [String]]?
        var photos: Int
        var rating: String?
        var messages: [Message]

        init(_ item: OpenReport) {
            id = item.report.id
            level = item.report.level.rawValue
            channel = item.report.channel.rawValue
            open = item.isOpen
            words = item.content?.words
            place = item.content?.place
            location = item.content?.point
            answers = item.content?.answers
            photos = item.report.photos
            rating = item.report.rating?.rawValue
            messages = item.lines.map {
                Message(from: $0.sender.rawValue, kind: $0.kind.rawValue, at: $0.at.rfc3339, text: $0.words)
            }
        }
    }

    var row: ReportRow
    var reports: [Item]

    enum Keys: String, CodingKey { case reports = "items" }

    func encode(to encoder: any Encoder) throws {
        try row.encode(to: encoder)
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(reports, forKey: .reports)
    }
}
