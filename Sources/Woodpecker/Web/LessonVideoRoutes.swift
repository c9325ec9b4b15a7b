import Film
import Foundation
import Kernel
import Storage
import Web

extension WoodpeckerRoom {
    /// Videos of lessons: brought by who writes, made anew beside, and seen by everybody once the lesson is public.
    func lessonVideoRoutes(_ routes: inout Routes) {
        for (path, access, about) in [
            ("/lessons/{id}/video", Access.device, "of a public lesson"),
            ("/lesson-desk/{id}/video", .needs(.lessonEdit), "of a lesson, public or not"),
        ] {
            let isPublic = access == .device
            routes.get(path, access, "The video \(about), whole or the part that `Range` names (RFC 9110)") { call in
                let video = try await seen(call, isPublic: isPublic)
                return Citizen.sealed(
                    .file(films.film(video.id), size: video.bytes, type: "video/mp4", tag: "\"\(video.id)\"", call))
            }
            routes.get(path + "/poster", access, "A still of the video \(about)") { call in
                let video = try await seen(call, isPublic: isPublic)
                guard let poster = try await database.read({ db in try LessonVideoStore.poster(video.id, in: db) })
                else { throw Problem.notFound }
                return Citizen.sealed(.bytes(poster, type: "image/jpeg"))
            }
            routes.get(path + "/captions", access, "Captions of the video \(about), as WebVTT") { call in
                let video = try await seen(call, isPublic: isPublic)
                guard !video.captions.isEmpty else { throw Problem.notFound }
                return Citizen.sealed(.bytes(Array(video.captions.utf8), type: "text/vtt; charset=utf-8"))
            }
        }
        lessonVideoWrites(&routes)
    }

    private func lessonVideoWrites(_ routes: inout Routes) {
        // A form's words beside the file.
        let limit = LessonVideo.limit + LessonCaptions.limit + (64 << 10)
        routes.post(
            "/lesson-desk/{id}/video", .needs(.lessonEdit), "Bring a video or its captions, or take it out",
            bodyLimit: limit
        ) { call in
            let id: LessonID = try call.id()
            do {
                switch call.form["act"] {
                case "remove": try await removeVideo(of: id, call)
                case "captions":
                    let parts = Multipart(call.body, type: call.header("Content-Type") ?? "")
                    try await caption(id, parts?.files.first { $0.field == "captions" }?.bytes, call)
                default: _ = try await addVideo(to: id, call)
                }
            } catch let problem as Problem where problem.status == 422 {
                return try await editPage(call, errors: problem.fields)
            }
            return .redirect(to: "/lesson-desk/\(id)?done=saved#video")
        }
        let state = Shape.object(
            [
                "id": .id, "state": .oneOf(LessonVideo.State.allCases.map(\.rawValue)), "why": .text, "words": .text,
                "seconds": .number, "bytes": .integer, "width": .integer, "height": .integer, "captions": .flag,
            ], required: ["id", "state"])
        routes.get(
            "/api/v1/lessons/{id}/video", .needs(.lessonEdit), "How far a lesson's video is, and why it was refused",
            shapes: Shapes(gives: state)
        ) { call in
            let id: LessonID = try call.id()
            guard let video = try await database.read({ db in try LessonVideoStore.of(id, in: db) }) else {
                throw Problem.notFound
            }
            return try .json(LessonVideoView(video))
        }
        routes.post(
            "/api/v1/lessons/{id}/video", .needs(.lessonEdit),
            "Brings a video: multipart/form-data with the file `video` (MP4, QuickTime or WebM) and `words`",
            bodyLimit: limit,
            shapes: Shapes(
                takes: .object(["video": .text, "words": .text]), gives: .object(["id": .id], required: ["id"]))
        ) { call in try .json(["id": try await addVideo(to: try call.id(), call)], status: 202) }
        routes.put(
            "/api/v1/lessons/{id}/video/captions", .needs(.lessonEdit),
            "Puts WebVTT under a lesson's video; the body is the file", bodyLimit: LessonCaptions.limit
        ) { call in
            try await caption(try call.id(), call.body, call)
            return .nothing
        }
        routes.delete("/api/v1/lessons/{id}/video", .needs(.lessonEdit), "Takes a lesson's video out") { call in
            try await removeVideo(of: try call.id(), call)
            return .nothing
        }
    }

