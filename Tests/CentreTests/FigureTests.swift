import Foundation
import HTTPTypes
import Kernel
import Testing
import Web

@testable import Centre

@Suite("What reports and watches put on paper", .serialized)
struct FigureTests {
    private struct Part: Decodable {
        struct Figure: Decodable {
            var name: String
            var number: Double?
            var href: String
        }
        var id: String
        var figures: [Figure]
    }

    private func object(_ answer: Answer) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(answer.bodyBytes)) as? [String: Any])
    }

    @Test("Every figure leads to a page of the centre, and one that counts cases counts those of its list")
    func figures() async throws {
        let town = try await Town.open()
        for (kind, title) in [("fire", "起火"), ("hazard", "护栏"), ("hazard", "护栏"), ("report", "路灯"), ("river", "游泳")] {
            let body = #"{"kind":"\#(kind)","severity":2,"title":"\#(title)（示例）","place":"二号桥"}"#
            #expect(await town.ask(.post, "/api/v1/cases", as: "officer", body: Array(body.utf8)).status == 201)
        }
        let pages = town.house.routes.all.filter { $0.method == .get }.map { route in
            route.path.split(separator: "/").map { $0.hasPrefix("{") ? "*" : String($0) }
        }
        var counted = 0
        for length in ["day", "week", "month"] {
            let answer = await town.ask(.get, "/api/v1/summary", as: "leader", query: "length=\(length)")
            let items = try #require(try object(answer)["items"])
            let parts = try JSONDecoder().decode([Part].self, from: JSONSerialization.data(withJSONObject: items))
            #expect(parts.count >= 6)
            for part in parts {
                for figure in part.figures {
                    let pieces = figure.href.split(separator: "?", maxSplits: 1)
                    let path = String(try #require(pieces.first, "\(part.id) \(figure.name) leads nowhere"))
                    let steps = path.split(separator: "/")
                    let isPage = pages.contains { page in
                        page.count == steps.count && zip(page, steps).allSatisfy { $0 == "*" || $0 == String($1) }
                    }
                    #expect(isPage, "\(part.id) \(figure.name): \(figure.href)")
                    // How fast a step was taken is no number of cases.
                    guard path == "/cases", part.id == "alarms", let number = figure.number else { continue }
                    let list = await town.ask(
                        .get, "/api/v1/cases", as: "leader",
                        query: pieces.count > 1 ? "\(pieces[1])&limit=500" : "limit=500")
                    let cases = try #require(try object(list)["items"] as? [Any])
                    #expect(Double(cases.count) == number, "\(length) \(figure.name): \(figure.href)")
                    counted += 1
                }
            }
        }
        #expect(counted >= 30)
        await town.close()
    }

    @Test("A watch's log is told, and printed; its person's calendar is behind an address that nobody guesses")
    func watches() async throws {
        let town = try await Town.open()
        let mine = try object(
            await town.ask(
                .get, "/api/v1/shifts", as: "officer", query: "role=officer&limit=1&from=\(Instant.now.date)"))
        let shift = try #require((mine["items"] as? [[String: Any]])?.first?["id"] as? String)
        let body = Array(#"{"kind":"hazard","severity":2,"title":"护栏松动（示例）"}"#.utf8)
        #expect(await town.ask(.post, "/api/v1/cases", as: "officer", body: body).status == 201)
        let log = await town.ask(.get, "/api/v1/shifts/{id}/log", as: "officer", pieces: ["id": shift])
        let lines = try #require(try object(log)["items"] as? [[String: Any]])
        #expect(lines.contains { $0["kind"] as? String == "watch" })
        let paper = await town.ask(.get, "/duty/shifts/{id}/log.pdf", as: "auditor", pieces: ["id": shift])
        #expect(paper.status == 200 && paper.bodyBytes.starts(with: Array("%PDF-1.".utf8)))
        #expect(await town.ask(.get, "/duty/shifts/{id}/log.pdf", as: "owner", pieces: ["id": shift]).status == 403)

        let made = try object(await town.ask(.post, "/api/v1/shifts/calendar", as: "officer"))
        let path = try #require(made["path"] as? String)
        let token = String(try #require(path.split(separator: "/").last))
        let feed = await town.ask(.get, "/duty/calendar/{token}", as: nil, pieces: ["token": token])
        let text = String(decoding: feed.bodyBytes, as: UTF8.self)
        #expect(feed.status == 200 && text.hasPrefix("BEGIN:VCALENDAR\r\n") && text.contains("BEGIN:VEVENT"))
        let wrong = await town.ask(
            .get, "/duty/calendar/{token}", as: nil, pieces: ["token": String(token.reversed())])
        #expect(wrong.status == 404)
        // A new address ends the one before.
        #expect(await town.ask(.post, "/api/v1/shifts/calendar", as: "officer").status == 201)
        #expect(await town.ask(.get, "/duty/calendar/{token}", as: nil, pieces: ["token": token]).status == 404)
        await town.close()
    }
}
