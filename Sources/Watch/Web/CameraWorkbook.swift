import GB28181
import Kernel
import Office
import Storage
import Web

/// `/cameras.xlsx`: the list of cameras, as its filters show it.
struct CameraWorkbook {
    let desk: any WatchDesk
    /// Rows of one workbook at most.
    private static let most = 20_000

    func add(to routes: inout Routes) {
        routes.get("/cameras.xlsx", .needs(.cameraRead), "The list of cameras as a workbook") { call in
            try await make(call)
        }
    }

    private func make(_ call: Call) async throws -> Answer {
        let filter = try CameraFilter(call)
        let (cameras, devices) = try await call.database.read { db in
            (
                try CameraStore.list(filter, limit: Self.most, in: db),
                Dictionary(try WatchDeviceStore.all(in: db).map { ($0.id, $0) }) { first, _ in first }
            )
        }
        let columns: [(key: String, width: Double)] = [
            ("name", 30), ("gbId", 24), ("device", 24), ("state", 12), ("place", 14), ("area", 24), ("where", 30),
            ("lon", 14), ("lat", 14), ("maker", 24), ("moves", 10),
        ]
        let book = try Workbook(
            sheet: call.word("watch.cameras.title"),
            columns: columns.map { (call.word("watch.fact.\($0.key)"), $0.width) })
        for camera in cameras {
            let device = devices[camera.device]
            let state = CameraView.state(camera, device)
            book.add([
                .text(camera.title), .text(camera.gbID.description), .text(device?.name ?? ""),
                .text(call.word("watch.camera.state.\(state)")),
                .text(call.word("watch.place.\(camera.place.rawValue)")),
                .text(camera.area.map { desk.name(of: $0) } ?? ""), .text(camera.address),
                camera.point.map { .number($0.lon) } ?? .text(""), camera.point.map { .number($0.lat) } ?? .text(""),
                .text("\(camera.manufacturer) \(camera.model)"),
                .text(call.word(camera.canMove ? "watch.yes" : "watch.no")),
            ])
        }
        return .bytes(
            try book.bytes(), type: Workbook.type, name: call.word("watch.cameras.title") + " \(Instant.now.date).xlsx")
    }
}
