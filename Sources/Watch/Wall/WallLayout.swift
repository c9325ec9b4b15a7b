import Foundation
import Kernel
import Storage
import Web

/// The number of a saved layout.
typealias WallLayoutID = ID<WallLayout>

/// What the wall shows: cameras in their order; more of them than fields make a round (轮巡).
struct WallLayout: Sendable, RowDecodable {
    /// How many fields a wall can have.
    static let sizes = [1, 4, 9, 16]
    /// More cameras are not in one layout.
    static let mostCameras = 64
    /// More layouts are not kept.
    static let mostLayouts = 200

    var id: WallLayoutID
    var name: String
    /// One of ``sizes``.
    var size: Int
    /// How long a round shows each group, 5…600; 0 stands still.
    var seconds: Int
    var cameras: [CameraID]
    var madeBy: String

    init(id: WallLayoutID, name: String, size: Int, seconds: Int, cameras: [CameraID], madeBy: String) {
        self.id = id
        self.name = name
        self.size = size
        self.seconds = seconds
        self.cameras = cameras
        self.madeBy = madeBy
    }

    init(row: inout Row) throws {
        id = try row.next()
        name = try row.next()
        size = try row.next()
        seconds = try row.next()
        let text: String = try row.next()
        cameras = text.split(separator: ",").compactMap { CameraID(String($0)) }
        madeBy = try row.next()
    }

    static let columns = "id, name, size, seconds, cameras, made_by"
}

/// The layouts' table.
enum WallStore {
    static func all(in db: any Reading) throws -> [WallLayout] {
        try db.all(
            WallLayout.self,
            "SELECT \(raw: WallLayout.columns) FROM watch_layout ORDER BY id LIMIT \(WallLayout.mostLayouts)")
    }

    static func find(_ id: WallLayoutID, in db: any Reading) throws -> WallLayout? {
        try db.first(WallLayout.self, "SELECT \(raw: WallLayout.columns) FROM watch_layout WHERE id = \(id)")
    }

    static func save(_ layout: WallLayout, at now: Instant, in db: any Writing) throws {
        let cameras = layout.cameras.map(\.description).joined(separator: ",")
        try db.execute(
            """
            INSERT INTO watch_layout (id, name, size, seconds, cameras, made_by, changed_at)
            VALUES (\(layout.id), \(layout.name), \(layout.size), \(layout.seconds), \(cameras), \(layout.madeBy),
              \(now))
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, size = excluded.size, seconds = excluded.seconds,
              cameras = excluded.cameras, changed_at = excluded.changed_at
            """)
    }

    static func remove(_ id: WallLayoutID, in db: any Writing) throws -> Bool {
        try db.execute("DELETE FROM watch_layout WHERE id = \(id)") > 0
    }
}
