import Geo
import Kernel
import Places
import Web

extension TownMapRoom {
    /// Degrees around the town within which somebody else's map is fetched: the centre is no way to the whole world.
    private static let margin = 0.5
    /// The zooms at which the page draws it.
    static let backdropZooms = 8...TileAddress.deepest

    func backdropRoutes(_ routes: inout Routes) {
        routes.get(
            "/backdrop/{sheet}/{z}/{x}/{y}", .needs(.mapUse), "A tile of the map that lies under the town's own"
        ) { call in
            guard let backdrop, let sheet = Int(try call.param("sheet")),
                let tile = TileAddress(
                    z: try call.param("z"), x: try call.param("x"), file: try call.param("y") + ".mvt"),
                isNear(tile)
            else { throw Problem.notFound }
            do {
                let bytes = try await backdrop.tile(sheet, tile)
                return Answer.bytes(bytes, type: Self.type(of: bytes)).with("Cache-Control", "private, max-age=86400")
            } catch BackdropTiles.Failure.none {
                return .text("", status: 404)
            } catch let failure as BackdropTiles.Failure {
                return .text("\(failure)", status: 503).with("Retry-After", "20")
            }
        }
    }

    private func isNear(_ tile: TileAddress) -> Bool {
        guard Self.backdropZooms.contains(tile.z), let box = tile.box() else { return false }
        guard let town = areas.map.inForce.first(where: { $0.kind == .town }),
            let around = Box(town.geometry.positions)
        else { return true }
        return box.west <= around.east + Self.margin && box.east >= around.west - Self.margin
            && box.south <= around.north + Self.margin && box.north >= around.south - Self.margin
    }

    private static func type(of bytes: [UInt8]) -> String {
        switch bytes.first {
        case 0x89: "image/png"
        case 0xFF: "image/jpeg"
        default: "image/webp"
        }
    }
}
