import Foundation
import Testing

@testable import WebPush

@Suite("Web Push")
struct WebPushTests {
    private func bytes(_ text: String) throws -> [UInt8] { try #require(Base64URL.bytes(text)) }

    // RFC 8291, section 5 and appendix A.
    private let browserPublic =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    private let browserPrivate = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
    private let pagePrivate = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
    private let secret = "BTBZMqHH6r4Tts7J_aSIgg"
    private let salt = "DGv6ra1nlYgDCS1FRnbzlw"
    private let words = "When I grow up, I want to be a watermelon"
    private let sealed =
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"

    @Test("The example of RFC 8291 comes out, byte for byte, with its intermediate values")
    func example() throws {
        let page = try CurveKey(privateKey: try bytes(pagePrivate))
        let browser = try CurveKey(privateKey: try bytes(browserPrivate))
        #expect(Base64URL.text(browser.publicKey) == browserPublic)
        let shared = try page.agree(with: browser.publicKey)
        #expect(Base64URL.text(shared) == "kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs")
        let (content, nonce) = PushMessage.derive(
            shared, browser: browser.publicKey, page: page.publicKey, secret: try bytes(secret), salt: try bytes(salt))
        #expect(Base64URL.text(content) == "oIhVW04MRdy2XN9CiKLxTg")
        #expect(Base64URL.text(nonce) == "4h_95klXJ5E_qnoN")
        let keys = try #require(PushKeys(point: browser.publicKey, secret: try bytes(secret)))
        let message = try PushMessage.seal(Array(words.utf8), to: keys, key: page, salt: try bytes(salt))
        #expect(Base64URL.text(message) == sealed)
        let opened = PushMessage.open(message, with: browser, secret: try bytes(secret))
        #expect(opened.map { String(decoding: $0, as: UTF8.self) } == words)
    }

    @Test("A message that was changed, or is another's, opens for nobody")
    func changed() throws {
        let browser = try CurveKey(privateKey: try bytes(browserPrivate))
        let message = try bytes(sealed)
        for index in stride(from: 0, to: message.count, by: 3) where !(16..<20).contains(index) {
            var other = message
            other[index] ^= 1
            #expect(PushMessage.open(other, with: browser, secret: try bytes(secret)) == nil)
        }
        #expect(PushMessage.open(message, with: try CurveKey(), secret: try bytes(secret)) == nil)
        #expect(PushMessage.open(message, with: browser, secret: [UInt8](repeating: 0, count: 16)) == nil)
        for count in 0..<message.count {
            #expect(PushMessage.open(Array(message.prefix(count)), with: browser, secret: try bytes(secret)) == nil)
        }
    }

    @Test("Keys that are no point of the curve are refused before anything is sealed to them")
    func keys() throws {
        let point = try bytes(browserPublic)
        let secret = try bytes(secret)
        #expect(PushKeys(point: point, secret: secret) != nil)
        var off = point
        off[64] ^= 1
        for bad in [off, Array(point.dropLast()), [], [UInt8](repeating: 4, count: 65), [3] + point.dropFirst()] {
            #expect(PushKeys(point: bad, secret: secret) == nil)
        }
        #expect(PushKeys(point: point, secret: Array(secret.dropLast())) == nil)
    }

    @Test("A token says to whom, until when and from whom, signed by ES256, and a signature of 64 bytes holds")
    func vapid() throws {
        let key = try CurveKey(privateKey: try bytes(pagePrivate))
        for number in 0..<50 {
            let value = try Vapid.authorization(
                audience: "https://push.example", subject: "mailto:a@b.example", expires: 1_800_000_000 + Int64(number),
                key: key)
            let parts = value.dropFirst("vapid t=".count).components(separatedBy: ", k=")
            #expect(parts.count == 2 && parts[1] == Base64URL.text(key.publicKey))
            let token = parts[0].components(separatedBy: ".")
            let signature = try bytes(token[2])
            #expect(CurveKey.isSigned(Array("\(token[0]).\(token[1])".utf8), signature, by: key.publicKey))
            #expect(!CurveKey.isSigned(Array("\(token[0]).\(token[1])x".utf8), signature, by: key.publicKey))
            let claims = String(decoding: try bytes(token[1]), as: UTF8.self)
            #expect(
                claims == #"{"aud":"https://push.example","exp":\#(1_800_000_000 + number),"sub":"mailto:a@b.example"}"#
            )
        }
    }

    @Test("Nothing longer than a push service takes is sealed")
    func bounds() throws {
        let browser = try CurveKey()
        let keys = try #require(PushKeys(point: browser.publicKey, secret: [UInt8](repeating: 7, count: 16)))
        let salt = [UInt8](repeating: 9, count: 16)
        let most = [UInt8](repeating: 0x61, count: PushMessage.limit)
        let message = try PushMessage.seal(most, to: keys, key: try CurveKey(), salt: salt)
        #expect(message.count == 4_096)
        #expect(PushMessage.open(message, with: browser, secret: keys.secret) == most)
        #expect(throws: (any Error).self) {
            try PushMessage.seal(most + [0], to: keys, key: try CurveKey(), salt: salt)
        }
    }
}
