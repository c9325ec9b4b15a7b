import Crypt
import Dispatch
import Foundation
import Synchronization

/// Measures the citizens' door of the built program, from outside: reports, receipts, the official account, page weight.
public struct WoodpeckerBench: Sendable {
    /// The program.
    public var program: URL
    /// A sample town that is set up.
    public var town: URL
    /// Another one, with ``requests(isSmall:)`` requests.
    public var many: URL
    /// Whether few of each are measured, to see that it works.
    public var isSmall: Bool
    /// A Python with a browser's driver, where there is one.
    public var browser: URL?

    /// Requests that Open311 lists from.
    public static func requests(isSmall: Bool) -> Int { Open311Bench.requests(isSmall: isSmall) }

    /// A day's reports of a township, which come within one minute.
    private var day: Int { isSmall ? 8 : 160 }
    /// The seconds within which they come.
    private var span: Int { isSmall ? 3 : 60 }
    /// Reports of the burst, and the seconds after which it is broken off.
    private var burst: Int { isSmall ? 40 : 10_000 }
    private var burstSeconds: Double { isSmall ? 5 : 60 }
    private var pushes: Int { isSmall ? 50 : 5_000 }
    private var checks: Int { isSmall ? 3 : 50 }

    /// What is to be measured.
    /// - Parameters:
    ///   - town: a sample town that is set up.
    ///   - many: another one, with ``requests(isSmall:)`` requests.
    ///   - browser: a Python with a browser's driver; `nil` leaves the phone out.
    public init(program: URL, town: URL, many: URL, isSmall: Bool, browser: URL?) {
        self.program = program
        self.town = town
        self.many = many
        self.isSmall = isSmall
        self.browser = browser
    }

    /// Runs everything and gives a section of the page.
    public func run() async throws -> String {
        let token = "bench-wechat-token"
        let centre = try CentreProcess(
            program: program, folder: town, web: 28_290, devices: 28_291,
            environment: ["ZHILI_WECHAT_TOKEN": token, "ZHILI_WECHAT_APPID": "wx0000000000bench"])
        defer { centre.stop() }
        let port = centre.web
        let phone = try PhoneBench(python: browser).rows(port, Self.pages, rounds: isSmall ? 1 : 5)
        let (minute, receipt) = try minute(port)
        let check = try receiptChecks(port, receipt)
        let push = try weChat(port, token)
        let burst = burstOfReports(port)
        centre.stop()
        let lists = try await Open311Bench(program: program, town: many, isSmall: isSmall).rows()
        return """

            ## Reports
            Over HTTP, one connection a request. A report is accepted after its key derivation (argon2id, 64 MiB, 3 \
            passes, two at a time) and its commit; whoever finds the queue full is told to come again.

            | what | measured |
            |---|---|
            | \(day) reports within \(span) s, ms p50 / p99 | \(minute.text) |
            | burst of up to \(self.burst) reports on 16 connections, \(Int(burstSeconds)) s at most | \
            \(burst.taken.count) accepted, \(burst.refused) told to come again, \(burst.failed) failed; accepted ms \
            p50 / p99 \(burst.taken.text) |
            | a receipt checked behind its puzzle, ms p50 / p99 of \(checks) | \(check.text) |
            | WeChat push answered, ms p50 / p99 / p99.9 of \(pushes) | \(push.text) / \
            \(short(push.percentile(0.999))) |

            Guessing: a receipt's secret has 15 free digits. At two checks at a time of \
            \(short(check.percentile(0.5))) ms each, one receipt's 10^15 secrets take about \
            \(Int(1e15 * check.percentile(0.5) / 2_000 / 31_557_600 / 1e6)) million years, were it not closed for a \
            quarter of an hour after ten wrong tries.

            A citizen's first pages on a phone that Chromium plays: 400 kb/s, 400 ms there and back, a processor a quarter \
            as fast, an empty cache. Bytes are those on the wire with their heads; a page can be used when its document \
            and its script are there.

            \(Self.table("| page | bytes | requests | seen, ms | usable, ms |", phone))

            Open311: `GET /open311/v2/requests.json` over \(Self.requests(isSmall: isSmall)) requests of two years, one \
            connection a request, beside the bare query of the same rows through the store. Milliseconds p50 / p99, and \
            lists a second that four clients get at once.

            \(Self.table("| list | over HTTP | bare query | lists a second |", lists))

            """
    }

    /// Where citizens come first.
    private static let pages = ["/report", "/receipt", "/lessons", "/fixed"]

    private static func table(_ head: String, _ rows: [String]) -> String {
        guard !rows.isEmpty else { return "Not measured: there is no browser on this machine." }
        let rule = "|" + String(repeating: "---|", count: head.count { $0 == "|" } - 1)
        return ([head, rule] + rows).joined(separator: "\n")
    }

    // MARK: Requests

