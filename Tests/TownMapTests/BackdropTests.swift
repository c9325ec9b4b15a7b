import Foundation
import Geo
import Kernel
import Pictures
import Synchronization
import Testing

@testable import TownMap

@Suite("Somebody else's map under the town's own")
struct BackdropTests {
    @Test("A tile is cut where the other datum has it, to two pixels, at every zoom and over the whole country")
    func shift() throws {
        for place in [
            Position(lon: 112.96, lat: 33.99), Position(lon: 87.6, lat: 43.8), Position(lon: 121.5, lat: 31.2),
            Position(lon: 110.3, lat: 20), Position(lon: 126.6, lat: 45.8),
        ] {
            for z in 8...18 {
                let tile = try #require(TileAddress.holding(place, z: z))
                let shift = try #require(TileShift(of: tile, on: .gcj02))
                let first = try #require(shift.pieces[0])
                let box = try #require(tile.box())
                for spot in [
                    Position(lon: box.west, lat: box.north), Position(lon: box.east, lat: box.south),
                    Position(lon: (box.west + box.east) / 2, lat: (box.south + box.north) / 2),
                ] {
                    let (own, other) = (tile.project(spot), first.project(Datum.gcj02.fromWGS84(spot)))
                    #expect(abs((other.x - own.x) / 16 - Double(shift.left)) < 2, "zoom \(z)")
                    #expect(abs((other.y - own.y) / 16 - Double(shift.top)) < 2, "zoom \(z)")
                }
                #expect(shift.pieces.compactMap { $0 }.count == (shift.left > 0 ? 2 : 1) * (shift.top > 0 ? 2 : 1))
            }
        }
    }

    @Test("What is on the town's datum, or outside China, is not cut")
    func noShift() throws {
        let tile = try #require(TileAddress(z: 12, x: 3_332, y: 1_636))
        let own = try #require(TileShift(of: tile, on: .wgs84))
        #expect(own.isNone)
        #expect(own.pieces == [tile, nil, nil, nil])
        let paris = try #require(TileAddress.holding(Position(lon: 2.35, lat: 48.85), z: 14))
        #expect(try #require(TileShift(of: paris, on: .gcj02)).isNone)
    }

    /// A tile server that counts, and can be out of reach.
    private final class Server: Sendable {
        struct State {
            var asked: [String] = []
            var reply: BackdropTiles.Reply? = (200, Picture.tile)
        }
        let state = Mutex(State())
        var asked: [String] { state.withLock { $0.asked } }
        func reply(_ reply: BackdropTiles.Reply?) { state.withLock { $0.reply = reply } }
        func answer(_ address: String) async throws -> BackdropTiles.Reply {
            let reply = state.withLock { state in
                state.asked.append(address)
                return state.reply
            }
            // Others come while this one is on its way.
            try await Task.sleep(for: .milliseconds(20))
            guard let reply else { throw URLError(.cannotConnectToHost) }
            return reply
        }
    }

    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("backdrop-\(UUID().uuidString)")
    private let server = Server()
    private let now = CivilTime.instant(2026, 11, 24, 9)

    private func tiles(_ map: String = "http://tiles.invalid/{z}/{x}/{y}?k={key}", datum: Datum = .wgs84) throws
        -> BackdropTiles
    {
        let source = try #require(BackdropSource(map: map, key: "geheim", datum: datum))
        return BackdropTiles(source, store: BackdropStore(folder: folder), fetch: server.answer)
    }

    private func address() throws -> TileAddress { try #require(TileAddress(z: 14, x: 13_330, y: 6_544)) }

    @Test("A tile is fetched once, however many ask at once, and again after a week; a restart keeps it")
    func once() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let (tiles, tile) = (try tiles(), try address())
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<20 { group.addTask { try await tiles.tile(0, tile, at: .now) } }
            for try await bytes in group { #expect(bytes == Picture.tile) }
        }
        #expect(server.asked == ["http://tiles.invalid/14/13330/6544?k=geheim"])
        let later = try self.tiles()
        #expect(try await later.tile(0, tile, at: .now) == Picture.tile)
        #expect(server.asked.count == 1)
        #expect(try await later.tile(0, tile, at: .now + 8 * CivilTime.dayMs) == Picture.tile)
        #expect(server.asked.count == 2)
    }

