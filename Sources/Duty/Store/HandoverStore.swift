import Kernel
import Storage

enum HandoverStore {
    static func insert(_ handover: Handover, _ items: [HandoverItem], in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO handover (\(raw: Handover.columns)) VALUES (\(handover.id), \(handover.shift),
            \(handover.nextShift), \(handover.role), \(handover.giver), \(handover.taker), \(handover.at),
            \(handover.snapshot), \(handover.digest), \(handover.doneAt))
            """)
        for item in items {
            try db.execute(
                """
                INSERT INTO handover_item (handover, \(raw: HandoverItem.columns)) VALUES (\(handover.id), \(item.id),
                \(item.kind), \(item.href), \(item.text), \(item.dueAt), \(item.state), \(item.note),
                \(item.decidedAt))
                """)
        }
    }

    static func find(_ id: HandoverID, in db: any Reading) throws -> Handover? {
        try db.first(Handover.self, "SELECT \(raw: Handover.columns) FROM handover WHERE id = \(id)")
    }

    static func of(_ shift: ShiftID, in db: any Reading) throws -> Handover? {
        try db.first(Handover.self, "SELECT \(raw: Handover.columns) FROM handover WHERE shift = \(shift)")
    }

    /// The one that a watch was begun with.
    static func received(by shift: ShiftID, in db: any Reading) throws -> Handover? {
        try db.first(
            Handover.self,
            "SELECT \(raw: Handover.columns) FROM handover WHERE next_shift = \(shift) ORDER BY id DESC LIMIT 1")
    }

    /// Those that wait for this person.
    static func waiting(for taker: StaffID, in db: any Reading) throws -> [Handover] {
        try db.all(
            Handover.self,
            """
            SELECT \(raw: Handover.columns) FROM handover WHERE done_at IS NULL
            AND next_shift IN (SELECT id FROM shift WHERE staff = \(taker)) ORDER BY id DESC LIMIT 20
            """)
    }

    static func items(of id: HandoverID, in db: any Reading) throws -> [HandoverItem] {
        try db.all(
            HandoverItem.self,
            "SELECT \(raw: HandoverItem.columns) FROM handover_item WHERE handover = \(id) ORDER BY id LIMIT 1000")
    }

    /// What somebody gave away and nobody took.
    static func kept(by giver: StaffID, since moment: Instant, in db: any Reading) throws -> [HandoverItem] {
        try db.all(
            HandoverItem.self,
            """
            SELECT handover_item.id, kind, href, text, due_at, state, note, decided_at FROM handover_item
            JOIN handover ON handover.id = handover_item.handover
            WHERE giver = \(giver) AND at >= \(moment) AND state <> 'accepted' ORDER BY handover_item.id DESC LIMIT 100
            """)
    }

    /// Who takes: whoever stands the watch that begins, also after it was swapped.
    static func taker(of handover: Handover, in db: any Reading) throws -> StaffID {
        try ShiftStore.find(handover.nextShift, in: db)?.staff ?? handover.taker
    }

    /// - Returns: whether it was still open.
    static func decide(
        _ item: ID<HandoverItem>, of handover: HandoverID, _ state: HandoverItem.State, note: String, at now: Instant,
        in db: any Writing
    ) throws -> Bool {
        try db.execute(
            """
            UPDATE handover_item SET state = \(state), note = \(note), decided_at = \(now)
            WHERE id = \(item) AND handover = \(handover) AND state = \(HandoverItem.State.offered)
            """) == 1
    }

    static func finish(_ id: HandoverID, at now: Instant, in db: any Writing) throws {
        try db.execute(
            """
            UPDATE handover SET done_at = \(now) WHERE id = \(id) AND done_at IS NULL AND NOT EXISTS
            (SELECT 1 FROM handover_item WHERE handover = \(id) AND state = 'offered')
            """)
    }

    /// The next watch of the same roster: the one that starts when this one ends, or the first after it.
    static func next(after shift: Shift, in db: any Reading) throws -> Shift? {
        try db.first(
            Shift.self,
            """
            SELECT \(raw: Shift.columns) FROM shift WHERE roster = \(shift.roster) AND starts_at >= \(shift.endsAt)
            AND id <> \(shift.id) ORDER BY starts_at, id LIMIT 1
            """)
    }
}
