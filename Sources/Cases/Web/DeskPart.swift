import Kernel
import Storage
import Web

extension CasesRoom {
    /// What the desk shows of cases and units.
    public struct DeskPart: Encodable, Sendable {
        var cases: [CaseRow]
        var units: [UnitView]
        /// Open cases.
        public var open: Int64
        /// Open cases that a clock has run out on.
        public var overdue: Int64

        private enum Keys: String, CodingKey { case cases, units }

        /// Writes the lists; the numbers stand among the desk's counts.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(cases, forKey: .cases)
            try container.encode(units, forKey: .units)
        }
    }

    /// The newest 200 open cases that the caller answers for, and every unit.
    public func deskPart(for caller: Caller, at now: Instant, in db: any Reading) throws -> DeskPart {
        var filter = CaseFilter()
        filter.areas = caller.areas
        filter.onlyOpen = true
        let units = try UnitStore.all(in: db)
        var names: [CaseID: [String]] = [:]
        for status in units {
            for task in status.tasks { names[task.caseID, default: []].append(status.unit.name) }
        }
        let rows = try CaseList.page(filter, limit: 200, in: db).map { record in
            var row = CaseRow(record, at: now, surroundings)
            row.unitNames = names[record.id] ?? []
            return row
        }
        let counts = try CaseList.counts(of: caller.areas, at: now, in: db)
        return DeskPart(cases: rows, units: units.map(UnitView.init), open: counts.open, overdue: counts.overdue)
    }
}
