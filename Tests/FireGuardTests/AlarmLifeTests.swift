import Kernel
import Storage
import Testing

@testable import FireGuard

@Suite("The life of an alarm")
struct AlarmLifeTests {
    @Test(
        "The first frame opens one alarm with one case and tells owner, key-holder and brigade by text and call",
        arguments: Engine.allCases)
    func firstFrame(_ engine: Engine) async throws {
        let town = try await Town(engine)
        guard case .raised(let id, let caseID) = try await town.take(town.signal(at: 0)) else {
            Issue.record("not raised")
            return
        }
        let alarm = try #require(try await town.alarms().first)
        #expect(alarm.id == id && alarm.caseID == caseID && alarm.state == .raised && alarm.severity == 3)
        #expect(alarm.reasons.map(\.rule) == ["first-at-site"])
        #expect(try await town.count("SELECT id FROM fake_case") == 1)
        #expect(try await town.count("SELECT role FROM fake_message WHERE channel = 'sms'") == 3)
        #expect(try await town.count("SELECT role FROM fake_message WHERE channel = 'call'") == 3)
        #expect(try await town.count("SELECT subject FROM fake_escalation WHERE ended = 0") == 1)
        #expect(try await town.count("SELECT seq FROM event WHERE type = 'alarm.raised'") == 1)
    }

    @Test("A fire whose test bit is set is a fire like any other, and says so", arguments: Engine.allCases)
    func testBit(_ engine: Engine) async throws {
        let town = try await Town(engine)
        try await town.take(town.signal(at: 0, markedTest: true))
        let alarm = try #require(try await town.alarms().first)
        #expect(alarm.severity == 3 && alarm.isMarkedTest)
        #expect(alarm.reasons.map(\.rule) == ["marked-test", "first-at-site"])
        #expect(try await town.count("SELECT role FROM fake_message WHERE role = 'brigade'") == 2)
    }

    @Test("A second try of the same transmission changes nothing", arguments: Engine.allCases)
    func resend(_ engine: Engine) async throws {
        let town = try await Town(engine)
        try await town.take(town.signal(at: 0, key: "a"))
        #expect(try await town.take(town.signal(at: 10, key: "a")) == .known)
        #expect(try await town.alarms().map(\.repeats) == [0])
    }

    @Test(
        "The same bytes an hour later, from a device whose clock stands still, are a new event",
        arguments: Engine.allCases)
    func stoppedClock(_ engine: Engine) async throws {
        let town = try await Town(engine)
        try await town.take(town.signal(at: 0, key: "a"))
        let first = try #require(try await town.alarms().first)
        try await town.verify(first.id, as: .false, at: 60)
        guard case .raised = try await town.take(town.signal(at: 3_600, key: "a")) else {
            Issue.record("swallowed")
            return
        }
        #expect(try await town.take(town.signal(at: 3_610, key: "a")) == .known)
        #expect(try await town.alarms().count == 2)
    }

    @Test("Repeats fold into the alarm that nobody has verified yet, and are counted", arguments: Engine.allCases)
    func repeats(_ engine: Engine) async throws {
        let town = try await Town(engine)
        for seconds in [0, 5, 60, 600] as [Int64] { try await town.take(town.signal(at: seconds)) }
        #expect(try await town.alarms().map(\.repeats) == [3])
        #expect(try await town.count("SELECT message_key FROM fake_message") == 6)
    }

    @Test("Going off and on again folds while it is fresh: flapping is one alarm", arguments: Engine.allCases)
    func flapping(_ engine: Engine) async throws {
        let town = try await Town(engine)
        for round in 0..<20 as Range<Int64> {
            try await town.take(town.signal(.fire, at: round * 20))
            try await town.take(town.signal(.restore, at: round * 20 + 10))
        }
        #expect(try await town.alarms().map(\.repeats) == [19])
        #expect(try await town.count("SELECT id FROM fake_case") == 1)
    }

    @Test("The device's return to normal latches: it clears nothing by itself", arguments: Engine.allCases)
    func latching(_ engine: Engine) async throws {
        let town = try await Town(engine)
        try await town.take(town.signal(at: 0))
        try await town.take(town.signal(.restore, at: 30))
        let alarm = try #require(try await town.alarms().first)
        #expect(alarm.state == .raised && alarm.restoredAt == town.start + 30_000)
    }

