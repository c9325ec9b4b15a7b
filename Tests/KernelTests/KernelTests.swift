import Kernel
import Testing

@Suite("Moments and identifiers")
struct KernelTests {
    @Test("A moment reads back what it wrote")
    func roundTrip() {
        for ms in [Int64(0), 1_764_000_000_123, 951_782_399_999, -1] {
            #expect(Instant(Instant(ms: ms).rfc3339) == Instant(ms: ms))
        }
        #expect(CivilTime.instant(2026, 11, 24, 16, 13).rfc3339 == "2026-11-24T16:13:00.000+08:00")
        #expect(Instant("2026-11-24T08:13:00Z") == CivilTime.instant(2026, 11, 24, 16, 13))
        #expect(Instant("2026-11-24T16:13") == CivilTime.instant(2026, 11, 24, 16, 13))
    }

    @Test(
        "A moment that does not exist is refused",
        arguments: [
            "", "2026-02-30", "2026-13-01", "2026-11-24T24:00:00Z", "2026-11-24T16:13:00+8", "2026-11-24x",
            "２０２６-11-24", "2026-11-24T16:13:00.Z",
        ])
    func refused(text: String) { #expect(Instant(text) == nil) }

    @Test("Identifiers grow and survive being written out")
    func identifiers() {
        let made = (0..<50_000).map { _ in ID<Int>.next() }
        #expect(made == made.sorted() && Set(made).count == made.count)
        for id in made.prefix(100) { #expect(ID<Int>(id.description) == id) }
        #expect(ID<Int>("not-an-id-at-") == nil)
        #expect(ID<Int>("zzzzzzzzzzzzz") == nil)
    }
}
