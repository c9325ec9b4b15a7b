import Foundation
import Identity
import Kernel
import Logging
import Storage
import StorageTesting
import Synchronization
import Testing

@testable import Notify

/// A carrier that answers as it is told.
private final class Scripted: Carrier {
    let got = Mutex<[MessageID]>([])
    private let answer: @Sendable (Message) async -> Delivery

    init(_ answer: @escaping @Sendable (Message) async -> Delivery) { self.answer = answer }

    func send(_ message: Message) async -> Delivery {
        got.withLock { $0.append(message.id) }
        return await answer(message)
    }

    var count: Int { got.withLock { $0.count } }
}

@Suite("Which carrier takes a message")
struct CarrierDeskTests {
    /// A Wednesday, 12:00 in China.
    private let noon = CivilTime.instant(2026, 11, 25, 12)
    private let minute: Int64 = 60_000

    private func open(_ engine: Engine) async throws -> TestDatabase {
        let storage = try await TestDatabase(engine)
        try await Migrator.migrate(storage.database, try IdentityRoom.schema() + NotifyRoom.schema())
        return storage
    }

    private func desk(
        _ lines: [CarrierLine], _ database: any Database, at moment: Instant
    ) -> CarrierDesk {
        CarrierDesk(lines: lines, database: database, logger: Logger(label: "test"), now: { moment })
    }

    @Test(
        "Aliyun's quota is kept before Aliyun refuses: the second call in a minute goes another way",
        arguments: Engine.allCases)
    func quota(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let (ali, other) = (Scripted { _ in .taken(providerID: "a") }, Scripted { _ in .taken(providerID: "b") })
        let lines = [
            CarrierLine(name: "ali", channel: .call, quotas: .aliyunVoice, fen: 12, carrier: ali),
            CarrierLine(name: "other", channel: .call, carrier: other),
        ]
        for second in [0, 10, 59] as [Int64] {
            _ = await desk(lines, storage.database, at: noon + second * 1_000).send(message(.call))
        }
        #expect((ali.count, other.count) == (1, 2))
        _ = await desk(lines, storage.database, at: noon + 60_000).send(message(.call))
        #expect((ali.count, other.count) == (2, 2))
        // Another person's number has a quota of its own.
        _ = await desk(lines, storage.database, at: noon + 60_001).send(message(.call, phone: "19900000002"))
        #expect(ali.count == 3)
    }

    @Test(
        "Where every quota is used up, the message waits until one is free, and no carrier is asked",
        arguments: Engine.allCases)
    func waits(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let ali = Scripted { _ in .taken(providerID: "a") }
        let lines = [CarrierLine(name: "ali", channel: .call, quotas: .aliyunVoice, carrier: ali)]
        for number in 0..<5 as Range<Int64> {
            _ = await desk(lines, storage.database, at: noon + number * 2 * minute).send(message(.call))
        }
        let outcome = await desk(lines, storage.database, at: noon + 20 * minute).send(message(.call))
        #expect(outcome == .later(noon + 60 * minute, "quota"))
        #expect(ali.count == 5)
    }

