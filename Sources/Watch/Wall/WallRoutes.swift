import HTTPTypes
import Kernel
import Storage
import Web

extension Permission {
    /// Uses the wall of pictures and changes its layouts, which all its users share.
    static let wallUse = Permission("wall.use", [.officer, .leader])
}

/// The wall's page and `/api/v1/wall-layouts`.
struct WallRoutes {
    func add(to routes: inout Routes) {
        routes.get("/watch/wall", .needs(.wallUse), "The wall of pictures: 1, 4, 9 or 16, with rounds") { call in
            try call.page(
                "watch-wall", title: call.word("watch.wall.title"),
                [
                    "sizes": WallLayout.sizes.map { ["size": "\($0)"] },
                    "seconds": [10, 15, 30, 60].map { ["seconds": "\($0)"] },
                ])
        }
        routes.get(
            "/api/v1/wall-layouts", .needs(.wallUse), "Saved layouts of the wall",
            shapes: Shapes(gives: .page(of: View.shape))
        ) { call in
            try .list(try await call.database.read { db in try WallStore.all(in: db).map(View.init) }, next: nil)
        }
        routes.post(
            "/api/v1/wall-layouts", .needs(.wallUse), "Saves a layout",
            shapes: Shapes(takes: Body.shape, gives: View.shape)
        ) { call in try await save(call, id: .next(), isNew: true) }
        routes.put(
            "/api/v1/wall-layouts/{id}", .needs(.wallUse), "Changes a layout",
            shapes: Shapes(takes: Body.shape, gives: View.shape)
        ) { call in try await save(call, id: try call.id(), isNew: false) }
        routes.delete("/api/v1/wall-layouts/{id}", .needs(.wallUse), "Removes a layout") { call in
            let id: WallLayoutID = try call.id()
            guard try await call.database.write({ db in try WallStore.remove(id, in: db) }) else {
                throw Problem.notFound
            }
            return .nothing
        }
    }

    private struct Body: Codable, Sendable {
        var name: String
        var size: Int
        var seconds: Int?
        var cameras: [String]

        static let shape = Shape.object(
            [
                "name": .text, "size": .oneOf(["1", "4", "9", "16"]), "seconds": .integer, "cameras": .list(.id),
            ], required: ["name", "size", "cameras"])
    }

    private struct View: Codable, Sendable {
        var id: String
        var name: String
        var size: Int
        var seconds: Int
        var cameras: [String]
        var madeBy: String

        init(_ layout: WallLayout) {
            id = layout.id.description
            name = layout.name
            size = layout.size
            seconds = layout.seconds
            cameras = layout.cameras.map(\.description)
            madeBy = layout.madeBy
        }

        static let shape = Shape.object([
            "id": .id, "name": .text, "size": .integer, "seconds": .integer, "cameras": .list(.id), "madeBy": .text,
        ])
    }

    private func save(_ call: Call, id: WallLayoutID, isNew: Bool) async throws -> Answer {
        let caller = try call.signedIn()
        let body: Body = try call.json()
        var check = FieldCheck()
        let name = check.text(body.name, "name", 1...40)
        check.expect(WallLayout.sizes.contains(body.size), "size", "out-of-range")
        let seconds = body.seconds ?? 0
        check.expect(seconds == 0 || (5...600).contains(seconds), "seconds", "out-of-range")
        check.expect(body.cameras.count <= WallLayout.mostCameras, "cameras", "too-long")
        let cameras = body.cameras.compactMap { CameraID($0) }
        check.expect(cameras.count == body.cameras.count, "cameras", "invalid")
        try check.finish()
        let layout = WallLayout(
            id: id, name: name, size: body.size, seconds: seconds, cameras: cameras, madeBy: caller.name)
        let view = try await call.once { db in
            let known = try WallStore.find(id, in: db)
            if isNew {
                guard try WallStore.all(in: db).count < WallLayout.mostLayouts else {
                    throw Problem.conflict("watch.too-many-layouts")
                }
            } else if known == nil {
                throw Problem.notFound
            }
            try WallStore.save(layout, at: .now, in: db)
            return View(layout)
        }
        return try .json(view, status: isNew ? 201 : 200)
    }
}
