import Testing

@testable import Web

@Suite("Parts of a file")
struct ByteRangeTests {
    @Test(
        "A part is what RFC 9110 says it is, and what is no range is the whole",
        arguments: [
            (nil, ByteRange.whole), ("bytes=0-0", .part(0..<1)), ("bytes=0-", .part(0..<10)),
            ("bytes=5-99", .part(5..<10)), ("bytes=-3", .part(7..<10)), ("bytes=-30", .part(0..<10)),
            ("bytes=10-", .missing), ("bytes=10-12", .missing), ("bytes=-0", .missing), ("bytes=5-4", .whole),
            ("bytes=", .whole), ("bytes=-", .whole), ("bytes=a-b", .whole), ("bytes=1-2-3", .whole),
            ("bytes=0-1,4-5", .whole), ("lines=0-1", .whole), ("bytes=+1-2", .whole),
            ("bytes=99999999999999999999-", .whole), ("bytes=0-9223372036854775807", .part(0..<10)),
        ] as [(String?, ByteRange)])
    func parts(_ field: String?, _ range: ByteRange) {
        #expect(ByteRange(field, of: 10) == range)
    }

    @Test("An empty file has no parts")
    func empty() {
        #expect(ByteRange("bytes=0-1", of: 0) == .whole)
    }
}
