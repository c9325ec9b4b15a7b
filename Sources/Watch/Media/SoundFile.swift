import Foundation

/// A sound file as people have it, made into what loudspeakers take, by ffmpeg, which runs as a process of its own.
enum SoundFile {
    enum Flaw: Error {
        /// ffmpeg is not installed.
        case missing
        /// It is no sound of a kind that is read, or is broken.
        case unreadable
        case tooLong
    }

    /// The largest file, in bytes.
    static let largest = 10 << 20
    /// What is read: WAVE, MP3, AAC and M4A, Ogg, FLAC, AMR, and what browsers record (WebM).
    private static let formats = "wav,mp3,aac,mov,ogg,flac,amr,matroska"

    /// Mono, 8,000 samples a second, of at most `seconds`.
    static func samples(
        of bytes: [UInt8], atMost seconds: Int, program: String = "/usr/bin/ffmpeg"
    ) async throws(Flaw) -> [Int16] {
        guard FileManager.default.isExecutableFile(atPath: program) else { throw .missing }
        // A file and not a pipe: some kinds have their index at the end.
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("zhili-sound-\(UUID().uuidString)")
        guard
            FileManager.default.createFile(
                atPath: file.path, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
        else { throw .unreadable }
        defer { try? FileManager.default.removeItem(at: file) }
        // One sample too many tells that there is more; nothing is opened but the file itself.
        let most = (seconds * 8_000 + 1) * 2
        let found = await ChildProcess.output(
            of: program,
            [
                "-nostdin", "-v", "error", "-threads", "1", "-protocol_whitelist", "file", "-format_whitelist", formats,
                "-i", "file:\(file.path)", "-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-threads", "1",
                "-af", "aresample=8000,aformat=channel_layouts=mono,atrim=end_sample=\(seconds * 8_000 + 1)", "-f",
                "s16le", "-c:a", "pcm_s16le", "pipe:1",
            ], seconds: 20, most: most)
        guard let found, found.count >= 2 else { throw .unreadable }
        guard found.count < most else { throw .tooLong }
        return stride(from: 0, to: found.count - 1, by: 2).map {
            Int16(bitPattern: UInt16(found[$0]) | UInt16(found[$0 + 1]) << 8)
        }
    }

    /// The samples, 8,000 a second, as a WAVE file.
    static func wave(_ samples: [Int16]) -> [UInt8] {
        func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }
        var bytes = Array("RIFF".utf8) + little(36 + samples.count * 2, 4) + Array("WAVEfmt ".utf8) + little(16, 4)
        bytes += little(1, 2) + little(1, 2) + little(8_000, 4) + little(16_000, 4) + little(2, 2) + little(16, 2)
        bytes += Array("data".utf8) + little(samples.count * 2, 4)
        bytes.reserveCapacity(bytes.count + samples.count * 2)
        for sample in samples { bytes += little(Int(UInt16(bitPattern: sample)), 2) }
        return bytes
    }
}
