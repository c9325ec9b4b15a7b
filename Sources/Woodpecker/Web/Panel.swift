import Cases
import Identity
import Kernel
import Places
import Storage
import Web

/// What the page of a case needs of this room before the room is open.
public struct ReportPanels: Sendable {
    private let handling: Handling

    /// Panels over the keys of those at work.
    public init(cases: CaseDesk, areas: AreaIndex, keys: KeyRing, audit: Audit) {
        handling = Handling(cases: cases, areas: areas, keys: keys, audit: audit) { key, _ in key }
    }

    /// What may be done with a case of reports from the page of the case: nothing that ends, gives, returns or merges
    /// it, since every reporter is told of that by the page of reports. Who cannot see the reports may note.
    public func moves(_ id: CaseID, _ caller: Caller, in db: any Reading) throws -> Set<CaseMove>? {
        guard try ReportCaseStore.find(id, in: db) != nil else { return nil }
        do {
            _ = try handling.visible(id, for: caller, in: db)
            return [.note, .dispatch, .start, .supervise, .standDown]
        } catch let problem as Problem where problem.status == 404 {
            return [.note]
        }
    }

    /// What the page of a case shows of its reports: what was said where the reader's key opens it, and the way to
    /// their own page.
    public func panels(
        _ id: CaseID, _ caller: Caller, in db: any Reading, word: (String) -> String
    ) throws -> [CasePanel] {
        guard caller.may(.reportRead), let row = try? handling.visible(id, for: caller, in: db) else {
            return []
        }
        var facts: [CasePanel.Fact] = []
        for report in try ReportStore.list(of: id, in: db).prefix(5) {
            let key = try handling.key(of: report.id, for: caller, in: db)
            let content = try key.flatMap { key in
                try ReportStore.content(report.id, in: db).flatMap { Intake.unseal($0, key: key, "content") }
                    .flatMap { try? JSON.decode(ReportContent.self, $0) }
            }
            facts.append(
                CasePanel.Fact(
                    label: word("woodpecker.level.\(report.level.rawValue)"),
                    value: content?.words ?? word("woodpecker.panel.locked")))
        }
        if let department = try row.department.flatMap({ try DepartmentStore.find($0, in: db) }) {
            facts.append(CasePanel.Fact(label: word("woodpecker.column.department"), value: department.name))
        }
        if let outcome = row.outcome {
            facts.append(
                CasePanel.Fact(
                    label: word("woodpecker.column.outcome"), value: word("woodpecker.outcome.\(outcome.rawValue)")))
        }
        return [
            CasePanel(
                title: word("woodpecker.panel.title"), facts: facts, href: "/reports/\(id)",
                link: word("woodpecker.panel.link"))
        ]
    }
}