    private static func ask(
        _ port: Int, _ method: String, _ path: String, _ body: String = "", type: String = "application/json"
    ) throws -> (status: Int, text: String, duration: Int64) {
        let start = nanoseconds()
        let connection = try Connection(port: port)
        let head = [
            "\(method) \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close", "Content-Type: \(type)",
            "Content-Length: \(body.utf8.count)",
        ]
        connection.send(Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8))
        var answer: [UInt8] = []
        while true {
            let more = connection.receive()
            if more.isEmpty { break }
            answer += more
        }
        let text = String(decoding: answer, as: UTF8.self)
        let status = text.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0) } ?? 0
        return (status, text, nanoseconds() - start)
    }

    private static func value(_ name: String, in text: String) -> String? {
        guard let start = text.range(of: "\"\(name)\":\"")?.upperBound, let end = text[start...].firstIndex(of: "\"")
        else { return nil }
        return String(text[start..<end])
    }

    private static func report(_ port: Int) throws -> (status: Int, text: String, duration: Int64) {
        try ask(
            port, "POST", "/api/v1/reports",
            #"{"category":"water","words":"桥头水管爆了，水流到路上","answers":{"flow":["burst"]}}"#)
    }

    // MARK: Measurements

    /// A day's reports within a minute, evenly; also the last receipt.
    private func minute(_ port: Int) throws -> (Samples, String) {
        var samples = Samples()
        var receipt = ""
        let start = nanoseconds()
        for number in 0..<day {
            let due = start + Int64(number) * Int64(span) * 1_000_000_000 / Int64(day)
            let early = due - nanoseconds()
            if early > 0 { usleep(UInt32(early / 1_000)) }
            let answer = try Self.report(port)
            guard answer.status == 201 else {
                throw BenchError(description: "a report was not taken: \(answer.text.prefix(200))")
            }
            samples.add(answer.duration)
            receipt = Self.value("receipt", in: answer.text) ?? receipt
        }
        return (samples, receipt)
    }

    private struct Burst: Sendable {
        var sent = 0
        var taken = Samples()
        var refused = 0
        var failed = 0
    }

    private func burstOfReports(_ port: Int) -> Burst {
        let tally = Mutex(Burst())
        let end = nanoseconds() + Int64(burstSeconds * 1e9)
        DispatchQueue.concurrentPerform(iterations: 16) { _ in
            while nanoseconds() < end {
                let isLeft = tally.withLock { burst in
                    burst.sent += 1
                    return burst.sent <= self.burst
                }
                guard isLeft else { return }
                let answer = try? Self.report(port)
                tally.withLock { burst in
                    switch answer?.status {
                    case 201: burst.taken.add(answer?.duration ?? 0)
                    case 503, 429: burst.refused += 1
                    default: burst.failed += 1
                    }
                }
            }
        }
        return tally.withLock { $0 }
    }

    private func receiptChecks(_ port: Int, _ receipt: String) throws -> Samples {
        var samples = Samples()
        for _ in 0..<checks {
            guard let puzzle = Self.value("puzzle", in: try Self.ask(port, "GET", "/receipt/work").text) else {
                throw BenchError(description: "no puzzle")
            }
            var number = 0
            // Sixteen bits, as the page's script solves them.
            while Digest.sha256(Array("\(puzzle):\(number)".utf8)).prefix(2) != [0, 0] { number += 1 }
            let answer = try Self.ask(
                port, "POST", "/api/v1/reports/status",
                "{\"receipt\":\"\(receipt)\",\"puzzle\":\"\(puzzle)\",\"answer\":\"\(number)\"}")
            guard answer.status == 200 else {
                throw BenchError(description: "a receipt was not taken: \(answer.text.prefix(200))")
            }
            samples.add(answer.duration)
        }
        return samples
    }

    private func weChat(_ port: Int, _ token: String) throws -> Samples {
        var samples = Samples()
        for number in 0..<pushes {
            let (time, nonce) = ("1764057600", "n\(number)")
            let signed = [token, time, nonce].sorted().joined()
            let signature = Secret.hex(Digest.sha1(Array(signed.utf8)))
            let answer = try Self.ask(
                port, "POST", "/wechat?timestamp=\(time)&nonce=\(nonce)&signature=\(signature)",
                "<xml><ToUserName><![CDATA[gh_bench]]></ToUserName><FromUserName><![CDATA[oBENCH-\(number % 97)]]></FromUserName>"
                    + "<CreateTime>\(time)</CreateTime><MsgType><![CDATA[text]]></MsgType>"
                    + "<Content><![CDATA[帮助]]></Content><MsgId>\(number + 1)</MsgId></xml>", type: "text/xml")
            guard answer.status == 200 else {
                throw BenchError(description: "a push was not answered: \(answer.text.prefix(200))")
            }
            samples.add(answer.duration)
        }
        return samples
    }
}