    @Test(
        "A carrier that is limited or down is passed over at once; what it said is kept, and costs nothing",
        arguments: Engine.allCases)
    func failOver(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let (bad, good) = (
            Scripted { _ in .again("limit", mayHaveGoneOut: false) }, Scripted { _ in .taken(providerID: "b") }
        )
        let lines = [
            CarrierLine(name: "bad", channel: .sms, fen: 5, carrier: bad),
            CarrierLine(name: "good", channel: .sms, fen: 4, carrier: good),
        ]
        let desk = desk(lines, storage.database, at: noon)
        let long = String(repeating: "镇", count: 71)
        for _ in 0..<4 { #expect(await desk.send(message(.sms, long)) == .taken(providerID: "b")) }
        // After three failures in a row it stands behind the others.
        #expect((bad.count, good.count) == (3, 4))
        let sums = try await storage.database.read { [noon] db in try TryStore.sums(since: noon, in: db) }
        #expect(sums.map(\.fen) == [0, 4 * 2 * 4])
        #expect(sums.map(\.taken) == [0, 4])
    }

    @Test(
        "What may have gone out is not sent again at once; the next try goes to another carrier",
        arguments: Engine.allCases)
    func unknown(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let (first, second) = (
            Scripted { _ in .again("broke", mayHaveGoneOut: true) }, Scripted { _ in .taken(providerID: "b") }
        )
        let lines = [
            CarrierLine(name: "first", channel: .sms, carrier: first),
            CarrierLine(name: "second", channel: .sms, carrier: second),
        ]
        let one = message()
        #expect(await desk(lines, storage.database, at: noon).send(one) == .again("broke", mayHaveGoneOut: true))
        #expect(second.count == 0)
        #expect(await desk(lines, storage.database, at: noon + 2_000).send(one) == .taken(providerID: "b"))
        #expect(first.count == 1)
        let sums = try await storage.database.read { [noon] db in try TryStore.sums(since: noon, in: db) }
        #expect(sums.map(\.unknown) == [1, 0])
    }

    @Test("A carrier that hangs is left, and what became of the message is not known", arguments: Engine.allCases)
    func hangs(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let hung = Scripted { _ in
            try? await Task.sleep(for: .seconds(3_600))
            return .taken(providerID: nil)
        }
        let desk = CarrierDesk(
            lines: [CarrierLine(name: "hung", channel: .sms, carrier: hung)], database: storage.database,
            logger: Logger(label: "test"), patienceMs: 50)
        #expect(await desk.send(message()) == .again("no-answer", mayHaveGoneOut: true))
        let outcomes = try await storage.database.read { db in
            try db.values(String.self, "SELECT outcome FROM carrier_try")
        }
        #expect(outcomes == ["unknown"])
    }

    @Test("Two nodes on one database send each message once", arguments: Engine.allCases)
    func nodes(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let start = noon
        try await storage.database.write { db in
            for number in 0..<120 {
                try Outbox().enqueue(
                    NewMessage(
                        channel: .sms, to: Recipient(name: "示例", phone: "1", role: "owner"), text: "\(number)",
                        caseID: nil, subject: "s", key: "k\(number)", at: start), in: db)
            }
        }
        let phone = Scripted { _ in .taken(providerID: nil) }
        let other = try storage.another()
        try await withThrowingTaskGroup { group in
            for (owner, database) in [(1, storage.database), (2, other)] as [(Int64, any Database)] {
                let sender = Sender(
                    database: database, carrier: phone, owner: owner, logger: Logger(label: "test"), now: { start })
                group.addTask { while try await sender.step() > 0 {} }
            }
            try await group.waitForAll()
        }
        #expect(phone.count == 120)
        #expect(phone.got.withLock { Set($0).count } == 120)
        if engine == .postgresql { await other.close() }
    }

    @Test("A number that every carrier refuses is refused", arguments: Engine.allCases)
    func refused(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let no = Scripted { _ in .refused("number") }
        let lines = ["a", "b"].map { CarrierLine(name: $0, channel: .sms, carrier: no) }
        #expect(await desk(lines, storage.database, at: noon).send(message()) == .refused("number"))
        #expect(no.count == 2)
        #expect(await desk(lines, storage.database, at: noon).send(message(.call)) == .refused("no-carrier"))
    }

    @Test(
        "A message that is lost brings the next step of its escalation forward, once a step", arguments: Engine.allCases
    )
    func hurries(_ engine: Engine) async throws {
        let storage = try await open(engine)
        let database = storage.database
        let escalations = Escalations(onDuty: { _, _, _, _ in Escalations.OnDuty(people: []) }) { _, _, _, _ in
        } word: { key, _ in
            key
        }
        let start = noon
        try await database.write { db in
            try escalations.start(
                policy: "fire", subject: "alarms/1", caseID: CaseID(rawValue: 7), area: nil, text: "火警", at: start,
                in: db)
            try Outbox().enqueue(
                NewMessage(
                    channel: .call, to: Recipient(name: "示例", phone: "1", role: "owner"), text: "a",
                    caseID: CaseID(rawValue: 7), subject: "alarms/1", key: "k", priority: .emergency, at: start), in: db
            )
        }
        let sender = Sender(
            database: database, carrier: Scripted { _ in .later(start + 600_000, "quota") }, owner: 1,
            logger: Logger(label: "t"),
            undeliverable: { message, now, db in try escalations.hurry(message, at: now, in: db) },
            now: { start + 1_000 })
        #expect(try await sender.step() == 1)
        #expect(try await database.write { db in try escalations.climb(at: start + 1_000, in: db) } == 1)
        let waiting = try await database.read { db in try MessageList.page(MessageFilter(), limit: 9, in: db) }
        #expect(waiting.map(\.state) == [.queued])
        // Not handed to anybody: that was no try.
        #expect(waiting.map(\.attempt) == [0])
    }
}

@Suite("Quotas")
struct QuotaTests {
    private let noon = CivilTime.instant(2026, 11, 25, 12)

