import Foundation

/// Makes films from outside safe to keep and show: a child process decodes them and encodes them again as H.264 and AAC
/// in an MP4 that plays before it is loaded whole, so that nothing of the file that came in stays, neither its metadata
/// nor what else it may carry.
///
/// The child is `ffmpeg` with a fixed list of arguments: it may open the two files alone, read MP4 and WebM alone, decode
/// by a short list of decoders, and is bounded in pixels, seconds, memory, processor time, bytes written and time on the
/// clock. It runs beside the centre with less right to the processor than everything else.
public enum Film {
    /// What is accepted.
    public struct Limits: Sendable {
        /// Pixels of a frame before decoding: 4,096 × 2,304.
        public var pixels = 9_437_184
        /// Seconds that a film lasts.
        public var seconds = 600
        /// Bytes of what is kept.
        public var bytes = 96 << 20
        /// Seconds on the clock that one child may take.
        public var patience = 2_400
        /// Bytes of memory that a child may take.
        public var memory = 3 << 30
        /// The standard limits.
        public init() {}
    }

    /// A film that is safe to keep.
    public struct Made: Sendable, Equatable {
        /// Pixels.
        public var width: Int
        /// Pixels.
        public var height: Int
        /// How long it lasts, in milliseconds.
        public var durationMs: Int64
        /// Bytes of the file.
        public var bytes: Int64
        /// Whether something is heard.
        public var hasSound: Bool
        /// A JPEG of a moment near its beginning.
        public var poster: [UInt8]
    }

    /// Why a film is refused.
    public enum Refusal: String, Error, Sendable {
        /// Neither MP4, QuickTime nor WebM with a moving picture, or broken.
        case unreadable
        /// Longer than is accepted.
        case tooLong = "too-long"
        /// More pixels than are accepted, or more bytes than fit although it was made smaller.
        case tooLarge = "too-large"
        /// It could not be made within its time.
        case tooSlow = "too-slow"
    }

    /// The child processes are not there.
    public struct Missing: Error, CustomStringConvertible {
        /// Which one.
        public var description: String
    }

    /// Containers that are read, by the names of their readers.
    static let containers = "mov,matroska"
    /// Decoders that are used.
    static let decoders =
        "h264,hevc,vp8,vp9,libvpx,libvpx-vp9,av1,libdav1d,mpeg4,mjpeg,aac,mp3,mp3float,opus,libopus,vorbis,alac,flac,pcm_s16le,pcm_s16be"

    /// Encodes a film again.
    /// - Parameters:
    ///   - source: what came in.
    ///   - target: where the film is put; what is there is replaced. On a throw nothing of ours is left there.
    /// - Throws: ``Refusal``, ``Missing``, or `CancellationError`, after which no child runs.
    public static func reencode(_ source: URL, to target: URL, _ limits: Limits = Limits()) async throws -> Made {
        let found = try await probe(source, limits)
        guard let picture = found.picture else { throw Refusal.unreadable }
        guard picture.width * picture.height <= limits.pixels else { throw Refusal.tooLarge }
        // A file may say nothing or lie: the child ends a second behind the limit, and what it made is measured.
        if let seconds = found.seconds, seconds > Double(limits.seconds) { throw Refusal.tooLong }
        do {
            try await run("ffmpeg", arguments(source, target, limits), limits)
            let made = try await probe(target, limits)
            guard let size = made.picture, let seconds = made.seconds, seconds > 0 else { throw Refusal.unreadable }
            guard seconds <= Double(limits.seconds) else { throw Refusal.tooLong }
            let bytes = try FileManager.default.attributesOfItem(atPath: target.path)[.size] as? Int64 ?? 0
            guard bytes < Int64(limits.bytes) else { throw Refusal.tooLarge }
            return Made(
                width: size.width, height: size.height, durationMs: Int64(seconds * 1_000), bytes: bytes,
                hasSound: made.hasSound, poster: try await poster(of: target, at: seconds / 10, limits))
        } catch {
            try? FileManager.default.removeItem(at: target)
            throw error
        }
    }

