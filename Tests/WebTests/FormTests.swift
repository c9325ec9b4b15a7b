import HTTPTypes
import Testing

@testable import Web

@Suite("Forms and addresses from outside")
struct FormTests {
    @Test("Escapes, plus signs and repeated names are read")
    func reading() {
        let form = Form("a=%E6%99%BA+%E7%90%86&b=1&b=2&c".utf8)
        #expect(form["a"] == "智 理")
        #expect(form.all("b") == ["1", "2"])
        #expect(form["c"] == "")
        #expect(form["d"] == nil)
    }

    @Test("No NUL comes through, which no database keeps", arguments: ["a=x%00y", "a=x\u{0}y"])
    func nul(_ text: String) {
        #expect(Form(text.utf8)["a"] == "x\u{FFFD}y")
        #expect(Form(json: Array(#"{"a":"x\u0000y"}"#.utf8))["a"] == "x\u{FFFD}y")
        #expect(Form(pairs: [("a", "x\u{0}y")])["a"] == "x\u{FFFD}y")
        #expect(unescaped("x%00y") == "x\u{FFFD}y")
    }

    @Test("No bytes, however broken, stop the reader or grow it beyond its bound")
    func hostile() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0..<80, using: &random)).map { _ in
                [UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "="), UInt8.random(in: 0...255, using: &random)]
                    .randomElement(using: &random) ?? 0
            }
            #expect(Form(bytes).values.count <= 80)
        }
        #expect(Form(String(repeating: "a=1&", count: 5_000).utf8).all("a").count == 1_000)
    }

    @Test("A redirect never leaves this server")
    func redirects() {
        for path in ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nSet-Cookie: x=1"] {
            #expect(Answer.redirect(to: path).headers.first { $0.name == "Location" }?.value == "/")
        }
        #expect(Answer.redirect(to: "/cases?a=1").headers.first { $0.name == "Location" }?.value == "/cases?a=1")
    }

    @Test("Another site's request is known by its origin")
    func crossSite() {
        var incoming = Incoming(method: .post, path: "/login", authority: "centre.local")
        #expect(!incoming.isCrossSite)
        incoming.headers[.origin] = "http://centre.local"
        #expect(!incoming.isCrossSite)
        incoming.headers[.origin] = "http://evil.example"
        #expect(incoming.isCrossSite)
    }
}