    @Test("A sliding window frees a place when the oldest try leaves it")
    func window() {
        let quotas = Quotas([Quota(2, perSeconds: 600)])
        #expect(quotas.free(after: [], now: noon) == noon)
        #expect(quotas.free(after: [noon - 60_000], now: noon) == noon)
        #expect(quotas.free(after: [noon - 60_000, noon - 300_000], now: noon) == noon + 300_000)
        #expect(quotas.free(after: [noon - 600_000, noon - 300_000], now: noon) == noon)
    }

    @Test("One call a night means one between 22:00 and 08:00, across midnight")
    func night() {
        let quotas = Quotas(night: 1)
        let late = CivilTime.instant(2026, 11, 25, 23)
        let early = CivilTime.instant(2026, 11, 26, 3)
        #expect(quotas.free(after: [CivilTime.instant(2026, 11, 25, 21, 59)], now: late) == late)
        #expect(quotas.free(after: [late], now: early) == CivilTime.instant(2026, 11, 26, 8))
        #expect(
            quotas.free(after: [early], now: CivilTime.instant(2026, 11, 26, 9)) == CivilTime.instant(2026, 11, 26, 9))
    }

    @Test("A bucket gives its burst, then its rate; a clock that steps back gives nothing twice")
    func bucket() {
        var bucket = TokenBucket(perSecond: 2, burst: 2, at: noon)
        var taken: [Bool] = []
        for ms in [0, 0, 0, 500, 500, -3_600_000, -3_599_500] as [Int64] {
            taken.append(bucket.book(at: noon + ms, mostMs: 0) != nil)
        }
        #expect(taken == [true, true, false, true, false, false, true])
    }
}

@Suite("What carriers say later")
struct CarrierReceiptTests {
    @Test("Aliyun's and Tencent's shapes are read, and what is none of them is passed over")
    func shapes() throws {
        let id = MessageID.next()
        func read(_ text: String) throws -> [CarrierReceipt] { try CarrierReceipt.read(Array(text.utf8)) }
        #expect(
            try read(#"[{"biz_id":"b","out_id":"\#(id)","success":true,"err_code":"DELIVERED"}]"#)
                == [CarrierReceipt(message: id, providerID: "b", state: .delivered)])
        #expect(
            try read(#"[{"call_id":"c","status_code":"200000","dtmf":"1"}]"#)
                == [CarrierReceipt(providerID: "c", state: .answered, key: "1")])
        #expect(
            try read(#"[{"call_id":"c","status_code":"200005"}]"#) == [CarrierReceipt(providerID: "c", state: .failed)])
        #expect(
            try read(#"[{"sid":"s","report_status":"FAIL"}]"#) == [CarrierReceipt(providerID: "s", state: .failed)])
        #expect(
            try read(#"{"voicekey_callback":{"callid":"v","keypress":"2"}}"#)
                == [CarrierReceipt(providerID: "v", state: .answered, key: "2")])
        #expect(try read("[1,2]").isEmpty)
        #expect(try read("{}").isEmpty)
        #expect(throws: Problem.self) { try read("<html>") }
    }
}