    @Test(
        "A second detector at the site is an alarm of its own in the same case and raises it to the highest severity",
        arguments: Engine.allCases)
    func secondDetector(_ engine: Engine) async throws {
        let town = try await Town(engine)
        try await town.take(town.signal(.fire, 1, at: 0))
        try await town.take(town.signal(.fire, 2, at: 20))
        let alarms = try await town.alarms()
        #expect(alarms.map(\.severity) == [3, 4])
        #expect(Set(alarms.map(\.caseID)).count == 1)
        #expect(alarms.last?.reasons.map(\.rule) == ["second-detector"])
        #expect(try await town.count("SELECT id FROM fake_case WHERE severity = 4") == 1)
        // The rise is told by call again; a third detector only by text.
        #expect(try await town.count("SELECT role FROM fake_message WHERE channel = 'call'") == 6)
        try await town.take(town.signal(.fire, 3, at: 30))
        #expect(try await town.count("SELECT role FROM fake_message WHERE channel = 'call'") == 6)
        #expect(try await town.count("SELECT role FROM fake_message WHERE channel = 'sms'") == 9)
    }

    @Test("A manual call point is as grave as two detectors", arguments: Engine.allCases)
    func manual(_ engine: Engine) async throws {
        let town = try await Town(engine)
        try await town.take(town.signal(.fire, 4, at: 0))
        #expect(try await town.alarms().map(\.severity) == [4])
    }

    @Test("A panel's sum of what its detector said is no second detector", arguments: Engine.allCases)
    func sum(_ engine: Engine) async throws {
        let town = try await Town(engine)
        try await town.take(town.signal(.fire, 1, at: 0))
        let sum = town.signal(.fire, at: 1, scope: .system, address: "1-1")
        guard case .folded = try await town.take(sum) else {
            Issue.record("not folded")
            return
        }
        #expect(try await town.alarms().map(\.severity) == [3])
    }

    @Test(
        "A fire after verification is a new alarm, told to everyone",
        arguments: [Alarm.Verdict.false, .test, .drill])
    func afterVerification(verdict: Alarm.Verdict) async throws {
        let town = try await Town()
        try await town.take(town.signal(at: 0))
        let first = try #require(try await town.alarms().first)
        try await town.verify(first.id, as: verdict, at: 30)
        guard case .raised(_, let caseID) = try await town.take(town.signal(at: 40)) else {
            Issue.record("swallowed")
            return
        }
        #expect(caseID != first.caseID)
        let second = try #require(try await town.alarms().last)
        #expect(second.reasons.map(\.rule) == ["again-after-settled", "first-at-site"])
        #expect(try await town.count("SELECT role FROM fake_message WHERE channel = 'call'") == 3)
    }

    @Test("A fire of a detector that was verified real joins its case as a new alarm", arguments: Engine.allCases)
    func afterReal(_ engine: Engine) async throws {
        let town = try await Town(engine)
        try await town.take(town.signal(at: 0))
        let first = try #require(try await town.alarms().first)
        try await town.verify(first.id, as: .real, at: 30)
        try await town.take(town.signal(at: 40))
        #expect(try await town.alarms().map(\.caseID) == [first.caseID, first.caseID])
    }

    @Test(
        "A condition sent again and again does not come back right after it was found false, but does when it lasts",
        arguments: Engine.allCases)
    func levels(_ engine: Engine) async throws {
        let town = try await Town(engine)
        try await town.take(town.signal(at: 0, isLevel: true))
        let first = try #require(try await town.alarms().first)
        try await town.verify(first.id, as: .false, at: 30)
        try await town.take(town.signal(at: 60, isLevel: true))
        #expect(try await town.alarms().count == 1)
        try await town.take(town.signal(at: 30 + 601, isLevel: true))
        #expect(try await town.alarms().last?.reasons.map(\.rule) == ["condition-persists", "first-at-site"])
    }

