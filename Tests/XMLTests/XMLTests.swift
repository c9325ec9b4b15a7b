import Foundation
import Testing

@testable import XML

@Suite("Documents from outside")
struct XMLTests {
    @Test("A tree keeps names, attributes, namespaces and text")
    func tree() throws {
        let root = try XMLReader.read(
            Array("<a:x xmlns:a='urn:t' k='1 &amp; 2'><a:y> 一 &lt;二 </a:y><a:y/><z><![CDATA[<raw>]]></z></a:x>".utf8))
        #expect(root.name == "x")
        #expect(root.namespace == "urn:t")
        #expect(root.attributes == ["k": "1 & 2"])
        #expect(root.all("y").map(\.value) == ["一 <二", ""])
        #expect(root.value("z") == "<raw>")
    }

    @Test("A document type is refused before any entity is looked at")
    func entities() {
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><x>&b;</x>"
        #expect(throws: XMLError.doctype) { try XMLReader.read(Array(bomb.utf8)) }
        #expect(throws: XMLError.doctype) {
            try XMLReader.read(Array("<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><x/>".utf8))
        }
    }

    @Test("Depth, number and bytes are bounded")
    func bounds() {
        let deep = String(repeating: "<a>", count: 100_000)
        #expect(throws: XMLError.tooLarge("deeper than 32 elements")) { try XMLReader.read(Array(deep.utf8)) }
        let wide = "<a>" + String(repeating: "<b/>", count: 60_000) + "</a>"
        #expect(throws: XMLError.tooLarge("more than 50000 elements")) { try XMLReader.read(Array(wide.utf8)) }
        #expect(throws: XMLError.tooLarge("11 bytes, at most 10")) {
            try XMLReader.read(Array("<a>1234</a>".utf8), limits: XMLLimits(bytes: 10))
        }
    }

    @Test("What is not well formed is answered with the line and the column")
    func syntax() {
        #expect(throws: XMLError.syntax(line: 2, column: 5, "mismatched tag")) {
            try XMLReader.read(Array("<a>\n<b></c></a>".utf8))
        }
        #expect(throws: XMLError.self) { try XMLReader.read([]) }
        #expect(throws: XMLError.self) { try XMLReader.read(Array("<a/><b/>".utf8)) }
    }

    @Test("What is written is read back, whatever the characters")
    func roundTrip() throws {
        var writer = XMLWriter()
        let text = "\"<&>'\u{8}\r\n\t𠮷 ]]>"
        writer.open("a", ["k": text])
        writer.leaf("b", text)
        writer.leaf("c", ifAny: "")
        writer.close()
        let root = try XMLReader.read(Array(writer.text.utf8))
        #expect(root["b"]?.text == text.replacingOccurrences(of: "\u{8}", with: "\u{FFFD}"))
        #expect(root.children.count == 1)
    }

    /// Seconds to go on for, beyond the ten thousand documents of every run: `make fuzz` sets it.
    private static var seconds: Double {
        ProcessInfo.processInfo.environment["ZHILI_FUZZ_SECONDS"].flatMap { Double($0) } ?? 0
    }

    @Test("Mutated documents neither trap nor exceed the bounds")
    func fuzz() {
        var random = SystemRandomNumberGenerator()
        let seed = Array(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response xmlns:a='u'><a:B c=\"d\">&#20013;文</a:B></Response>"
                .utf8)
        let end = ContinuousClock.now + .seconds(Self.seconds)
        var count = 0
        while count < 10_000 || ContinuousClock.now < end {
            count += 1
            var bytes = seed
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = .random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.insert(seed.randomElement(using: &random) ?? 0, at: index)
                }
            }
            if let tree = try? XMLReader.read(bytes) { #expect(tree.name.utf8.count <= bytes.count * 3) }
        }
    }
}
