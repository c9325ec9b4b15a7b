import Crypt
import Kernel
import Storage
import Web

/// Names a hand-over.
public typealias HandoverID = ID<Handover>

/// What one watch leaves to the next, as it was at that moment.
public struct Handover: Sendable, RowDecodable {
    /// Which.
    public var id: HandoverID
    /// The watch that ends.
    public var shift: ShiftID
    /// The watch that begins.
    public var nextShift: ShiftID
    /// As what both stand watch.
    public var role: String
    /// Who gives.
    public var giver: StaffID
    /// Who takes.
    public var taker: StaffID
    /// When it was signed.
    public var at: Instant
    /// The items as they were signed, JSON.
    public var snapshot: String
    /// SHA-256 of the snapshot in hexadecimal; the giver's entry in the audit chain names it too.
    public var digest: String
    /// When the last item was decided.
    public var doneAt: Instant?

    static let columns = "id, shift, next_shift, role, giver, taker, at, snapshot, digest, done_at"

    init(from shift: Shift, to next: Shift, at: Instant, items: [HandoverItem]) throws {
        id = .next()
        self.shift = shift.id
        nextShift = next.id
        role = shift.role.rawValue
        giver = shift.staff
        taker = next.staff
        self.at = at
        snapshot = try JSON.text(
            Signed(
                shift: shift.id, giver: shift.staff, taker: next.staff, at: at.rfc3339,
                items: items.map(Signed.Item.init)))
        digest = Self.digest(snapshot)
    }

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = try row.next()
        shift = try row.next()
        nextShift = try row.next()
        role = try row.next()
        giver = try row.next()
        taker = try row.next()
        at = try row.next()
        snapshot = try row.next()
        digest = try row.next()
        doneAt = try row.next()
    }

    /// What is signed.
    private struct Signed: Codable {
        struct Item: Codable, Equatable {
            var kind: String
            var text: String
            var href: String
            /// Those that were signed before clocks were have none.
            var dueAt: String?

            init(_ item: HandoverItem) {
                (kind, text, href) = (item.kind.rawValue, item.text, item.href)
                dueAt = item.dueAt?.rfc3339
            }
        }
        var shift: ShiftID
        var giver: StaffID
        var taker: StaffID
        var at: String
        var items: [Item]
    }

    /// Whether these are the items that were signed: what was signed still has its digest, and says the same of each.
    func isIntact(_ items: [HandoverItem]) -> Bool {
        guard Self.digest(snapshot) == digest, let signed = try? JSON.decode(Signed.self, Array(snapshot.utf8)),
            signed.items.count == items.count
        else { return false }
        return zip(signed.items, items.map(Signed.Item.init)).allSatisfy { signed, item in
            var item = item
            if signed.dueAt == nil { item.dueAt = nil }
            return signed == item
        }
    }

    static func digest(_ snapshot: String) -> String { Secret.hex(Digest.sha256(Array(snapshot.utf8))) }
}

/// One thing that is handed over.
public struct HandoverItem: Sendable, RowDecodable {
    /// What it is.
    public enum Kind: String, Sendable, CaseIterable, SQLConvertible {
        /// An alarm that nobody has taken.
        case alarm
        /// An open case, with its clock.
        case openCase = "case"
        /// A device out of order.
        case device
        /// A remark of the watch.
        case remark
    }

    /// What the taker said.
    public enum State: String, Sendable, CaseIterable, SQLConvertible {
        /// Nothing yet: it is still the giver's.
        case offered
        /// It is the taker's now.
        case accepted
        /// It stays with the giver.
        case kept
    }

    /// Which.
    public var id: ID<HandoverItem>
    /// What it is.
    public var kind: Kind
    /// Where it is looked at; empty where there is no page.
    public var href: String
    /// The words.
    public var text: String
    /// When a clock runs out.
    public var dueAt: Instant?
    /// What the taker said.
    public var state: State
    /// Why it was not taken.
    public var note: String
    /// When the taker said so.
    public var decidedAt: Instant?

    static let columns = "id, kind, href, text, due_at, state, note, decided_at"

    /// Something to hand over.
    public init(_ kind: Kind, _ text: String, href: String = "", dueAt: Instant? = nil) {
        id = .next()
        self.kind = kind
        self.href = href
        self.text = text
        self.dueAt = dueAt
        state = .offered
        note = ""
    }

    /// Reads the columns in their order.
    public init(row: inout Row) throws {
        id = try row.next()
        kind = try row.next()
        href = try row.next()
        text = try row.next()
        dueAt = try row.next()
        state = try row.next()
        note = try row.next()
        decidedAt = try row.next()
    }
}