    @Test("A condition that ended and came back after verification is a new alarm at once", arguments: Engine.allCases)
    func levelAgain(_ engine: Engine) async throws {
        let town = try await Town(engine)
        try await town.take(town.signal(at: 0, isLevel: true))
        let first = try #require(try await town.alarms().first)
        try await town.verify(first.id, as: .false, at: 30)
        try await town.take(town.signal(.restore, at: 40, isLevel: true))
        try await town.take(town.signal(at: 50, isLevel: true))
        #expect(try await town.alarms().count == 2)
    }

    @Test(
        "An alarm left open for a day does not swallow the next fire of the same detector", arguments: Engine.allCases)
    func standing(_ engine: Engine) async throws {
        let town = try await Town(engine)
        try await town.take(town.signal(at: 0))
        try await town.take(town.signal(at: 86_400))
        let alarms = try await town.alarms()
        #expect(alarms.count == 2)
        #expect(alarms.last?.reasons.map(\.rule) == ["again-after-pause", "joins-case"])
    }

    @Test(
        "Works with an end: the alarm is lower and the brigade is left alone, until they are over",
        arguments: Engine.allCases)
    func maintenance(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let (site, until) = (town.site.id, town.start + 3_600_000)
        try await town.database.write { db in
            try SiteStore.setMaintenance(site, until: until, note: "年检", in: db)
        }
        try await town.take(town.signal(at: 0))
        var alarm = try #require(try await town.alarms().first)
        #expect(alarm.severity == 1 && alarm.inMaintenance && alarm.reasons.map(\.rule) == ["maintenance"])
        #expect(try await town.count("SELECT role FROM fake_message WHERE role = 'brigade'") == 0)
        #expect(try await town.count("SELECT role FROM fake_message WHERE role = 'owner'") == 1)

        let works = Works(database: town.database, desk: FakeDesk())
        #expect(try await works.sweep(at: town.start + 3_599_000) == 0)
        #expect(try await works.sweep(at: town.start + 3_600_000) == 1)
        alarm = try #require(try await town.alarms().first)
        #expect(alarm.severity == 3 && !alarm.inMaintenance)
        #expect(try await town.count("SELECT role FROM fake_message WHERE role = 'brigade'") == 2)
    }

    @Test(
        "The first fire after works is told to everyone, even into the case that the works opened",
        arguments: Engine.allCases)
    func afterWorks(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let (site, until) = (town.site.id, town.start + 60_000)
        try await town.database.write { db in
            try SiteStore.setMaintenance(site, until: until, note: "年检", in: db)
        }
        try await town.take(town.signal(.fire, 1, at: 0))
        try await town.take(town.signal(.fire, 1, at: 70))
        #expect(try await town.alarms().map(\.severity) == [1, 3])
        #expect(try await town.count("SELECT role FROM fake_message WHERE role = 'brigade'") == 2)
    }

    @Test("A fire from an address that nobody registered opens a case at an unknown place", arguments: Engine.allCases)
    func unknownAddress(_ engine: Engine) async throws {
        let town = try await Town(engine)
        guard case .raised = try await town.take(town.signal(at: 0, source: "0000deadbeef", address: "1-1-3-4")) else {
            Issue.record("not raised")
            return
        }
        let alarm = try #require(try await town.alarms().first)
        #expect(alarm.site == nil && alarm.reasons.map(\.rule) == ["unknown-place", "first-at-site"])
        #expect(try await town.count("SELECT role FROM fake_message WHERE role = 'brigade'") == 2)
        try await town.take(town.signal(at: 5, source: "0000deadbeef", address: "1-1-3-4"))
        #expect(try await town.alarms().map(\.repeats) == [1])
    }

    @Test(
        "Ten thousand invented addresses from one far end are bounded, and counted on one alarm",
        arguments: Engine.allCases)
    func unknownFlood(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let flood = (0..<1_000).map { number in
            town.signal(at: 0, source: "00000000\(number)", peer: "203.0.113.9")
        }
        try await town.ingest.take(flood)
        let alarms = try await town.alarms()
        #expect(alarms.count == 21)
        #expect(alarms.last?.repeats == 1_000 - 21)
        #expect(try await town.count("SELECT id FROM fire_signal") == 20)
        // Another far end still gets through.
        try await town.take(town.signal(at: 1, source: "0000deadbeef", peer: "203.0.113.10"))
        #expect(try await town.alarms().count == 22)
    }

