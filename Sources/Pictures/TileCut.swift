import CVips
import Dispatch

extension Pictures {
    /// Pixels of a map tile's side.
    public static let tileSide = 256

    /// Whether bytes are the picture of one map tile: JPEG, PNG or WebP of ``tileSide``.
    public static func isTile(_ bytes: [UInt8]) -> Bool {
        var width: Int32 = 0
        var height: Int32 = 0
        guard isReady, !bytes.isEmpty, zl_pictures_size(bytes, bytes.count, &width, &height) == 0 else { return false }
        return Int(width) == tileSide && Int(height) == tileSide
    }

    /// Cuts a tile out of four that lie two by two, as WebP.
    /// - Parameters:
    ///   - pieces: north-west, north-east, south-west, south-east; what is missing stays clear.
    ///   - left: pixels from their western edge, 0…255.
    ///   - top: pixels from their northern edge, 0…255.
    /// - Throws: ``Refusal/notAPicture`` where a piece is not a tile.
    public static func cut(_ pieces: [[UInt8]?], left: Int, top: Int) async throws -> [UInt8] {
        guard pieces.count == 4, (0..<tileSide).contains(left), (0..<tileSide).contains(top) else {
            throw Refusal.notAPicture
        }
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try cutNow(pieces, left: left, top: top) }) }
        }
    }

    private static func cutNow(_ pieces: [[UInt8]?], left: Int, top: Int) throws -> [UInt8] {
        guard isReady else { throw Refusal.notAPicture }
        // The pieces' bytes have to stay where they are while all four are read.
        let held = pieces.map { piece -> UnsafeMutableBufferPointer<UInt8>? in
            guard let piece else { return nil }
            let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, piece.count))
            _ = copy.initialize(from: piece)
            return copy
        }
        defer { for piece in held { piece?.deallocate() } }
        let starts: [UnsafeRawPointer?] = held.map { $0?.baseAddress.map { UnsafeRawPointer($0) } }
        var out: UnsafeMutableRawPointer?
        var count = 0
        guard
            zl_pictures_cut(
                starts, pieces.map { $0?.count ?? 0 }, Int32(tileSide), Int32(left), Int32(top), &out, &count) == 0,
            let out
        else { throw Refusal.notAPicture }
        defer { zl_pictures_free(out) }
        return Array(UnsafeRawBufferPointer(start: out, count: count))
    }
}
