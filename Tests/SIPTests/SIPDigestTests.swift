import Kernel
import SIP
import Testing

@Suite("Digest")
struct SIPDigestTests {
    /// From a run of sipp 3.6.1 against its own implementation.
    @Test("The fingerprint is sipp's, over the uri as it was sent, with and without qop")
    func vectors() throws {
        let challenge = DigestChallenge(realm: "3402000000", nonce: "6fe9ba44a76be22a")
        let plain = challenge.answer(
            user: "34020000001320000001", password: "12345678", method: .register, uri: "sip:127.0.0.1:25060",
            cnonce: "")
        #expect(plain.response == "9c9aaaaf97b719af328c9d6dba684ab8")
        let other = challenge.answer(
            user: "34020000001320000001", password: "12345678", method: .register,
            uri: "sip:34020000002000000001@3402000000", cnonce: "")
        #expect(other.response == "6a2143ae65b119e276a75f0a4a8992b7")
        let qop = DigestChallenge(realm: "3402000000", nonce: "6fe9ba44a76be22a", offersQop: true).answer(
            user: "34020000001320000001", password: "12345678", method: .register,
            uri: "sip:34020000002000000001@3402000000", cnonce: "0a4f113b")
        #expect(qop.response == "fb6d2f768312116118c121c2608cf961")
    }

    @Test("A registration's own field is checked against the stored fingerprint of the password")
    func check() throws {
        let message = try SIPParser.datagram(Array(register.utf8))
        let credentials = try #require(message.headers["Authorization"].flatMap(DigestCredentials.init))
        let ha1 = DigestAlgorithm.md5.ha1(
            user: "51010601001180000007", realm: "5101060100", password: "Tw9-river")
        #expect(credentials.isRight(ha1: ha1, method: .register))
        #expect(!credentials.isRight(ha1: ha1, method: .invite))
    }

    @Test("SM3 is the one of GB/T 32905, and every algorithm's field survives being written and read")
    func algorithms() throws {
        #expect(
            DigestAlgorithm.sm3.hex("abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")
        for algorithm in DigestAlgorithm.allCases {
            for qop in [false, true] {
                let challenge = DigestChallenge(realm: "r", nonce: "n", algorithm: algorithm, offersQop: qop)
                let read = try #require(DigestChallenge(challenge.header))
                #expect(read == challenge)
                let answer = read.answer(user: "u", password: "p", method: .register, uri: "sip:x", cnonce: "c")
                let received = try #require(DigestCredentials(answer.header))
                #expect(received == answer)
                #expect(received.isRight(ha1: algorithm.ha1(user: "u", realm: "r", password: "p"), method: .register))
            }
        }
        #expect(DigestChallenge("Digest realm=\"r\", nonce=\"n\", algorithm=MD5-sess") == nil)
        #expect(DigestCredentials("Basic abc") == nil)
    }

    @Test("A nonce is good once and for a minute; another's is foreign")
    func nonces() throws {
        let authority = try NonceAuthority()
        let now = Instant(ms: 1_800_000_000_000)
        let nonce = authority.make(at: now)
        #expect(authority.judge(nonce, at: now + 1_000) == .fresh)
        #expect(authority.use(nonce, at: now + 1_000))
        #expect(!authority.use(nonce, at: now + 1_000))
        #expect(authority.judge(nonce, at: now + 2_000) == .stale)
        #expect(authority.judge(authority.make(at: now), at: now + 60_001) == .stale)
        #expect(try NonceAuthority().judge(nonce, at: now) == .foreign)
        #expect(authority.judge("b7c9036dbf357f76", at: now) == .foreign)
    }
}
