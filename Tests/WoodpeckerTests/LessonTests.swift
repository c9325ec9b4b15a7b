import Foundation
import HTTPTypes
import Kernel
import Storage
import Testing
import Web

@testable import Woodpecker

@Suite("Lessons")
struct LessonTests {
    private static let boundary = "lesson-boundary"
    /// Noise with something behind its end, as a phone may leave it.
    private static let png =
        Noise.png(width: 64, height: 48) { UInt8(truncatingIfNeeded: ($0 &* 73 ^ $1 &* 151) &* 2_654_435_761 >> 8) }
        + Array("CANARY-SERIAL".utf8)

    private func parts(_ file: [UInt8]?, words: String = "河边的警示牌") -> [UInt8] {
        var body = Array(
            "--\(Self.boundary)\r\nContent-Disposition: form-data; name=\"words\"\r\n\r\n\(words)\r\n".utf8)
        if let file {
            body += Array(
                "--\(Self.boundary)\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"a\"\r\n\r\n".utf8)
            body += file + Array("\r\n".utf8)
        }
        return body + Array("--\(Self.boundary)--\r\n".utf8)
    }

    private func bring(_ file: [UInt8]?, words: String = "河边的警示牌", to id: String, as who: Stranger) async -> Answer {
        await who.ask(
            .post, "/api/v1/lessons/\(id)/pictures", body: parts(file, words: words),
            type: "multipart/form-data; boundary=\(Self.boundary)")
    }

    private func id(_ answer: Answer) throws -> String {
        struct Made: Decodable { var id: String }
        return try JSON.decode(Made.self, answer.bodyBytes).id
    }

    private func write(_ who: Stranger, _ title: String = "不去野外水域", months: String = "[]") async throws -> String {
        let body =
            "{\"topic\":\"water\",\"title\":\"\(title)\",\"summary\":\"结伴也不行\",\"body\":\"看好孩子\\n会游也不去\",\"months\":\(months)}"
        return try id(await who.ask(.post, "/api/v1/lessons", body: Array(body.utf8), type: "application/json"))
    }

    private func move(_ move: String, _ id: String, as who: Stranger) async -> Int {
        await who.ask(
            .post, "/api/v1/lessons/\(id)/moves", body: Array("{\"move\":\"\(move)\"}".utf8), type: "application/json"
        ).status
    }

