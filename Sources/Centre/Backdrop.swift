import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import TownMap

extension Centre {
    /// Somebody else's map, where one is configured. Its key may be wrong or its owner out of reach: the town's own land
    /// is drawn all the same.
    func backdrop(_ client: HTTPClient) -> BackdropTiles? {
        configuration.backdrop.source.map { source in
            let folder = configuration.folder.appendingPathComponent("backdrop")
            return BackdropTiles(source, folder: folder) { address in
                var request = HTTPClientRequest(url: address)
                request.headers.add(name: "User-Agent", value: "Zhili")
                let response = try await client.execute(request, timeout: .seconds(8))
                let body = try await response.body.collect(upTo: BackdropTiles.longest)
                return (Int(response.status.code), Array(body.readableBytesView))
            }
        }
    }
}
