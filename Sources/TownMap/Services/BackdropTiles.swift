import Foundation
import Geo
import Kernel
import Pictures

/// The tiles of somebody else's map as this town's pages get them: fetched by the centre, so that its key and who looks
/// at what stay here, kept for a while, and put onto the town's own datum.
public actor BackdropTiles {
    /// What an address answered.
    public typealias Reply = (status: Int, bytes: [UInt8])
    /// Asks an address; throws where nobody answers. What is longer than ``longest`` is refused there.
    public typealias Fetch = @Sendable (_ address: String) async throws -> Reply

    /// Bytes that a tile may have.
    public static let longest = 1 << 20

    /// Why there is no tile.
    enum Failure: Error, Equatable {
        /// The map has none there.
        case none
        /// Nobody answers, or not with a tile; it is tried again after a while.
        case unreachable
        /// Too many are waiting already.
        case busy
    }

    /// Whose map it is.
    public nonisolated let source: BackdropSource
    private let store: BackdropStore
    private let fetch: Fetch
    private var running: [String: Task<[UInt8], any Error>] = [:]
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var atWork = 0
    /// Until when nobody is asked, after somebody did not answer.
    private var quietUntil = Instant(ms: 0)

    /// Fetches at the same time, and those that may wait for their turn.
    private static let parallel = 6
    private static let queue = 240
    /// How long a tile is taken for true; an older one is shown where no newer one can be had.
    private static let keptMs: Int64 = 7 * 86_400_000
    private static let pauseMs: Int64 = 20_000

    /// Tiles of `source`, kept in `folder`.
    public init(_ source: BackdropSource, folder: URL, fetch: @escaping Fetch) {
        self.init(source, store: BackdropStore(folder: folder), fetch: fetch)
    }

    init(_ source: BackdropSource, store: BackdropStore, fetch: @escaping Fetch) {
        self.source = source
        self.store = store
        self.fetch = fetch
    }

    /// A tile of the town's datum.
    func tile(_ sheet: Int, _ tile: TileAddress, at now: Instant = .now) async throws -> [UInt8] {
        guard source.sheets.indices.contains(sheet), let shift = TileShift(of: tile, on: source.datum) else {
            throw Failure.none
        }
        if shift.isNone, let first = shift.pieces[0] { return try await piece(sheet, first, at: now) }
        let tasks = shift.pieces.map { address in
            address.map { there in Task { try await piece(sheet, there, at: now) } }
        }
        var pieces: [[UInt8]?] = []
        for task in tasks {
            do { pieces.append(try await task?.value) } catch Failure.none { pieces.append(nil) }
        }
        guard pieces.contains(where: { $0 != nil }) else { throw Failure.none }
        do {
            return try await Pictures.cut(pieces, left: shift.left, top: shift.top)
        } catch { throw Failure.unreachable }
    }

    /// A tile as the other map has it. Who asks for one that is on its way waits for the same answer.
    private func piece(_ sheet: Int, _ tile: TileAddress, at now: Instant) async throws -> [UInt8] {
        let name = "\(sheet)-\(tile.z)-\(tile.x)-\(tile.y)"
        let kept = await store.tile(name)
        if let kept, now - kept.at < Self.keptMs { return kept.bytes }
        do {
            if let task = running[name] { return try await task.value }
            guard quietUntil <= now else { throw Failure.unreachable }
            guard waiting.count < Self.queue else { throw Failure.busy }
            let task = Task { try await self.fetched(sheet, tile, name, at: now) }
            running[name] = task
            defer { running[name] = nil }
            return try await task.value
        } catch {
            // An old map is better than none.
            if let kept, error as? Failure != Failure.none { return kept.bytes }
            throw error
        }
    }

    private func fetched(_ sheet: Int, _ tile: TileAddress, _ name: String, at now: Instant) async throws -> [UInt8] {
        guard let address = source.address(sheet, tile) else { throw Failure.none }
        await enter()
        defer { leave() }
        guard quietUntil <= now else { throw Failure.unreachable }
        // The error may name the address, and with it the key: it goes no further than here.
        guard let reply = try? await fetch(address) else {
            quietUntil = now + Self.pauseMs
            throw Failure.unreachable
        }
        if reply.status == 404 || reply.status == 204 { throw Failure.none }
        guard reply.status == 200, reply.bytes.count <= Self.longest, Pictures.isTile(reply.bytes) else {
            quietUntil = now + Self.pauseMs
            throw Failure.unreachable
        }
        await store.keep(reply.bytes, name, at: now)
        return reply.bytes
    }

    private func enter() async {
        if atWork < Self.parallel {
            atWork += 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    /// Hands the place on to who waited longest.
    private func leave() {
        if waiting.isEmpty { atWork -= 1 } else { waiting.removeFirst().resume() }
    }
}
