@testable import Identity
import Kernel
import Logging
import Storage
import StorageTesting
import Synchronization
import Testing
import Web

@testable import Notify

/// A carrier that answers as it is told.
private struct Says: Carrier {
    var delivery: Delivery
    func send(_ message: Message) async -> Delivery { delivery }
}

@Suite("What became of a message")
struct TrailTests {
    private let noon = CivilTime.instant(2026, 11, 25, 12)

    private struct House {
        var storage: TestDatabase
        var escalations: Escalations
        var notes: Notes
        var database: any Database { storage.database }

        func sender(_ lines: [CarrierLine], at moment: Instant) -> Sender {
            Sender(
                database: database,
                carrier: CarrierDesk(
                    lines: lines, database: database, logger: Logger(label: "t"), now: { moment }), owner: 1,
                logger: Logger(label: "t"),
                undeliverable: { [escalations] in try escalations.hurry($0, at: $1, in: $2) }, now: { moment })
        }

        func only() async throws -> Message {
            try #require(
                try await database.read { db in try MessageList.page(MessageFilter(), limit: 9, in: db) }.first)
        }

        func trail() async throws -> MessageTrail {
            let message = try await only()
            return try await database.read { db in try TrailStore.of(message, in: db) }
        }
    }

    private final class Notes: Sendable { let lines = Mutex<[String]>([]) }

    private func open(_ engine: Engine) async throws -> House {
        let storage = try await TestDatabase(engine)
        try await Migrator.migrate(storage.database, try IdentityRoom.schema() + NotifyRoom.schema())
        let notes = Notes()
        let leader = StaffDirectory.Contact(id: StaffID(rawValue: 4), name: "康正", phone: "19900000004")
        let escalations = Escalations(onDuty: { _, _, _, _ in Escalations.OnDuty(people: [leader]) }) { text, _, _, _ in
            notes.lines.withLock { $0.append(text) }
        } word: { key, _ in
            key
        }
        return House(storage: storage, escalations: escalations, notes: notes)
    }

    private func new(_ key: String, _ channel: Channel = .sms, phone: String = "19900000001", role: String = "officer")
        -> NewMessage
    {
        NewMessage(
            channel: channel, to: Recipient(name: "示例", phone: phone, role: role), text: "火警",
            caseID: CaseID(rawValue: 7), subject: "alarms/1", key: key, priority: .emergency, at: noon)
    }

    private func line(_ delivery: Delivery, reportMs: Int64? = nil) -> CarrierLine {
        CarrierLine(name: "ali", channel: .sms, reportMs: reportMs, carrier: Says(delivery: delivery))
    }

    @Test("Each carrier's word stands in the trail, with what nobody knows called unknown", arguments: Engine.allCases)
    func trail(_ engine: Engine) async throws {
        let house = try await open(engine)
        try await house.database.write { [new = new("k")] db in try Outbox().enqueue(new, in: db) }
        _ = try await house.sender([line(.again("broke", mayHaveGoneOut: true))], at: noon).step()
        _ = try await house.sender([line(.taken(providerID: "b1"))], at: noon + 5_000).step()
        let trail = try await house.trail()
        #expect(trail.steps.map(\.key) == ["queued", "try.unknown", "try.takenAs"])
        let words = trail.steps.map {
            $0.words { key, values in "\(key) \(values["why"] ?? "") \(values["id"] ?? "")" }
        }
        #expect(words[1] == "notify.trail.try.unknown broke ")
        #expect(words[2] == "notify.trail.try.takenAs  b1")
    }

    @Test(
        "A carrier that took a message and never reports leaves it unknown, which brings the next step forward; a late report is believed",
        arguments: Engine.allCases)
    func silence(_ engine: Engine) async throws {
        let house = try await open(engine)
        let start = noon
        try await house.database.write { [new = new("k"), escalations = house.escalations] db in
            try Outbox().enqueue(new, in: db)
            try escalations.start(
                policy: "fire", subject: "alarms/1", caseID: CaseID(rawValue: 7), area: nil, text: "火警",
                at: start + 290_000, in: db)
        }
        let taking = [line(.taken(providerID: "b1"), reportMs: 300_000)]
        _ = try await house.sender(taking, at: noon).step()
        #expect(try await house.sender(taking, at: noon + 299_000).step() == 0)
        #expect(try await house.sender(taking, at: noon + 300_000).step() == 1)
        #expect(try await house.only().state == .unknown)
        #expect(house.notes.lines.withLock { $0 } == ["notify.escalation.hurry"])
        let late = try await house.only()
        try await house.database.write { [escalations = house.escalations, database = house.database] db in
            try ReceiptDesk(database: database, escalations: escalations)
                .apply(.delivered, key: nil, to: late, at: start + 400_000, in: db)
        }
        #expect(try await house.only().state == .delivered)
        #expect(try await house.trail().steps.map(\.key) == ["queued", "try.takenAs", "unknown", "delivered"])
    }

    @Test("A message whose last try may have gone out is unknown, not failed", arguments: Engine.allCases)
    func lastTry(_ engine: Engine) async throws {
        let house = try await open(engine)
        try await house.database.write { [new = new("k")] db in
            try Outbox().enqueue(new, in: db)
            try db.execute("UPDATE message SET attempt = 7")
        }
        _ = try await house.sender([line(.again("broke", mayHaveGoneOut: true))], at: noon).step()
        #expect(try await house.only().state == .unknown)
    }

    @Test(
        "A text that is answered with 1 by somebody of the desk ends the escalation and takes back what waits; an owner's ends nothing",
        arguments: Engine.allCases)
    func replies(_ engine: Engine) async throws {
        let house = try await open(engine)
        let start = noon
        let (owner, officer) = (new("o", phone: "19900000002", role: "owner"), new("a"))
        try await house.database.write { [escalations = house.escalations] db in
            try escalations.start(
                policy: "fire", subject: "alarms/1", caseID: CaseID(rawValue: 7), area: nil, text: "火警", at: start,
                in: db)
            for one in [owner, officer] { try Outbox().enqueue(one, in: db) }
            _ = try escalations.climb(at: start + 30_000, in: db)
        }
        let desk = ReceiptDesk(database: house.database, escalations: house.escalations)
        func climbs() async throws -> Bool {
            try await house.database.read { db in try EscalationStore.nextDue(at: .now, in: db) != nil }
        }
        try await house.database.write { db in
            try desk.take(CarrierReply(phone: "8619900000002", text: "1"), at: start + 40_000, in: db)
        }
        #expect(try await climbs())
        try await house.database.write { db in
            try desk.take(CarrierReply(phone: "+86 199 0000 0001", text: " １ "), at: start + 41_000, in: db)
        }
        #expect(try await !climbs())
        let left = try await house.database.read { db in
            try db.values(String.self, "SELECT to_phone FROM message WHERE state = 'queued' ORDER BY to_phone")
        }
        #expect(!left.contains("19900000004"))
        let lines = house.notes.lines.withLock { $0 }
        #expect(lines.filter { $0 == "notify.replied.1" }.count == 2)
        // Nobody was told at that number, or too long ago.
        try await house.database.write { db in
            try desk.take(CarrierReply(phone: "19911111111", text: "1"), at: start, in: db)
            try desk.take(CarrierReply(phone: "19900000001", text: "你好"), at: start + 9_000_000, in: db)
        }
        #expect(house.notes.lines.withLock { $0 } == lines)
    }

    @Test(
        "Nobody is rung a third time for one case, whichever detector or rule asks for it; the trail says why",
        arguments: Engine.allCases)
    func rung(_ engine: Engine) async throws {
        let house = try await open(engine)
        for number in 0..<3 {
            var call = new("k\(number)", .call)
            call.subject = "alarms/\(number)"
            try await house.database.write { [call] db in try Outbox().enqueue(call, in: db) }
        }
        let states = try await house.database.read { db in
            try db.values(String.self, "SELECT state FROM message ORDER BY id")
        }
        #expect(states == ["queued", "queued", "withdrawn"])
        let trail = try await house.trail()
        #expect(trail.steps.last?.why == "rung")
    }

    @Test("Aliyun's and Tencent's replies are read; receipts and nonsense are none")
    func shapes() {
        func read(_ text: String) -> [CarrierReply] { CarrierReceipt.replies(Array(text.utf8)) }
        #expect(
            read(#"[{"phone_number":"19900000001","content":"1","sign_name":"云汐镇","send_time":"2026-11-25 12:00:00"}]"#)
                == [CarrierReply(phone: "19900000001", text: "1")])
        #expect(
            read(#"{"extend":"","mobile":"19900000001","nationcode":"86","sign":"云汐","text":"收到","time":1}"#)
                == [CarrierReply(phone: "19900000001", text: "收到")])
        for other in [
            #"[{"biz_id":"b","phone_number":"1","content":"1","success":true}]"#, "{", "[]", #"{"mobile":1}"#, "null",
            #"{"sid":"s","mobile":"1","text":"x","report_status":"SUCCESS"}"#,
        ] { #expect(read(other).isEmpty) }
        #expect(CarrierReply(phone: "1", text: "按1").key == "1")
        #expect(CarrierReply(phone: "1", text: "11").key == nil)
    }
}