    /// The video that can be seen.
    private func seen(_ call: Call, isPublic: Bool) async throws -> LessonVideo {
        let id: LessonID = isPublic ? try await shown(call).id : try call.id()
        let video = try await database.read { db in try LessonVideoStore.of(id, in: db) }
        guard let video, video.state == .ready else { throw Problem.notFound }
        return video
    }

    private func addVideo(to id: LessonID, _ call: Call) async throws -> ID<LessonVideo> {
        guard let parts = Multipart(call.body, type: call.header("Content-Type") ?? "") else {
            throw Problem.malformed("multipart/form-data is wanted")
        }
        var check = FieldCheck()
        let words = check.text(parts.form["words"], "videoWords", 1...200)
        let file = parts.files.first { $0.field == "video" }
        check.expect(file != nil, "video", "required")
        check.expect(file.map { $0.bytes.count <= LessonVideo.limit } ?? true, "video", "too-large")
        try check.finish()
        // Before the file is kept, so that nobody fills the disk through a lesson that may not change.
        try await database.read { db in
            _ = try editable(id, call, in: db)
            if try LessonVideoStore.of(id, in: db) != nil { throw Problem.invalid(["video": "too-many"]) }
        }
        let video = LessonVideo(lesson: id, words: words, at: .now)
        try films.keep(file?.bytes ?? [], video.id)
        do {
            try await database.write { db in
                let lesson = try editable(id, call, in: db)
                guard try LessonVideoStore.of(id, in: db) == nil else { throw Problem.invalid(["video": "too-many"]) }
                try LessonVideoStore.add(video, in: db)
                try LessonFilmMaker.order(video, in: db)
                try redraft(lesson, in: db)
            }
        } catch {
            films.remove(video.id)
            throw error
        }
        return video.id
    }

    private func caption(_ id: LessonID, _ bytes: [UInt8]?, _ call: Call) async throws {
        guard let bytes else { throw Problem.invalid(["captions": "required"]) }
        guard let captions = LessonCaptions.made(bytes) else { throw Problem.invalid(["captions": "no-captions"]) }
        try await database.write { db in
            let lesson = try editable(id, call, in: db)
            guard let video = try LessonVideoStore.of(id, in: db) else { throw Problem.notFound }
            try LessonVideoStore.caption(video.id, captions, in: db)
            try redraft(lesson, in: db)
        }
    }

    private func removeVideo(of id: LessonID, _ call: Call) async throws {
        let video = try await database.write { db in
            let lesson = try editable(id, call, in: db)
            guard let video = try LessonVideoStore.of(id, in: db) else { throw Problem.notFound }
            try LessonVideoStore.remove(video.id, in: db)
            try redraft(lesson, in: db)
            return video.id
        }
        films.remove(video)
    }

    /// What the desk shows of a lesson's video.
    func videoContext(_ video: LessonVideo?, _ lesson: LessonID, _ call: Call) -> [String: Any] {
        let path = "/lesson-desk/\(lesson)/video"
        guard let video else { return ["none": true, "action": path] }
        return [
            "action": path, "words": video.words, "isReady": video.state == .ready, "src": path,
            "state": call.word("woodpecker.video.state.\(video.state.rawValue)"),
            "tint": video.state == .ready ? "ok" : video.state == .refused ? "bad" : "info",
            "why": video.why.isEmpty ? "" : call.word("woodpecker.video.why.\(video.why)"),
            "about": about(video, call), "poster": path + "/poster", "width": String(video.width),
            "height": String(video.height), "captions": video.captions.isEmpty ? "" : path + "/captions",
        ]
    }

    /// What everybody sees of it.
    func publicVideo(_ video: LessonVideo?, _ lesson: LessonID, _ call: Call) -> [String: Any]? {
        guard let video, video.state == .ready else { return nil }
        let path = "/lessons/\(lesson)/video"
        return [
            "src": path, "poster": path + "/poster", "words": video.words, "about": about(video, call),
            "width": String(video.width), "height": String(video.height),
            "captions": video.captions.isEmpty ? "" : path + "/captions",
        ]
    }

    private func about(_ video: LessonVideo, _ call: Call) -> String {
        call.word("woodpecker.video.about", ["duration": video.duration, "megabytes": video.megabytes])
    }
}
