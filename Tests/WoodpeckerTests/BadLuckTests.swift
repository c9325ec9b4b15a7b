import Foundation
import HTTPTypes
import Kernel
import Pictures
import Storage
import Testing
import Web

@testable import Woodpecker

@Suite("Bad luck at the citizens' door")
struct BadLuckTests {
    private static let boundary = "b0undary"

    private func body(_ fields: [(String, String)], photos: [[UInt8]] = []) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in fields {
            bytes += Array(
                "--\(Self.boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8)
        }
        for photo in photos {
            bytes +=
                Array(
                    "--\(Self.boundary)\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"x.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"
                        .utf8) + photo + Array("\r\n".utf8)
        }
        return bytes + Array("--\(Self.boundary)--\r\n".utf8)
    }

    private func send(_ stranger: Stranger, _ body: [UInt8]) async -> Answer {
        await stranger.ask(
            .post, "/report/send", body: body, type: "multipart/form-data; boundary=\(Self.boundary)")
    }

    private let good = [("category", "water"), ("q_flow", "drip"), ("words", "漏水"), ("level", "anonymous")]

    private func count(_ nest: Nest) async throws -> Int64? {
        try await nest.database.read { db in try db.value(Int64.self, "SELECT COUNT(*) FROM report") }
    }

    @Test("A form cut off at any byte is an error or no report, never a trap")
    func halfUploads() async throws {
        let nest = try await Nest()
        let stranger = try Stranger(nest)
        let whole = body(good)
        for length in stride(from: 0, to: whole.count - 4, by: 7) {
            let answer = await send(stranger, Array(whole.prefix(length)))
            #expect((400..<500).contains(answer.status), "\(length)")
        }
        #expect(try await count(nest) == 0)
        #expect(await send(stranger, whole).status == 200)
        #expect(try await count(nest) == 1)
    }

    @Test(
        "A picture that is none, says it has 50,000 by 50,000 pixels, or hides a page, is refused and nothing is stored"
    )
    func pictures() async throws {
        let nest = try await Nest()
        let stranger = try Stranger(nest)
        // The head of a PNG that claims 2.5 billion pixels.
        var bomb: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]
        bomb += Array("IHDR".utf8) + [0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50, 8, 2, 0, 0, 0, 0, 0, 0, 0]
        let page = Array("<html><script>alert(1)</script></html>".utf8)
        let vector = Array("<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>".utf8)
        for photo in [bomb, page, vector, [0xff, 0xd8, 0xff, 0xe0] + page, Array("GIF89a".utf8) + page] {
            #expect(await send(stranger, body(good, photos: [photo])).status == 422)
        }
        let many = [[UInt8]](repeating: page, count: 5)
        #expect(await send(stranger, body(good, photos: many)).status == 422)
        #expect(try await count(nest) == 0)
    }

    @Test("Scripts in every field come back as text, on the citizen's pages and on those of the desk")
    func scripts() async throws {
        let nest = try await Nest()
        let stranger = try Stranger(nest)
        let evil = "\"><script>alert('x')</script><img src=x onerror=alert(1)>{{t.common}}"
        for (path, fields) in [
            (
                "/report/form",
                [("category", evil), ("place", evil), ("area", evil), ("lat", evil), ("next", "1"), ("lang", evil)]
            ),
            (
                "/report/form",
                [
                    ("category", "water"), ("place", evil), ("receipt", evil), ("words", evil), ("name", evil),
                    ("next", "1"),
                ]
            ),
            ("/receipt", [("receipt", evil)]), ("/receipt", [("pass", evil), ("act", evil), ("words", evil)]),
        ] {
            let answer = await stranger.ask(.post, path, fields)
            #expect(answer.status < 500)
            #expect(!answer.text.contains("<script>alert") && !answer.text.contains("<img src=x"), "\(path)")
        }
        let sent = await send(stranger, body(good.map { $0.0 == "words" ? ("words", evil) : $0 } + [("place", evil)]))
        #expect(sent.status == 200 && !sent.text.contains("<script>alert"))
        let map = await stranger.ask(.get, "/report/map.svg?lat=\"><script>&lon=1e999&zoom=1&clat=nan&clon=inf")
        #expect(map.status < 500)
    }

    @Test("Citizen pages set no cookie, name no other site, and tell nobody where the reader came from")
    func quiet() async throws {
        let nest = try await Nest()
        let stranger = try Stranger(nest)
        for path in ["/report", "/receipt", "/report/safety", "/lessons", "/fixed"] {
            let answer = await stranger.ask(.get, path)
            #expect(answer.status == 200)
            #expect(answer.header("Set-Cookie") == nil)
            #expect(answer.header("Referrer-Policy") == "no-referrer" && answer.header("Cache-Control") == "no-store")
            #expect(answer.text.firstMatch(of: /(?:src|href|action)="(?:https?:)?\/\//) == nil)
            #expect(answer.bodyBytes.count < 40_000)
        }
    }

    @Test("A robot that guesses at one receipt is stopped, whether there is a report under it or not")
    func guesses() async throws {
        let nest = try await Nest()
        let stranger = try Stranger(nest)
        let (real, _) = try await nest.report()
        let other = try Receipt()
        for locator in [real.locator, other.locator] {
            var last = Answer.nothing
            for number in 0..<12 {
                let digits = locator + String(100_000_000_000_000 + number)
                let text = digits + String(Damm.digit(digits))
                last = await stranger.ask(.post, "/receipt", [("receipt", text)])
                #expect(last.status == (number < 10 ? 422 : 429), "\(number)")
            }
            #expect(last.text.contains("woodpecker.receipt.wait") || last.status == 429)
        }
    }

    @Test("fuzz: mutated forms never trap")
    func fuzz() async throws {
        let seconds = ProcessInfo.processInfo.environment["ZHILI_FUZZ_SECONDS"].flatMap(Double.init) ?? 0.3
        let end = ContinuousClock.now + .seconds(seconds)
        let whole = body(good, photos: [[1, 2, 3]])
        while ContinuousClock.now < end {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...8) {
                let place = Int.random(in: 0..<bytes.count)
                switch Int.random(in: 0..<3) {
                case 0: bytes[place] = UInt8.random(in: 0...255)
                case 1: bytes.remove(at: place)
                default:
                    bytes.insert(
                        contentsOf: whole[min(place, whole.count)...].prefix(Int.random(in: 0..<40)), at: place)
                }
            }
            let parts = Multipart(bytes, type: "multipart/form-data; boundary=\(Self.boundary)")
            #expect((parts?.files.count ?? 0) < 200)
            _ = try? WeChatMessage(bytes)
        }
    }
}
