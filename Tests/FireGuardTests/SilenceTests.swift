import Kernel
import Logging
import Storage
import Testing

@testable import FireGuard

@Suite("Silence")
struct SilenceTests {
    @Test("A million deadlines come up at their own tick and not before")
    func wheel() {
        var wheel = TimerWheel(startMs: 1_000_000, tickMs: 250)
        wheel.reserve(1_000_000)
        // Spread over two days with a generator of fixed seed.
        var seed: UInt64 = 42
        var deadlines: [Int64] = []
        for key in 0..<1_000_000 as Range<Int64> {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let deadline = 1_000_000 + Int64(seed >> 33) % 172_800_000
            deadlines.append(deadline)
            wheel.set(key, atMs: deadline)
        }
        var handed = 0
        var wrong = 0
        var now: Int64 = 1_000_000
        while handed < 1_000_000, now < 1_000_000 + 172_900_000 {
            now += 50_000
            let from = now - 50_000
            wheel.advance(toMs: now) { key in
                handed += 1
                let deadline = deadlines[Int(key)]
                if deadline > now || deadline + 250 < from { wrong += 1 }
            }
        }
        #expect(handed == 1_000_000 && wrong == 0 && wheel.count == 0)
    }

    @Test("A deadline weeks away, beyond the coarsest wheel, still comes up on time")
    func far() {
        var wheel = TimerWheel(startMs: 0, tickMs: 1)
        let far: Int64 = (1 << 32) + 70_000
        wheel.set(7, atMs: far)
        var due: [Int64] = []
        wheel.advance(toMs: 65_535) { due.append($0) }
        #expect(due.isEmpty && wheel.count == 1)
    }

    private func watch(_ town: Town) async throws -> SilenceWatch {
        let watch = SilenceWatch(
            database: town.database, desk: FakeDesk(), presence: town.ingest.presence, logger: Logger(label: "test"),
            startedAt: town.start)
        let (site, gateway) = (town.site.id, town.gateway.id)
        try await town.database.write { db in
            try DeviceStore.save(
                Detector(
                    id: DetectorID(rawValue: 50), site: site, gateway: gateway, address: "1-1-50-1", kind: .smoke,
                    place: "仓库", reportSeconds: 60), in: db)
        }
        try await watch.load()
        return watch
    }

    @Test("A detector that falls silent is a warning at its own deadline, once, and work for the owner")
    func offline() async throws {
        let town = try await Town()
        let watch = try await watch(town)
        town.ingest.presence.touch(.gateway(town.gateway.id), at: town.start + 600_000)
        town.ingest.presence.touch(.detector(DetectorID(rawValue: 50)), at: town.start + 100_000)
        let deadline: Int64 = 100_000 + 2 * 60_000 + 30_000
        await watch.check(at: town.start + deadline - 1_000)
        #expect(try await town.count("SELECT id FROM trouble") == 0)
        await watch.check(at: town.start + deadline + 250)
        await watch.check(at: town.start + deadline + 60_000)
        #expect(try await town.count("SELECT id FROM trouble WHERE kind = 'offline' AND detector = 50") == 1)
        #expect(try await town.count("SELECT role FROM fake_message WHERE role = 'owner'") == 1)
        #expect(try await town.count("SELECT seq FROM event WHERE type = 'detector.changed'") == 1)

        town.ingest.presence.touch(.detector(DetectorID(rawValue: 50)), at: town.start + deadline + 70_000)
        await watch.flush()
        #expect(try await town.count("SELECT id FROM trouble WHERE ended_at IS NULL") == 0)
        #expect(try await town.count("SELECT id FROM detector WHERE id = 50 AND offline = 0") == 1)
        // And the next silence is a new one.
        await watch.check(at: town.start + deadline + 70_000 + 150_250)
        #expect(try await town.count("SELECT id FROM trouble WHERE detector = 50") == 2)
    }

    @Test("A gateway that is gone explains its detectors' silence: one warning, not forty")
    func gatewayGone() async throws {
        let town = try await Town()
        let watch = try await watch(town)
        await watch.check(at: town.start + 130_000)
        await watch.check(at: town.start + 200_000)
        #expect(try await town.count("SELECT id FROM trouble") == 1)
        #expect(try await town.count("SELECT id FROM gateway WHERE offline = 1") == 1)
    }

    @Test("What another node hears is not silent here, and its sign of life ends this node's warning")
    func otherNode() async throws {
        let town = try await Town()
        let watch = try await watch(town)
        town.ingest.presence.touch(.gateway(town.gateway.id), at: town.start + 900_000)
        let heard = town.start + 240_000
        // The other node writes what it hears; this one has heard nothing since the start.
        try await town.database.write { db in
            try DeviceStore.seen([Sighting(thing: .detector(DetectorID(rawValue: 50)), at: heard)], in: db)
        }
        await watch.check(at: town.start + 250_000)
        #expect(try await town.count("SELECT id FROM trouble") == 0)
        await watch.check(at: town.start + 460_000)
        #expect(try await town.count("SELECT id FROM trouble WHERE ended_at IS NULL") == 1)

        let elsewhere = Presence()
        let other = SilenceWatch(
            database: town.database, desk: FakeDesk(), presence: elsewhere, logger: Logger(label: "test"),
            startedAt: town.start)
        elsewhere.touch(.detector(DetectorID(rawValue: 50)), at: town.start + 470_000)
        await other.flush()
        #expect(try await town.count("SELECT id FROM trouble WHERE ended_at IS NULL") == 0)
    }

