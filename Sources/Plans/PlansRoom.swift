import Cases
import Foundation
import Kernel
import Logging
import ServiceLifecycle
import Storage
import Web

/// 预案与演练: checklists that open with a case, and drills on the real system.
public struct PlansRoom: Room {
    /// Somebody on duty, as the checklist shows them.
    public struct OnDuty: Sendable {
        /// The name.
        public var name: String
        /// The number, masked where the caller may not see it.
        public var phone: String

        /// Somebody.
        public init(name: String, phone: String) {
            self.name = name
            self.phone = phone
        }
    }

    /// Something around a place.
    public struct Nearby: Sendable {
        /// What it is called.
        public var name: String
        /// What kind of thing it is, in the reader's words.
        public var kind: String
        /// Metres from the place.
        public var metres: Int
        /// Its page; may be empty.
        public var href: String

        /// Something.
        public init(name: String, kind: String, metres: Int, href: String) {
            self.name = name
            self.kind = kind
            self.metres = metres
            self.href = href
        }
    }

    /// What the checklist asks of other rooms.
    public struct Surroundings: Sendable {
        /// Who is on duty in a role for an area.
        public var onDuty: @Sendable (Role, AreaID?, any Reading) throws -> [OnDuty]
        /// What lies around a place, nearest first, as far as the caller may see it.
        public var nearby: @Sendable (GeoPoint, Caller, any Reading, (String) -> String) throws -> [Nearby]

        /// Surroundings of a centre.
        public init(
            onDuty: @escaping @Sendable (Role, AreaID?, any Reading) throws -> [OnDuty],
            nearby: @escaping @Sendable (GeoPoint, Caller, any Reading, (String) -> String) throws -> [Nearby]
        ) {
            self.onDuty = onDuty
            self.nearby = nearby
        }
    }

    /// The room's name.
    public let name = "plans"
    /// Its tables.
    public let migrations: [Migration]
    let database: any Database
    let desk: PlanDesk
    let surroundings: Surroundings
    let wire: DrillWire
    let logger: Logger

    /// The schema, needed before there is a database.
    public static func schema() throws -> [Migration] { try Migration.load(room: "plans", bundle: .module) }
    /// Its templates and words.
    public static var resources: Bundle { .module }
    /// Its templates and words.
    public var bundle: Bundle { .module }

    /// Opens the room.
    /// - Parameter wire: the devices that drills can speak for.
    public init(
        database: any Database, desk: PlanDesk, surroundings: Surroundings, wire: DrillWire = .none, logger: Logger
    ) throws {
        migrations = try Self.schema()
        self.database = database
        self.desk = desk
        self.surroundings = surroundings
        self.wire = wire
        self.logger = logger
    }

    /// Plans.
    public var navigation: [NavigationItem] {
        [NavigationItem("/plans", key: "plans.nav", icon: "check", needs: .planRead, order: 43)]
    }

    /// Its ways in.
    public func routes(_ routes: inout Routes) {
        planRoutes(&routes)
        checklistRoutes(&routes)
        drillRoutes(&routes)
    }

    /// Begins drills by themselves, and sends their frames.
    public func services() -> [any Service] {
        [DrillClerk(database: database, desk: desk, wire: wire, logger: logger)]
    }

    /// Writes a plan without a person; for set-up.
    public static func add(_ plan: Plan, in db: any Writing) throws { try PlanStore.insert(plan, in: db) }
}

extension PlanDesk {
    /// What the page of a case shows of its checklist: how far it is, and what is next.
    public func panels(
        _ id: CaseID, _ caller: Caller, in db: any Reading, word: (String) -> String
    ) throws -> [CasePanel] {
        guard caller.may(.planRead), let list = try checklist(of: id, in: db) else { return [] }
        let done = Set(list.ticks.map(\.step))
        let steps = list.plan.content.steps
        var facts = [CasePanel.Fact(label: word("plans.done"), value: "\(done.count) / \(steps.count)")]
        let next = steps.enumerated().filter { !done.contains($0.offset) }.prefix(3)
        facts += next.map { index, step in
            CasePanel.Fact(label: word("plans.step") + " \(index + 1)", value: step.text)
        }
        return [
            CasePanel(
                title: word("plans.panel") + " · " + list.plan.name, facts: facts, href: "/plans/cases/\(id)",
                link: word("plans.open"))
        ]
    }
}
