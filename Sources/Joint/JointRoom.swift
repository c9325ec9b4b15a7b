import Cases
import Foundation
import Kernel
import Logging
import ServiceLifecycle
import Storage
import Web

/// 工作联动: joint cases of departments, a leader's list, and what recurs.
public struct JointRoom: Room {
    /// The room's name.
    public let name = "joint"
    /// Its tables.
    public let migrations: [Migration]
    let database: any Database
    let desk: JointDesk
    let logger: Logger

    /// The schema, needed before there is a database.
    public static func schema() throws -> [Migration] { try Migration.load(room: "joint", bundle: .module) }
    /// Its templates and words.
    public static var resources: Bundle { .module }
    /// Its templates and words.
    public var bundle: Bundle { .module }

    /// Opens the room.
    public init(database: any Database, desk: JointDesk, logger: Logger) throws {
        migrations = try Self.schema()
        self.database = database
        self.desk = desk
        self.logger = logger
    }

    /// Joint work, and the week's review.
    public var navigation: [NavigationItem] {
        [
            NavigationItem("/joint", key: "joint.nav.work", icon: "roles", needs: .jointRead, order: 12),
            NavigationItem("/joint/review", key: "joint.nav.review", icon: "statistics", needs: .jointRead, order: 52),
        ]
    }

    /// Its ways in.
    public func routes(_ routes: inout Routes) {
        listRoutes(&routes)
        caseRoutes(&routes)
        reviewRoutes(&routes)
    }

    /// Says when a task's time is over.
    public func services() -> [any Service] { [JointClerk(database: database, desk: desk, logger: logger)] }
}

extension JointDesk {
    /// What the page of a case shows of the departments' work, or the way to begin it.
    public func panels(
        _ id: CaseID, _ caller: Caller, in db: any Reading, word: (String) -> String
    ) throws -> [CasePanel] {
        guard caller.may(.jointRead), let record = try cases.record(id, in: db), record.kind != .report else {
            return []
        }
        let (title, href) = (word("joint.panel"), "/joint/cases/\(id)")
        guard let joint = try JointStore.find(id, in: db) else {
            guard caller.may(.jointManage), record.isOpen else { return [] }
            return [
                CasePanel(
                    title: title, facts: [.init(label: word("joint.state"), value: word("joint.none"))], href: href,
                    link: word("joint.begin"))
            ]
        }
        let tasks = try JointStore.tasks(of: id, in: db)
        let open = tasks.filter { $0.state == .open }
        var facts: [CasePanel.Fact] = [
            .init(label: word("joint.lead"), value: try offices(db).first { $0.id == joint.lead }?.name ?? "—"),
            .init(label: word("joint.tasks"), value: "\(tasks.count - open.count) / \(tasks.count)"),
        ]
        if let next = open.map(\.dueAt).min() {
            facts.append(.init(label: word("joint.nextDue"), value: String(next.text.dropLast(3))))
        }
        return [CasePanel(title: title, facts: facts, href: href, link: word("joint.open"))]
    }
}