    @Test("What another node or an import registers is watched before long")
    func registeredElsewhere() async throws {
        let town = try await Town()
        let watch = try await watch(town)
        let before = watch.armed
        let (site, gateway) = (town.site.id, town.gateway.id)
        try await town.database.write { db in
            try DeviceStore.save(
                Detector(
                    id: .next(), site: site, gateway: gateway, address: "1-1-51-1", kind: .smoke, place: "仓库",
                    reportSeconds: 60), in: db)
        }
        try await watch.load(since: .now - 120_000)
        #expect(watch.armed == before + 1)
        try await watch.load(since: .now - 120_000)
        #expect(watch.armed == before + 1)
    }

    /// A town whose `sites` have a detector for each number of `each`, all behind one gateway and all due at once.
    private func crowd(_ engine: Engine, sites: Int, each: Int) async throws -> (Town, SilenceWatch, [DetectorID]) {
        let town = try await Town(engine)
        let gateway = town.gateway.id
        let ids = try await town.database.write { db in
            var ids: [DetectorID] = []
            for number in 0..<sites {
                let site = Site(
                    id: .next(), name: "试验楼 \(number)", address: "虚构路 \(number) 号", ownerName: "业主",
                    ownerPhone: "1990000\(1_000 + number)")
                try SiteStore.save(site, keyHolders: [], at: .now, in: db)
                for part in 0..<each {
                    let id = DetectorID.next()
                    ids.append(id)
                    try DeviceStore.save(
                        Detector(
                            id: id, site: site.id, gateway: gateway, address: "9-\(number)-\(part)-1", kind: .smoke,
                            place: "", reportSeconds: 60), in: db)
                }
            }
            return ids
        }
        let watch = SilenceWatch(
            database: town.database, desk: FakeDesk(), presence: town.ingest.presence, logger: Logger(label: "test"),
            startedAt: town.start)
        try await watch.load()
        town.ingest.presence.touch(.gateway(gateway), at: town.start + 3_600_000)
        return (town, watch, ids)
    }

    @Test(
        "Detectors of a site that fall silent together are one work, and their return is one line on it",
        arguments: Engine.allCases)
    func together(_ engine: Engine) async throws {
        let (town, watch, ids) = try await crowd(engine, sites: 2, each: 1_100)
        // One of them is heard once more and is silent a little later than the others.
        town.ingest.presence.touch(.detector(ids[0]), at: town.start + 100_000)
        await watch.check(at: town.start + 151_000)
        #expect(try await town.count("SELECT id FROM trouble WHERE ended_at IS NULL") == 2_199)
        #expect(try await town.count("SELECT id FROM detector WHERE offline = 1") == 2_199)
        #expect(try await town.count("SELECT id FROM fake_case") == 2)
        #expect(try await town.count("SELECT phone FROM fake_message WHERE role = 'owner'") == 2)
        #expect(try await town.count("SELECT seq FROM event WHERE type = 'detector.changed'") <= 4)
        await watch.check(at: town.start + 251_000)
        #expect(try await town.count("SELECT DISTINCT case_id FROM trouble") == 2)
        #expect(try await town.count("SELECT id FROM trouble WHERE case_id IS NULL") == 0)
        #expect(try await town.count("SELECT id FROM trouble WHERE ended_at IS NULL") == 2_200)

        let before = try await town.count("SELECT case_id FROM fake_line")
        for id in ids { town.ingest.presence.touch(.detector(id), at: town.start + 300_000) }
        await watch.flush()
        #expect(try await town.count("SELECT id FROM trouble WHERE ended_at IS NULL") == 0)
        #expect(try await town.count("SELECT id FROM detector WHERE offline = 1") == 0)
        // 2,200 returns of two works, written in two batches.
        #expect(try await town.count("SELECT case_id FROM fake_line") - before <= 4)
        // The silence after that is followed by a silence of its own, long after: new work.
        await watch.check(at: town.start + 300_000 + 650_000)
        #expect(try await town.count("SELECT id FROM fake_case") == 4)
    }

    @Test(
        "Where the devices of many sites behind one gateway are silent, it is the gateway's work and not all owners'",
        arguments: Engine.allCases)
    func manySites(_ engine: Engine) async throws {
        let (town, watch, _) = try await crowd(engine, sites: 70, each: 1)
        await watch.check(at: town.start + 151_000)
        #expect(try await town.count("SELECT id FROM trouble WHERE ended_at IS NULL") == 70)
        #expect(try await town.count("SELECT id FROM fake_case") == 21)
        #expect(try await town.count("SELECT id FROM fake_case WHERE title LIKE '%fire.silence.gateway%'") == 1)
        #expect(try await town.count("SELECT phone FROM fake_message") == 20)
    }

    @Test("After a start everybody has time to be heard")
    func grace() {
        let start = CivilTime.instant(2026, 11, 24)
        let deadline = SilenceRules.deadline(
            lastSeen: start - 86_400_000, allowedMs: 150_000, startedAt: start, graceMs: 120_000)
        #expect(deadline == start + 120_000)
    }
}
