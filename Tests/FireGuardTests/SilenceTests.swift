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

    @Test("After a start everybody has time to be heard")
    func grace() {
        let start = CivilTime.instant(2026, 11, 24)
        let deadline = SilenceRules.deadline(
            lastSeen: start - 86_400_000, allowedMs: 150_000, startedAt: start, graceMs: 120_000)
        #expect(deadline == start + 120_000)
    }
}