    @Test(
        "A storm at one site stays quiet after the first alarms and hides no first alarm elsewhere",
        arguments: Engine.allCases)
    func storm(_ engine: Engine) async throws {
        let town = try await Town(engine)
        let gateway = Gateway(id: .next(), kind: .gb26875, address: "1", name: "本厂装置", site: town.site.id)
        let other = Site(id: .next(), name: "邻厂", address: "虚构路 2 号", ownerPhone: "19900000003")
        let neighbour = Gateway(id: .next(), kind: .gb26875, address: "2", name: "邻厂装置", site: other.id)
        let now = town.start
        try await town.database.write { db in
            try SiteStore.save(other, keyHolders: [], at: now, in: db)
            for gateway in [gateway, neighbour] { try DeviceStore.save(gateway, in: db) }
        }
        for number in 0..<30 {
            try await town.take(town.signal(at: Int64(number), source: "1", address: "1-1-20-\(number)"))
        }
        let alarms = try await town.alarms()
        #expect(alarms.count == 30 && Set(alarms.map(\.caseID)).count == 1)
        #expect(alarms.last?.reasons.map(\.rule) == ["unknown-detector", "second-detector", "storm"])
        // Three people: called for the first and for the rise, then texts until the tenth.
        #expect(try await town.count("SELECT role FROM fake_message WHERE role = 'owner'") == 2 * 2 + 8)
        try await town.take(town.signal(at: 31, source: "2", address: "1-1-20-1"))
        #expect(try await town.count("SELECT phone FROM fake_message WHERE phone = '19900000003'") == 2)
    }

    @Test(
        "Fault and low battery become one low case each and a text to the owner; fire is no part of it",
        arguments: Engine.allCases)
    func work(_ engine: Engine) async throws {
        let town = try await Town(engine)
        for seconds in [0, 60] as [Int64] {
            try await town.take(town.signal(.fault, at: seconds))
            try await town.take(town.signal(.lowBattery, at: seconds))
        }
        #expect(try await town.count("SELECT id FROM fake_case WHERE work = 1 AND severity = 1") == 2)
        #expect(try await town.count("SELECT role FROM fake_message WHERE role = 'owner' AND channel = 'sms'") == 2)
        #expect(try await town.alarms().isEmpty)
    }

    @Test("Standing the brigade down takes a second source and words", arguments: Engine.allCases)
    func standDown(_ engine: Engine) async throws {
        let town = try await Town(engine)
        try await town.take(town.signal(at: 0))
        var alarm = try #require(try await town.alarms().first)
        let now = town.start + 60_000
        #expect(throws: Problem.invalid(["secondSource": "required", "note": "required"])) {
            try AlarmMoves.verify(&alarm, as: .false, secondSource: nil, note: "", by: "值班员", at: now)
        }
        #expect(alarm.state == .raised)
        #expect(try AlarmMoves.verify(&alarm, as: .real, secondSource: nil, note: "", by: "值班员", at: now))
    }

    @Test("Clearing takes a verdict, and the device's reset or a person's word for it", arguments: Engine.allCases)
    func clearing(_ engine: Engine) async throws {
        let town = try await Town(engine)
        try await town.take(town.signal(at: 0))
        var alarm = try #require(try await town.alarms().first)
        let now = town.start + 60_000
        #expect(throws: Problem.conflict("alarm.not-verified")) {
            try AlarmMoves.clear(&alarm, resetByHand: true, at: now)
        }
        _ = try AlarmMoves.verify(&alarm, as: .real, secondSource: nil, note: "", by: "值班员", at: now)
        #expect(throws: Problem.conflict("alarm.still-reporting")) {
            try AlarmMoves.clear(&alarm, resetByHand: false, at: now)
        }
        #expect(try AlarmMoves.clear(&alarm, resetByHand: true, at: now))
        #expect(alarm.state == .cleared)
    }
}
