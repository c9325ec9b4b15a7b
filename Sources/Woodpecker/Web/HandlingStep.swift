import Kernel
import Places
import Web

/// Something that is done with a case of reports.
struct HandlingStep: Codable, Sendable {
    enum Act: String, Codable, Sendable, CaseIterable {
        case handOver = "hand-over"
        case giveBack = "give-back"
        case answer, ask, note, finish, verify, rework, merge, extend, mute, unmute, publish, unpublish
        case suspend, resume, supervise, reject, assist, release
        case callBack = "call-back"

        /// Whether it is the desk's alone.
        var isRouting: Bool {
            switch self {
            case .handOver, .verify, .rework, .merge, .extend, .mute, .unmute, .publish, .unpublish, .suspend, .resume,
                .supervise, .reject, .assist, .release, .callBack:
                true
            case .giveBack, .answer, .ask, .note, .finish: false
            }
        }

        var needsText: Bool {
            switch self {
            case .giveBack, .answer, .ask, .note, .finish, .rework, .extend, .publish, .suspend, .reject: true
            case .handOver, .verify, .merge, .mute, .unmute, .unpublish, .resume, .supervise, .assist, .release,
                .callBack:
                false
            }
        }
    }

    var act: Act
    var text: String?
    var department: DepartmentID?
    var outcome: Outcome?
    var other: String?
    var days: Int?
    var report: ReportID?
    var result: String?

    init(_ form: Form) throws {
        guard let act = form["act"].flatMap(Act.init(rawValue:)) else { throw Problem.invalid(["act": "invalid"]) }
        self.act = act
        text = form["text"]
        department = form["department"].flatMap(DepartmentID.init)
        outcome = form["outcome"].flatMap(Outcome.init(rawValue:))
        other = form["other"]
        days = form["days"].flatMap { Int($0) }
        report = form["report"].flatMap(ReportID.init)
        result = form["result"]
        try check()
    }

    func check() throws {
        var check = FieldCheck()
        _ = check.text(text, "text", (act.needsText ? 1 : 0)...2_000)
        try check.finish()
    }
}