    @Test("A tile of another datum is cut out of the four around it, and is a tile again")
    func cut() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let tiles = try tiles(datum: .gcj02)
        let tile = try await tiles.tile(0, address(), at: now)
        #expect(Pictures.isTile(tile))
        #expect(tile != Picture.tile)
        let shift = try #require(TileShift(of: address(), on: .gcj02))
        #expect(server.asked.count == shift.pieces.compactMap { $0 }.count)
    }

    @Test("Where nobody answers the old tile stays, none is no error for the page, and nobody is asked again at once")
    func unreachable() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let (tiles, tile) = (try tiles(), try address())
        let other = try #require(TileAddress(z: 14, x: 13_331, y: 6_544))
        _ = try await tiles.tile(0, tile, at: .now)
        server.reply(nil)
        let later = Instant.now + 30 * CivilTime.dayMs
        #expect(try await tiles.tile(0, tile, at: later) == Picture.tile)
        let asked = server.asked.count
        await #expect(throws: BackdropTiles.Failure.unreachable) { try await tiles.tile(0, other, at: later) }
        #expect(server.asked.count == asked)
        server.reply((200, Picture.tile))
        #expect(try await tiles.tile(0, other, at: later + 60_000) == Picture.tile)
        server.reply((404, []))
        await #expect(throws: BackdropTiles.Failure.none) {
            try await tiles.tile(0, try #require(TileAddress(z: 14, x: 1, y: 1)), at: later + 60_000)
        }
        await #expect(throws: BackdropTiles.Failure.none) { try await tiles.tile(7, tile, at: later) }
    }

    @Test(
        "What is no picture of a tile's size is neither kept nor handed on",
        arguments: [
            Array("{\"code\":301015,\"msg\":\"quota\"}".utf8), [], [0x89, 0x50, 0x4E, 0x47],
            Picture.png(width: 255, height: 256), [UInt8](repeating: 0x41, count: 2_000_000),
        ])
    func hostile(_ bytes: [UInt8]) async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        server.reply((200, bytes))
        let tiles = try tiles()
        await #expect(throws: BackdropTiles.Failure.unreachable) { try await tiles.tile(0, address(), at: .now) }
        #expect((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] == [])
    }

    @Test("The tiles kept stay within their bound, and the newest stay")
    func bound() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = BackdropStore(folder: folder, limit: 100_000)
        for number in 0..<40 {
            await store.keep([UInt8](repeating: 7, count: 10_000), "0-1-\(number)-0", at: now + Int64(number))
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect((5...10).contains(files.count))
        #expect(await store.tile("0-1-39-0") != nil)
        #expect(await store.tile("0-1-0-0") == nil)
    }

    @Test("A map that needs a key is none without it, and an address needs its three numbers")
    func configuration() {
        #expect(BackdropSource(map: "tianditu", key: nil, datum: .wgs84) == nil)
        #expect(BackdropSource(map: "tianditu", key: "k", datum: .wgs84)?.sheets.count == 2)
        #expect(BackdropSource(map: "amap", key: nil, datum: .wgs84)?.datum == .gcj02)
        for text in [
            "", "off", "ftp://x/{z}/{x}/{y}", "http://x/{z}/{x}", "file:///{z}{x}{y}", "http://x/{z}/{x}/{y}\n",
        ] {
            #expect(!BackdropSource.accepts(text), "\(text)")
        }
        #expect(BackdropSource.accepts("http://a/{z}/{x}/{y} https://b/{z}/{y}/{x}.png?tk={key}"))
    }
}

/// Pictures made by hand: a PNG whose rows are not compressed.
enum Picture {
    static let tile = png(width: 256, height: 256)

    static func png(width: Int, height: Int) -> [UInt8] {
        var raw: [UInt8] = []
        for row in 0..<height {
            raw.append(0)
            for column in 0..<width { raw.append(UInt8(truncatingIfNeeded: row ^ column)) }
        }
        var packed: [UInt8] = [0x78, 0x01]
        for start in stride(from: 0, to: raw.count, by: 65_535) {
            let part = raw[start..<min(raw.count, start + 65_535)]
            packed.append(start + 65_535 >= raw.count ? 1 : 0)
            packed += [
                UInt8(part.count & 255), UInt8(part.count >> 8), UInt8(~part.count & 255),
                UInt8((~part.count >> 8) & 255),
            ]
            packed += part
        }
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in raw {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        packed += big(b << 16 | a)
        let head = big(UInt32(width)) + big(UInt32(height)) + [8, 0, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", head) + chunk("IDAT", packed)
            + chunk("IEND", [])
    }

    private static func big(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(number >> (24 - 8 * $0) & 255) } }

    private static func chunk(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + bytes
        var crc = UInt32.max
        for byte in body {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return big(UInt32(bytes.count)) + body + big(~crc)
    }
}
