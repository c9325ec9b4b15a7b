import Foundation
import SIP
import Testing

/// A REGISTER as a recorder sends it.
let register = """
    REGISTER sip:51010601002000000001@5101060100 SIP/2.0
    Via: SIP/2.0/UDP 10.20.5.31:5060;rport;branch=z9hG4bKa2
    From: <sip:51010601001180000007@5101060100>;tag=r71
    To: <sip:51010601001180000007@5101060100>
    Call-ID: reg-7f31@10.20.5.31
    CSeq: 2 REGISTER
    Contact: <sip:51010601001180000007@10.20.5.31:5060>
    Authorization: Digest username="51010601001180000007", realm="5101060100", nonce="b7c9036dbf357f76", uri="sip:51010601002000000001@5101060100", response="ff215e0cea6c1d6c46f49423945472f4", algorithm=MD5
    Max-Forwards: 70
    Expires: 3600
    X-GB-Ver: 3.0
    Content-Length: 0


    """.replacingOccurrences(of: "\n", with: "\r\n")

@Suite("SIP messages")
struct SIPParserTests {
    @Test("A message is read, and written as it was")
    func roundTrip() throws {
        let message = try SIPParser.datagram(Array(register.utf8))
        #expect(message.method == .register)
        #expect(message.via?.branch == "z9hG4bKa2")
        #expect(message.via?.parameter("rport") == "")
        #expect(message.from?.tag == "r71")
        #expect(message.from?.uri.user == "51010601001180000007")
        #expect(message.cseq == CSeq(2, .register))
        #expect(message.headers["x-gb-ver"] == "3.0")
        #expect(String(decoding: message.bytes, as: UTF8.self) == register)
    }

    @Test("Compact names, folded lines, lists and blanks before the colon mean the same")
    func spellings() throws {
        let text = """
            OPTIONS sip:a@b SIP/2.0\r
            v: SIP/2.0/UDP one:5060;branch=z9hG4bK1, SIP/2.0/TCP two;branch=z9hG4bK2\r
            f : "Li, \\"Wu\\"" <sip:x@y>;tag=1\r
            t: sip:a@b\r
            i: c1\r
            CSeq:  7\r
              OPTIONS\r
            l: 2\r
            \r
            okTAIL
            """
        let message = try SIPParser.datagram(Array(text.utf8))
        #expect(message.headers.all("Via").count == 2)
        #expect(message.from?.name == "Li, \"Wu\"")
        #expect(message.cseq == CSeq(7, .options))
        #expect(message.callID == "c1")
        #expect(message.body == Array("ok".utf8))
    }

    @Test("What cannot be a message is refused with the reason")
    func refusals() {
        func reason(_ change: (inout String) -> Void) -> SIPError? {
            var text = register
            change(&text)
            do {
                _ = try SIPParser.datagram(Array(text.utf8))
                return nil
            } catch { return error }
        }
        #expect(
            reason { $0 = $0.replacingOccurrences(of: "Content-Length: 0", with: "Content-Length: 9") } == .truncated)
        #expect(
            reason { $0 = $0.replacingOccurrences(of: "Length: 0", with: "Length: -1") } == .malformed("Content-Length")
        )
        #expect(reason { $0 = $0.replacingOccurrences(of: "CSeq: 2 REGISTER", with: "CSeq: 2 BYE") } != nil)
        #expect(reason { $0 = $0.replacingOccurrences(of: "Call-ID", with: "X-ID") } == .malformed("Call-ID"))
        #expect(reason { $0 = $0.replacingOccurrences(of: "SIP/2.0\r\nVia", with: "HTTP/1.1\r\nVia") } != nil)
        #expect(
            reason {
                $0 = $0.replacingOccurrences(of: "Max-Forwards", with: String(repeating: "A: b\r\n", count: 200) + "X")
            } == .tooLarge("more than 128 header fields"))
    }

    @Test("A value cannot make a header field of its own")
    func noInjection() throws {
        var message = try SIPParser.datagram(Array(register.utf8))
        message.headers["Subject"] = "a\r\nEvil: 1"
        let again = try SIPParser.datagram(message.bytes)
        #expect(again.headers["Evil"] == nil)
    }

    @Test("A stream gives the same messages however it is cut, and answers empty lines")
    func stream() throws {
        var one = try SIPParser.datagram(Array(register.utf8))
        one.body = Array("<a>\r\n\r\n</a>".utf8)
        let bytes = one.bytes + [13, 10, 13, 10] + one.bytes + one.bytes
        for size in [1, 2, 3, 7, 100, bytes.count] {
            var parser = SIPStreamParser()
            var items: [SIPStreamParser.Item] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                parser.append(rest.prefix(size))
                rest = rest.dropFirst(size)
                while let item = try parser.next() { items.append(item) }
            }
            #expect(items == [.message(one), .ping, .message(one), .message(one)], "pieces of \(size)")
        }
    }

    @Test("A stream without Content-Length, or with a header that never ends, is given up")
    func streamErrors() {
        var parser = SIPStreamParser()
        parser.append(register.replacingOccurrences(of: "Content-Length: 0\r\n", with: "").utf8)
        #expect(throws: SIPError.noLength) { try parser.next() }
        var endless = SIPStreamParser()
        #expect(throws: SIPError.tooLarge("header")) {
            while true {
                endless.append([UInt8](repeating: 65, count: 4_096))
                _ = try endless.next()
            }
        }
        #expect(endless.pendingBytes <= 40_000)
    }

    private static var seconds: Double {
        ProcessInfo.processInfo.environment["ZHILI_FUZZ_SECONDS"].flatMap { Double($0) } ?? 0
    }

    @Test("Mutated messages neither trap nor give one that cannot be written and read again")
    func fuzz() throws {
        var random = SplitMix(state: Self.seconds > 0 ? UInt64.random(in: 0...UInt64.max) : 28_181)
        let end = ContinuousClock.now + .seconds(Self.seconds)
        let letters = Array("\r\n\t ;:,<>\"\\@=%[]SIP/2.0\u{0}".utf8) + [0xFF]
        var round = 0
        while round < 4_000 || ContinuousClock.now < end {
            round += 1
            var bytes = Array(register.utf8)
            for _ in 0..<(1 + random.next() % 8) {
                let index = Int(random.next() % UInt64(bytes.count))
                let letter = letters[Int(random.next() % UInt64(letters.count))]
                switch random.next() % 4 {
                case 0: bytes[index] = letter
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(letter, at: index)
                default: bytes.insert(contentsOf: bytes[index..<min(bytes.count, index + 40)], at: index)
                }
            }
            if let message = try? SIPParser.datagram(bytes) {
                let again = try SIPParser.datagram(message.bytes)
                #expect(again.callID == message.callID)
                _ = message.response(200, tag: "x").bytes
                _ = message.headers["Authorization"].flatMap(DigestCredentials.init)
            }
            var parser = SIPStreamParser()
            parser.append(bytes)
            while let item = try? parser.next() { if case .ping = item { continue } }
        }
    }
}

/// A small generator with a seed, so that a failure can be run again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
