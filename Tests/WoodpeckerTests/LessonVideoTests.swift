import Film
import Foundation
import HTTPTypes
import Kernel
import Testing
import Web

@testable import Storage
@testable import Woodpecker

@Suite("Videos of lessons")
struct LessonVideoTests {
    private static let boundary = "film-boundary"
    static let captions = """
        WEBVTT - CANARY-HEAD

        NOTE CANARY-NOTE

        STYLE
        ::cue { color: red }

        first
        00:00.000 --> 00:01.500 align:start
        <v CANARY-VOICE>先喊人
        再<b>递竿</b>

        00:01.500 --> 00:00:02.000
        不下水
        """

    /// A film made here, with what a phone leaves in one.
    static func film(_ arguments: [String] = [], name: String = "film.mp4") throws -> [UInt8] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("film-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent(name)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/ffmpeg")
        let usual = [
            "-f", "lavfi", "-i", "testsrc2=size=1600x900:rate=10:duration=2", "-f", "lavfi", "-i",
            "sine=frequency=440:duration=2", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac",
        ]
        process.arguments =
            ["-nostdin", "-v", "error", "-y"] + (arguments.isEmpty ? usual : arguments) + [
                "-metadata", "location=+34.1234+113.5678/", "-metadata", "make=CANARY-MAKER", "-metadata",
                "title=CANARY-TITLE", "-metadata:s:v", "handler_name=CANARY-HANDLER", "-movflags",
                "+use_metadata_tags", file.path,
            ]
        try process.run()
        process.waitUntilExit()
        return Array(try Data(contentsOf: file))
    }

    private struct Scene {
        let nest: Nest
        let officer: Stranger
        let leader: Stranger
        let stranger: Stranger

        init(_ engine: Engine) async throws {
            nest = try await Nest(engine)
            officer = try Stranger(nest, as: nest.person("officer"))
            leader = try Stranger(nest, as: nest.person("leader"))
            stranger = try Stranger(nest)
        }

        func lesson() async throws -> String {
            struct Made: Decodable { var id: String }
            let body = #"{"topic":"water","title":"递竿","summary":"不下水","body":"先喊人"}"#
            return try JSON.decode(
                Made.self,
                await officer.ask(.post, "/api/v1/lessons", body: Array(body.utf8), type: "application/json").bodyBytes
            ).id
        }

        func bring(_ bytes: [UInt8]?, words: String = "一个人在岸上递竹竿", to lesson: String) async -> Answer {
            let mark = LessonVideoTests.boundary
            var body = Array("--\(mark)\r\nContent-Disposition: form-data; name=\"words\"\r\n\r\n\(words)\r\n".utf8)
            if let bytes {
                let name = "name=\"video\"; filename=\"CANARY-NAME.mp4\""
                body += Array("--\(mark)\r\nContent-Disposition: form-data; \(name)\r\n\r\n".utf8) + bytes
                body += Array("\r\n".utf8)
            }
            return await officer.ask(
                .post, "/api/v1/lessons/\(lesson)/video", body: body + Array("--\(mark)--\r\n".utf8),
                type: "multipart/form-data; boundary=\(mark)")
        }

        func move(_ move: String, _ lesson: String) async -> Int {
            await leader.ask(
                .post, "/api/v1/lessons/\(lesson)/moves", body: Array("{\"move\":\"\(move)\"}".utf8),
                type: "application/json"
            ).status
        }

        /// Does what is ordered, until nothing is.
        func work(_ limits: Film.Limits = Film.Limits()) async throws {
            var maker = nest.room.filmMaker
            maker.limits = limits
            while try await maker.runner.step(at: .now) {}
        }

        func state(_ lesson: String) async throws -> (state: String, why: String) {
            struct View: Decodable { var state: String, why: String? }
            let view = try JSON.decode(
                View.self, await officer.ask(.get, "/api/v1/lessons/\(lesson)/video").bodyBytes)
            return (view.state, view.why ?? "")
        }

        /// Every byte under the folder of films, and the rows of videos.
        func everything() async throws -> [UInt8] {
            let folder = nest.room.films.folder
            var bytes: [UInt8] = []
            for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
                bytes += FileManager.default.contents(atPath: folder.appendingPathComponent(path).path) ?? Data()
            }
            let rows = try await nest.database.read { db in
                try db.values(String.self, "SELECT words || captions FROM lesson_video").joined()
            }
            return bytes + Array(rows.utf8)
        }
    }

    @Test(
        "A film is made anew without anything else of its file, and is seen by everybody only while its lesson is public",
        arguments: Engine.allCases)
    func madeAnew(_ engine: Engine) async throws {
        let scene = try await Scene(engine)
        let source = try Self.film()
        #expect(source.firstRange(of: Array("CANARY-MAKER".utf8)) != nil)
        #expect(source.firstRange(of: Array("+34.1234".utf8)) != nil)
        let lesson = try await scene.lesson()
        #expect(await scene.bring(source, to: lesson).status == 202)
        #expect(try await scene.state(lesson).state == "waiting")
        // Nobody passes what nobody can have seen.
        #expect(await scene.move("review", lesson) == 409)
        try await scene.work()
        #expect(try await scene.state(lesson).state == "ready")
        let captions = await scene.officer.ask(
            .put, "/api/v1/lessons/\(lesson)/video/captions", body: Array(Self.captions.utf8), type: "text/vtt")
        #expect(captions.status == 204)
        let kept = try await scene.everything()
        for canary in ["CANARY", "+34.1234"] {
            #expect(kept.firstRange(of: Array(canary.utf8)) == nil, "\(canary)")
        }
        // It plays before it is loaded whole, and is small enough for a phone.
        let film = scene.nest.room.films.film(try await video(scene, lesson).id)
        let bytes = Array(try Data(contentsOf: film))
        let (start, data) = (bytes.firstRange(of: Array("moov".utf8)), bytes.firstRange(of: Array("mdat".utf8)))
        #expect(try #require(start).lowerBound < #require(data).lowerBound)
        let made = try await video(scene, lesson)
        #expect(made.width == 1280 && made.height == 720 && made.bytes == Int64(bytes.count))
        #expect((1_900...2_200).contains(made.durationMs))

        let path = "/lessons/\(lesson)/video"
        for piece in ["", "/poster", "/captions"] {
            #expect(await scene.stranger.ask(.get, path + piece).status == 404)
            #expect(await scene.officer.ask(.get, "/lesson-desk/\(lesson)/video" + piece).status == 200)
        }
        #expect(await scene.move("review", lesson) == 204)
        #expect(await scene.move("publish", lesson) == 204)
        #expect(await scene.stranger.ask(.get, path).status == 200)
        #expect(await scene.stranger.ask(.get, path + "/poster").bodyBytes.starts(with: [0xff, 0xd8]))
        #expect(await scene.stranger.ask(.get, path + "/captions").text.contains("不下水"))
        let page = await scene.stranger.ask(.get, "/lessons/\(lesson)?lang=en").text
        #expect(page.contains("controls preload=\"none\"") && page.contains(" MB, loaded when you press play"))
        #expect(!page.contains("autoplay") && page.contains("一个人在岸上递竹竿"))
        #expect(await scene.stranger.ask(.get, "/api/v1/lessons").text.contains("\"path\":\"\(path)\""))
        // What is public does not change; what is taken back is gone for everybody.
        #expect(await scene.officer.ask(.delete, "/api/v1/lessons/\(lesson)/video").status == 409)
        #expect(await scene.move("withdraw", lesson) == 204)
        #expect(await scene.stranger.ask(.get, path).status == 404)
        #expect(await scene.officer.ask(.delete, "/api/v1/lessons/\(lesson)/video").status == 204)
        #expect(!FileManager.default.fileExists(atPath: film.path))
    }

    private func video(_ scene: Scene, _ lesson: String) async throws -> LessonVideo {
        let id = try #require(LessonID(lesson))
        return try #require(try await scene.nest.database.read { db in try LessonVideoStore.of(id, in: db) })
    }

    @Test("A film that was begun when its centre stopped is made by the next one", arguments: Engine.allCases)
    func resumed(_ engine: Engine) async throws {
        let scene = try await Scene(engine)
        let lesson = try await scene.lesson()
        #expect(await scene.bring(try Self.film(), to: lesson).status == 202)
        let video = try await video(scene, lesson)
        // As it is after a kill: taken, begun, half written.
        try Data("half".utf8).write(to: scene.nest.room.films.part(video.id, 1))
        try await scene.nest.database.write { db in
            try LessonVideoStore.begin(video.id, in: db)
            try db.execute(
                """
                UPDATE job SET attempts = 1, lease_owner = 'dead', lease_until = \(Instant.now - 1)
                WHERE kind = 'lesson-video'
                """)
        }
        #expect(try await scene.state(lesson).state == "making")
        try await scene.work()
        #expect(try await scene.state(lesson).state == "ready")
        let coming = scene.nest.room.films.source(video.id).deletingLastPathComponent()
        #expect(try FileManager.default.contentsOfDirectory(atPath: coming.path).isEmpty)
    }

    @Test("What is no film, is too long or too large, or lists other files is refused with why, and leaves no file")
    func refused() async throws {
        let scene = try await Scene(.sqlite)
        let secret = FileManager.default.temporaryDirectory.appendingPathComponent("secret-\(UUID().uuidString).txt")
        try Data("CANARY-SECRET".utf8).write(to: secret)
        var short = Film.Limits()
        short.seconds = 1
        var small = Film.Limits()
        small.pixels = 100_000
        var hasty = Film.Limits()
        hasty.patience = 0
        let (film, usual) = (try Self.film(), Film.Limits())
        let sound = try Self.film(["-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac"])
        let list = "ffconcat version 1.0\nfile '\(secret.path)'\n"
        let playlist = "#EXTM3U\n#EXTINF:1,\nfile://\(secret.path)\n#EXT-X-ENDLIST\n"
        for (bytes, limits, why) in [
            (Array("no film at all".utf8), usual, "unreadable"), (Array(list.utf8), usual, "unreadable"),
            (Array(playlist.utf8), usual, "unreadable"), (sound, usual, "unreadable"),
            (Array(film.prefix(film.count / 3)), usual, "unreadable"), (film, short, "too-long"),
            (film, small, "too-large"), (film, hasty, "too-slow"),
        ] {
            let lesson = try await scene.lesson()
            #expect(await scene.bring(bytes, to: lesson).status == 202)
            try await scene.work(limits)
            let state = try await scene.state(lesson)
            #expect(state.state == "refused" && state.why == why, "\(state) where \(why) was expected")
            // The words are there in both languages.
            let page = await scene.officer.ask(.get, "/lesson-desk/\(lesson)").text
            #expect(!page.contains("woodpecker.video.why"))
            // A refused film keeps nobody from passing the lesson, and nobody sees it.
            #expect(await scene.move("review", lesson) == 204)
            #expect(await scene.move("publish", lesson) == 204)
            #expect(await scene.stranger.ask(.get, "/lessons/\(lesson)/video").status == 404)
        }
        #expect(try await scene.everything().firstRange(of: Array("CANARY".utf8)) == nil)
        let files = try FileManager.default.subpathsOfDirectory(atPath: scene.nest.room.films.folder.path)
        #expect(files == ["coming"])
        // Without words or without a file nothing is taken.
        let lesson = try await scene.lesson()
        #expect(await scene.bring(film, words: "", to: lesson).status == 422)
        #expect(await scene.bring(nil, to: lesson).status == 422)
        #expect(await scene.bring(film, to: lesson).status == 202)
        #expect(await scene.bring(film, to: lesson).status == 422)
    }

    @Test("Captions keep times and words alone")
    func captionsAreMadeAnew() {
        #expect(
            LessonCaptions.made(Array(Self.captions.utf8)) == """
                WEBVTT

                00:00:00.000 --> 00:00:01.500
                先喊人
                再递竿

                00:00:01.500 --> 00:00:02.000
                不下水

                """)
    }

    @Test(
        "What is no WebVTT, ends before it begins, goes back in time or says nothing is refused",
        arguments: [
            "", "WEBVTT", "WEBVTT\n\n00:02.000 --> 00:01.000\nx", "WEBVTT\n\n00:61.000 --> 01:02.000\nx",
            "1\n00:00:01,000 --> 00:00:02,000\nx", "WEBVTT\n\n00:05.000 --> 00:06.000\nx\n\n00:01.000 --> 00:02.000\ny",
            "WEBVTT\n\nx\ny\nz", "WEBVTT\n\n00:01.000 --> 00:02.000\n<b></b>", "WEBVTTX\n\n00:01.000 --> 00:02.000\nx",
            "WEBVTT\n\n9999999999999999999:00:01.000 --> 9999999999999999999:00:02.000\nx",
        ])
    func badCaptions(_ text: String) {
        #expect(LessonCaptions.made(Array(text.utf8)) == nil)
        #expect(LessonCaptions.made([0xff, 0xfe] + Array(text.utf8)) == nil)
    }
}