    @Test(
        "A picture is made anew, is seen by everybody only while its lesson is public, and changes only before that",
        arguments: Engine.allCases)
    func pictures(_ engine: Engine) async throws {
        let nest = try await Nest(engine)
        let stranger = try Stranger(nest)
        let officer = try Stranger(nest, as: nest.person("officer"))
        let leader = try Stranger(nest, as: nest.person("leader"))
        let lesson = try await write(officer)
        let picture = try id(await bring(Self.png, to: lesson, as: officer))
        let path = "/lessons/\(lesson)/pictures/\(picture)"
        #expect(await stranger.ask(.get, path).status == 404)
        let seen = await officer.ask(.get, "/lesson-desk/\(lesson)/pictures/\(picture)")
        #expect(seen.bodyBytes.starts(with: [0xff, 0xd8]))
        #expect(!String(decoding: seen.bodyBytes, as: UTF8.self).contains("CANARY"))
        #expect(await move("review", lesson, as: leader) == 204)
        // What was passed and then changed is passed again.
        let second = try id(await bring(Self.png, to: lesson, as: officer))
        #expect(await move("publish", lesson, as: leader) == 409)
        #expect(
            await officer.ask(.delete, "/api/v1/lessons/\(lesson)/pictures/\(second)").status == 204)
        #expect(await move("review", lesson, as: leader) == 204)
        #expect(await move("publish", lesson, as: leader) == 204)
        #expect(await stranger.ask(.get, path).bodyBytes == seen.bodyBytes)
        let page = await stranger.ask(.get, "/lessons/\(lesson)").text
        #expect(page.contains(path) && page.contains("河边的警示牌"))
        #expect(await stranger.ask(.get, "/api/v1/lessons").text.contains(picture))
        // Another lesson's address leads to nothing.
        let other = try await write(officer, "别的课")
        #expect(await officer.ask(.get, "/lesson-desk/\(other)/pictures/\(picture)").status == 404)
        #expect(await officer.ask(.delete, "/api/v1/lessons/\(other)/pictures/\(picture)").status == 404)
        // What everybody reads is not changed under their eyes.
        #expect(await bring(Self.png, to: lesson, as: officer).status == 409)
        #expect(await officer.ask(.delete, "/api/v1/lessons/\(lesson)/pictures/\(picture)").status == 409)
        #expect(await move("withdraw", lesson, as: leader) == 204)
        #expect(await stranger.ask(.get, path).status == 404)
    }

    @Test("What is no picture, has no words, or is one too many is refused and leaves nothing")
    func refused() async throws {
        let nest = try await Nest()
        let officer = try Stranger(nest, as: nest.person("officer"))
        let lesson = try await write(officer)
        let page = Array("<html><script>alert(1)</script>".utf8)
        for (file, words, field) in [
            (page, "x", "picture"), ([0xff, 0xd8, 0xff, 0xe0] + page, "x", "picture"), (nil, "x", "picture"),
            (Self.png, "", "words"), (Self.png, String(repeating: "x", count: 201), "words"),
        ] as [([UInt8]?, String, String)] {
            let answer = await bring(file, words: words, to: lesson, as: officer)
            #expect(answer.status == 422 && answer.text.contains(field))
        }
        #expect(
            await officer.ask(
                .post, "/api/v1/lessons/\(lesson)/pictures", body: page, type: "multipart/form-data; boundary=x"
            ).status == 400)
        for _ in 0..<LessonPicture.limit { #expect(await bring(Self.png, to: lesson, as: officer).status == 201) }
        #expect(await bring(Self.png, to: lesson, as: officer).status == 422)
        let count = try await nest.database.read { db in
            try db.value(Int64.self, "SELECT COUNT(*) FROM lesson_picture")
        }
        #expect(count == Int64(LessonPicture.limit))
        #expect(await bring(Self.png, to: "0000000000001", as: officer).status == 404)
    }

    @Test(
        "A passed lesson becomes public at its time, and one that was changed meanwhile does not",
        arguments: Engine.allCases)
    func schedule(_ engine: Engine) async throws {
        let nest = try await Nest(engine)
        let stranger = try Stranger(nest)
        let officer = try Stranger(nest, as: nest.person("officer"))
        let leader = try Stranger(nest, as: nest.person("leader"))
        let clock = LessonClock(database: nest.database, logger: nest.room.logger)
        func schedule(_ id: String, _ at: String) async -> Int {
            await leader.ask(
                .post, "/api/v1/lessons/\(id)/moves", body: Array("{\"move\":\"schedule\",\"at\":\"\(at)\"}".utf8),
                type: "application/json"
            ).status
        }
        let (kept, changed) = (try await write(officer, "定时的"), try await write(officer, "改过的"))
        let at = Instant.now + 3_600_000
        #expect(await schedule(kept, at.rfc3339) == 409, "it was not passed")
        for id in [kept, changed] {
            #expect(await move("review", id, as: leader) == 204)
            for wrong in ["", "morgen", (Instant.now - 1).rfc3339, (at + 500 * CivilTime.dayMs).rfc3339] {
                #expect(await schedule(id, wrong) == 422)
            }
            #expect(await schedule(id, at.rfc3339) == 204)
        }
        #expect(await bring(Self.png, to: changed, as: officer).status == 201)
        #expect(try await nest.database.read { db in try LessonStore.nextDue(in: db) } == at)
        try await clock.step(at: at - 1)
        #expect(await stranger.ask(.get, "/lessons/\(kept)").status == 404)
        try await clock.step(at: at)
        #expect(await stranger.ask(.get, "/lessons/\(kept)").status == 200)
        #expect(await stranger.ask(.get, "/lessons/\(changed)").status == 404)
        // Taken back, it stays so.
        #expect(await move("withdraw", kept, as: leader) == 204)
        try await clock.step(at: at + 1)
        #expect(await stranger.ask(.get, "/lessons/\(kept)").status == 404)
    }

    @Test("The poster is a PDF with the lesson's points and its address")
    func poster() async throws {
        let nest = try await Nest()
        let officer = try Stranger(nest, as: nest.person("officer"))
        let leader = try Stranger(nest, as: nest.person("leader"))
        let lesson = try await write(officer)
        #expect(await officer.ask(.get, "/lessons/\(lesson)/poster.pdf").status == 404)
        for step in ["review", "publish"] { #expect(await move(step, lesson, as: leader) == 204) }
        let answer = await officer.ask(.get, "/lessons/\(lesson)/poster.pdf")
        let path = NSTemporaryDirectory() + "zhili-poster-\(UUID().uuidString).pdf"
        try Data(answer.bodyBytes).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let reader = Process()
        reader.executableURL = URL(fileURLWithPath: "/usr/bin/pdftotext")
        reader.arguments = [path, "-"]
        let out = Pipe()
        reader.standardOutput = out
        try reader.run()
        let text = String(decoding: out.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        reader.waitUntilExit()
        for words in ["不去野外水域", "看好孩子", "会游也不去", "/lessons/\(lesson)"] { #expect(text.contains(words), "\(words)") }
        #expect(text.split(separator: "\u{0C}").count == 1, "one page")
    }

    @Test("A season begins at the first day of its run of months, over the turn of the year too")
    func seasons() {
        func at(_ year: Int, _ month: Int, _ day: Int = 1) -> Instant { CivilTime.instant(year, month, day) }
        for (months, now, start, next) in [
            ([6, 7, 8], at(2026, 7, 9), at(2026, 6), at(2027, 6)), ([6, 7, 8], at(2026, 9, 1), nil, at(2027, 6)),
            ([11, 12, 1, 2], at(2027, 1, 5), at(2026, 11), at(2027, 11)), ([1], at(2026, 12, 31), nil, at(2027, 1)),
            ([], at(2026, 1), nil, nil), (Array(1...12), at(2026, 5), nil, nil),
            ([1, 3], at(2026, 1, 2), at(2026, 1), at(2026, 3)),
        ] as [([Int], Instant, Instant?, Instant?)] {
            #expect(Season.start(months, at: now) == start, "\(months)")
            #expect(Season.next(months, after: now) == next, "\(months)")
        }
    }

    @Test(
        "The calendar's file keeps to its lines whatever a lesson is called",
        arguments: [
            "溺水", "A;B,C\\D", "两行\r\nBEGIN:VALARM\rX\nY", String(repeating: "很长的标题👨‍👩‍👧", count: 20),
        ])
    func calendar(_ title: String) throws {
        let lesson = Lesson(
            topic: .water, title: title, summary: "一句", body: "", months: [6], categories: [], quiz: [], author: nil,
            authorName: "", at: .now)
        let text = WoodpeckerRoom.calendar(
            lesson, CivilTime.instant(2027, 6, 1), root: "https://town.example", word: "微课堂")
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines.allSatisfy { $0.utf8.count <= 75 && !$0.contains("\n") && !$0.contains("\r") })
        #expect(lines.count { $0 == "BEGIN:VALARM" } == 1)
        #expect(lines.contains("DTSTART;VALUE=DATE:20270601"))
        // Unfolded, the title reads back.
        let whole = text.replacing("\r\n ", with: "")
        let escaped = title.replacing("\\", with: "\\\\").replacing(";", with: "\\;").replacing(",", with: "\\,")
            .split(whereSeparator: \.isNewline).joined(separator: "\\n")
        #expect(whole.contains("SUMMARY:\(escaped)\r\n"))
    }
}
