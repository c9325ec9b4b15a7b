import Cases
import Foundation
import Identity
import Kernel
import Print
import Storage
import Web

/// A watch and all that is known of it.
struct ShiftLog: Sendable {
    var shift: Shift
    var roster: Roster?
    var handover: Handover?
    var names: [StaffID: String]
    /// Oldest first.
    var lines: [LogLine]
    /// Whether more happened than ``DutyRoom/logLimit`` lines.
    var isCut: Bool
}

extension DutyRoom {
    /// Lines of cases and of other rooms that a log takes.
    static let logLimit = 2_000

    /// The log of a watch as it stands now, in the caller's language.
    func shiftLog(_ id: ShiftID, _ call: Call, in db: any Reading) throws -> ShiftLog {
        guard let shift = try ShiftStore.find(id, in: db) else { throw Problem.notFound }
        let span = shift.startsAt..<shift.endsAt
        let cases = try cases.happened(in: span, limit: Self.logLimit + 1, in: db)
        let others = try happened(span, Self.logLimit + 1, db) { call.word($0, $1) }
        let remarks = try RemarkStore.of(id, in: db)
        let handover = try HandoverStore.of(id, in: db)
        let items = try handover.map { try HandoverStore.items(of: $0.id, in: db) } ?? []
        let received = try HandoverStore.received(by: id, in: db)
        var people = [shift.staff, shift.planned] + remarks.map(\.staff)
        people += [handover?.taker, received?.giver].compactMap(\.self)
        let names = try StaffDirectory.names(of: people, in: db)
        let name = { (id: StaffID) in names[id] ?? "" }

        var lines = cases.prefix(Self.logLimit).map { record, entry in
            LogLine(
                at: entry.at, kind: .step, who: entry.actorName(call),
                text: "\(record.number) \(record.title)：\(entry.text(call))", href: "/cases/\(record.id)")
        }
        lines += others.prefix(Self.logLimit)
        lines += remarks.map { LogLine(at: $0.at, kind: .remark, who: name($0.staff), text: $0.text) }
        if let at = shift.checkedInAt {
            lines.append(
                LogLine(at: at, kind: .watch, who: name(shift.staff), text: call.word("duty.log.checkedIn")))
        }
        if let at = shift.missedAt {
            lines.append(LogLine(at: at, kind: .watch, text: call.word("duty.log.missed"), isBad: true))
        }
        if let received {
            lines.append(
                LogLine(
                    at: received.at, kind: .watch, who: name(received.giver), text: call.word("duty.log.received"),
                    href: "/duty/handovers/\(received.id)"))
        }
        if let handover {
            let href = "/duty/handovers/\(handover.id)"
            lines.append(
                LogLine(
                    at: handover.at, kind: .watch, who: name(handover.giver),
                    text: call.word(
                        "duty.log.handedOver", ["name": name(handover.taker), "n": String(items.count)]), href: href))
            for item in items {
                guard let at = item.decidedAt else { continue }
                lines.append(
                    LogLine(
                        at: at, kind: .watch, who: name(handover.taker),
                        text: call.word(
                            item.state == .kept ? "duty.log.kept" : "duty.log.taken",
                            ["item": item.text, "note": item.note]), href: href, isBad: item.state == .kept))
            }
        }
        lines += try unmanned(span, role: shift.role, area: shift.area, call, in: db)
        return ShiftLog(
            shift: shift, roster: try RosterStore.find(shift.roster, in: db), handover: handover, names: names,
            lines: lines.sorted { $0.at < $1.at }, isCut: cases.count > Self.logLimit || others.count > Self.logLimit)
    }

    /// The past hours of a stretch in which nobody had come as `role`.
    private func unmanned(
        _ span: Range<Instant>, role: Role, area: AreaID?, _ call: Call, in db: any Reading
    ) throws -> [LogLine] {
        let until = min(span.upperBound, .now)
        guard span.lowerBound < until else { return [] }
        let shifts = try ShiftStore.page(
            ShiftFilter(role: role, from: span.lowerBound, until: until), limit: 500, in: db
        ).filter { $0.area == area && $0.mustCover }
        guard !shifts.isEmpty else { return [] }
        return OnCall.gaps(in: span.lowerBound..<until, covered: shifts.compactMap(\.attended)).map { gap in
            LogLine(
                at: gap.lowerBound, kind: .gap,
                text: call.word(
                    "duty.log.gap",
                    [
                        "role": call.word("role.\(role.rawValue)"), "span": call.span(gap.lowerBound, gap.upperBound),
                        "minutes": String((gap.upperBound - gap.lowerBound) / 60_000),
                    ]), isBad: true)
        }
    }

