import Geo
import Kernel
import Web

extension TownMapRoom {
    func tileRoutes(_ routes: inout Routes) {
        routes.get(
            "/tiles/{layer}/{z}/{x}/{tile}", .needs(.mapUse), "A vector tile (MVT 2.1) of what the caller may see",
            shapes: Shapes(query: [
                ("from", "only what happened since, RFC 3339, on layers with a past"),
                ("to", "only what happened before"),
            ])
        ) { call in
            guard
                let address = TileAddress(z: try call.param("z"), x: try call.param("x"), file: try call.param("tile"))
            else { throw Problem.notFound }
            let period = try period(call)
            let tile = try await tiles.tile(
                try call.param("layer"), address, for: try call.signedIn(), from: period.from, to: period.to)
            // Another viewer on the same machine must never be shown it.
            let headers = [
                ("ETag", tile.tag), ("Cache-Control", "private, no-cache"), ("Vary", "Cookie, Authorization"),
            ]
            let isKnown = call.header("If-None-Match") == tile.tag
            let answer =
                isKnown ? Answer.unchanged : .bytes(tile.bytes, type: "application/vnd.mapbox-vector-tile")
            return headers.reduce(answer) { $0.with($1.0, $1.1) }
        }
    }

    /// The period that is asked for; to the minute, so that a slider does not fill the cache.
    func period(_ call: Call) throws(Problem) -> (from: Instant?, to: Instant?) {
        func moment(_ name: String) throws(Problem) -> Instant? {
            guard let text = call.query(name) else { return nil }
            guard let moment = Instant(text) else { throw Problem.invalid([name: "invalid"]) }
            return Instant(ms: moment.ms / 60_000 * 60_000)
        }
        return (try moment("from"), try moment("to"))
    }
}
