import CVips
import Dispatch

/// Makes pictures from outside safe to keep and show: decoded, turned upright, shrunk, and encoded again as JPEG, so
/// that nothing of the file that came in stays, neither its metadata nor what else it may carry.
public enum Pictures {
    /// What is accepted.
    public struct Limits: Sendable {
        /// Bytes of the file.
        public var bytes = 12 << 20
        /// Pixels before decoding; a small file may unpack to gigabytes.
        public var pixels = 50_000_000
        /// Pixels a side of what is kept.
        public var edge = 1_920
        /// The standard limits.
        public init() {}
    }

    /// A picture that is safe to keep.
    public struct Picture: Sendable, Equatable {
        /// JPEG.
        public var bytes: [UInt8]
        /// Pixels.
        public var width: Int
        /// Pixels.
        public var height: Int
    }

    /// Why a picture is refused.
    public enum Refusal: Error, Equatable {
        /// More bytes or pixels than are accepted.
        case tooLarge
        /// Neither JPEG, PNG nor WebP, or broken.
        case notAPicture
    }

    static let isReady = zl_pictures_start() == 0
    static let queue = DispatchQueue(label: "zhili.pictures")

    /// Encodes a picture again, on a thread of its own.
    public static func reencode(_ bytes: [UInt8], _ limits: Limits = Limits()) async throws -> Picture {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try reencodeNow(bytes, limits) }) }
        }
    }

    /// A part of a picture, measured in parts of its width and height.
    public struct Box: Sendable, Equatable {
        /// From the left, 0…1.
        public var x: Double
        /// From the top, 0…1.
        public var y: Double
        /// Its width, 0…1.
        public var width: Double
        /// Its height, 0…1.
        public var height: Double

        /// A box.
        public init(x: Double, y: Double, width: Double, height: Double) {
            self.x = x
            self.y = y
            self.width = width
            self.height = height
        }
    }

    /// Boxes that a picture takes.
    public static let boxLimit = 40

    /// Blackens boxes of a picture of at most 1,280 pixels a side and encodes it again: nothing of what they cover is in
    /// the result. What of a box lies outside is left out.
    public static func redact(_ bytes: [UInt8], boxes: [Box]) async throws -> [UInt8] {
        guard boxes.count <= boxLimit else { throw Refusal.tooLarge }
        let numbers = boxes.flatMap { box in
            [box.x, box.y, box.width, box.height].map { $0.isFinite ? min(1, max(0, $0)) : 0 }
        }
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try redactNow(bytes, numbers) }) }
        }
    }

    private static func redactNow(_ bytes: [UInt8], _ numbers: [Double]) throws -> [UInt8] {
        try encoded(bytes, Limits()) { out, count, width, height in
            zl_pictures_redact(
                bytes, bytes.count, 1_280, 82, numbers, Int32(numbers.count / 4), &out, &count, &width, &height)
        }.bytes
    }

    private static func reencodeNow(_ bytes: [UInt8], _ limits: Limits) throws -> Picture {
        try encoded(bytes, limits) { out, count, width, height in
            zl_pictures_jpeg(bytes, bytes.count, Int32(limits.edge), 82, &out, &count, &width, &height)
        }
    }

    /// A picture within its limits, encoded anew.
    /// - Parameter work: writes bytes of libvips and how many there are, and the size; 0 where that went well.
    private static func encoded(
        _ bytes: [UInt8], _ limits: Limits,
        _ work: (
            _ out: inout UnsafeMutableRawPointer?, _ count: inout Int, _ width: inout Int32, _ height: inout Int32
        ) -> Int32
    ) throws -> Picture {
        guard isReady, !bytes.isEmpty else { throw Refusal.notAPicture }
        guard bytes.count <= limits.bytes else { throw Refusal.tooLarge }
        var width: Int32 = 0
        var height: Int32 = 0
        guard zl_pictures_size(bytes, bytes.count, &width, &height) == 0, width > 0, height > 0 else {
            throw Refusal.notAPicture
        }
        guard Int(width) * Int(height) <= limits.pixels else { throw Refusal.tooLarge }
        var out: UnsafeMutableRawPointer?
        var count = 0
        guard work(&out, &count, &width, &height) == 0, let out else { throw Refusal.notAPicture }
        defer { zl_pictures_free(out) }
        return Picture(
            bytes: Array(UnsafeRawBufferPointer(start: out, count: count)), width: Int(width), height: Int(height))
    }
}