    /// The log on paper.
    func paper(_ log: ShiftLog, _ call: Call, address: String?) -> Document {
        let shift = log.shift
        let name = { (id: StaffID) in log.names[id] ?? "" }
        let counts = Dictionary(grouping: log.lines, by: \.kind).mapValues(\.count)
        var facts: [Document.Fact] = [
            .init(call.word("duty.column.name"), name(shift.staff)),
            .init(call.word("duty.column.role"), call.word("role.\(shift.role.rawValue)")),
            .init(
                call.word("duty.column.time"),
                call.weekday(shift.startsAt) + " " + call.span(shift.startsAt, shift.endsAt)),
            .init(call.word("duty.column.came"), shift.checkedInAt?.text ?? call.word("duty.log.notCome")),
        ]
        if shift.origin != .rotation {
            facts.append(.init(call.word("duty.column.planned"), name(shift.planned)))
            facts.append(.init(call.word("duty.column.note"), shift.note))
        }
        let summary = LogLine.Kind.allCases.filter { counts[$0] != nil }.map {
            "\(call.word("duty.log.kind.\($0.rawValue)")) \(counts[$0] ?? 0)"
        }.joined(separator: " · ")
        var blocks: [Document.Block] = [.facts(facts), .heading(call.word("duty.log.title"), level: 1)]
        if !summary.isEmpty { blocks.append(.note(summary)) }
        blocks.append(
            .table(
                Document.Table(
                    columns: [
                        .init(call.word("duty.column.time"), share: 1.5),
                        .init(call.word("duty.log.what"), share: 1),
                        .init(call.word("duty.log.who"), share: 1.4), .init(call.word("duty.log.words"), share: 6),
                    ],
                    rows: log.lines.map { line in
                        [
                            .init(line.at.shortText),
                            .init(call.word("duty.log.kind.\(line.kind.rawValue)"), isStrong: line.isBad),
                            .init(line.who),
                            .init(line.text, link: line.href.isEmpty ? "" : address.map { $0 + line.href } ?? ""),
                        ]
                    }, empty: call.word("duty.log.empty"))))
        if log.isCut { blocks.append(.note(call.word("duty.log.cut", ["n": String(Self.logLimit)]))) }
        if let handover = log.handover {
            blocks.append(
                .note(call.word("duty.log.signed", ["time": handover.at.text, "digest": handover.digest])))
        }
        blocks.append(.signatures([call.word("duty.handover.giver"), call.word("duty.handover.taker")]))
        return Document(
            title: call.word("duty.log.paper", ["watch": shift.watch, "date": String(shift.startsAt.date)]),
            subtitle: log.roster?.name ?? "",
            footer: call.word("common.printed", ["time": Instant.now.text, "name": (try? call.signedIn().name) ?? ""]),
            blocks: blocks, pageWords: call.pageWords)
    }

    func shiftLogRoutes(_ routes: inout Routes) {
        routes.get("/duty/shifts/{id}/log.pdf", .needs(.dutyRead), "The log of a watch as PDF") { call in
            let id: ShiftID = try call.id()
            let log = try await database.read { db in try shiftLog(id, call, in: db) }
            let bytes = try await Printer.shared.pdf(paper(log, call, address: address()))
            let name = "\(call.word("duty.log.title"))-\(log.shift.startsAt.date)-\(log.shift.watch).pdf"
            return .bytes(bytes, type: Printer.type, name: name)
        }
        routes.get(
            "/api/v1/shifts/{id}/log", .needs(.dutyRead), "What happened during a watch, oldest first",
            shapes: Shapes(
                gives: .page(
                    of: .object([
                        "id": .text, "at": .time, "kind": .oneOf(LogLine.Kind.allCases.map(\.rawValue)), "who": .text,
                        "text": .text, "href": .text, "isBad": .flag,
                    ])))
        ) { call in
            struct Item: Encodable {
                var id: String
                var at: String
                var kind: String
                var who: String
                var text: String
                var href: String
                var isBad: Bool
            }
            let id: ShiftID = try call.id()
            let log = try await database.read { db in try shiftLog(id, call, in: db) }
            return try .list(
                log.lines.enumerated().map { index, line in
                    Item(
                        id: "\(id)-\(index + 1)", at: line.at.rfc3339, kind: line.kind.rawValue, who: line.who,
                        text: line.text, href: line.href, isBad: line.isBad)
                }, next: nil)
        }
    }
}