    /// The arguments of the child that makes the film.
    private static func arguments(_ source: URL, _ target: URL, _ limits: Limits) -> [String] {
        // At most 1,280 pixels on the long side and 720 on the short one, both even.
        let scale = """
            scale=w='if(gt(iw,ih),min(1280,iw),min(720,iw))':h='if(gt(iw,ih),min(720,ih),min(1280,ih))':\
            force_original_aspect_ratio=decrease:force_divisible_by=2,format=yuv420p,setsar=1
            """
        return ["-nostdin", "-hide_banner", "-v", "error", "-y"] + input(source, limits)
            + [
                "-t", String(limits.seconds + 1), "-map", "0:v:0", "-map", "0:a:0?", "-sn", "-dn",
                "-map_metadata", "-1", "-map_chapters", "-1", "-vf", scale, "-fpsmax", "30",
                "-c:v", "libx264", "-preset", "veryfast", "-crf", "26", "-maxrate", "1200k", "-bufsize", "2400k",
                "-profile:v", "main", "-a53cc", "0", "-threads", "1",
                // The encoder's own remark about itself.
                "-bsf:v", "filter_units=remove_types=6",
                "-c:a", "aac", "-b:a", "96k", "-ac", "2", "-ar", "44100",
                "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact",
                "-movflags", "+faststart", "-fs", String(limits.bytes), "-f", "mp4", "file:\(target.path)",
            ]
    }

    private static func input(_ file: URL, _ limits: Limits) -> [String] {
        [
            "-protocol_whitelist", "file", "-format_whitelist", containers, "-codec_whitelist", decoders,
            "-max_pixels", String(limits.pixels), "-threads", "1", "-i", "file:\(file.path)",
        ]
    }

    private static func poster(of film: URL, at seconds: Double, _ limits: Limits) async throws -> [UInt8] {
        let bytes = try await run(
            "ffmpeg",
            ["-nostdin", "-hide_banner", "-v", "error", "-ss", String(format: "%.2f", seconds)] + input(film, limits)
                + [
                    "-frames:v", "1", "-map_metadata", "-1", "-threads", "1", "-c:v", "mjpeg", "-q:v", "5", "-fflags",
                    "+bitexact", "-flags:v", "+bitexact", "-f", "image2pipe", "pipe:1",
                ], limits)
        guard bytes.starts(with: [0xff, 0xd8]) else { throw Refusal.unreadable }
        return bytes
    }

    /// What a file says of itself.
    struct Found {
        var seconds: Double?
        var picture: (width: Int, height: Int)?
        var hasSound = false
    }

    static func probe(_ file: URL, _ limits: Limits) async throws -> Found {
        struct Document: Decodable {
            struct Stream: Decodable {
                var codec_type: String?
                var width: Int?
                var height: Int?
            }
            struct Format: Decodable { var duration: String? }
            var streams: [Stream]?
            var format: Format?
        }
        // No bound of pixels here: it would make a large film an unreadable one. Memory and time bound it.
        let text = try await run(
            "ffprobe",
            [
                "-hide_banner", "-v", "error", "-protocol_whitelist", "file", "-format_whitelist", containers,
                "-codec_whitelist", decoders, "-show_entries",
                "stream=codec_type,width,height:format=duration", "-of", "json", "-i", "file:\(file.path)",
            ], limits)
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(text)) else {
            throw Refusal.unreadable
        }
        var found = Found()
        found.seconds = document.format?.duration.flatMap(Double.init).flatMap { $0.isFinite ? $0 : nil }
        for stream in document.streams ?? [] {
            switch stream.codec_type {
            case "video" where found.picture == nil:
                if let width = stream.width, let height = stream.height, (1...65_535).contains(width),
                    (1...65_535).contains(height)
                {
                    found.picture = (width, height)
                }
            case "audio": found.hasSound = true
            default: break
            }
        }
        return found
    }
}
