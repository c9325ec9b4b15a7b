import Foundation
import Synchronization

/// Words as sound, by espeak-ng's Mandarin voice in a process of its own.
public enum Speech {
    /// The longest text that is spoken.
    static let limit = 400
    /// Bytes of sound that are read at most: four minutes.
    private static let soundLimit = 12_000_000

    /// A-law of the text, or `nil` where there is no voice or it takes longer than eight seconds.
    public static func mandarin(_ text: String) async -> [UInt8]? {
        await withCheckedContinuation { continuation in
            // Reading a pipe blocks: it has a thread of its own, which ends with the process.
            Thread.detachNewThread { continuation.resume(returning: speak(String(text.prefix(limit)))) }
        }
    }

    private static func speak(_ text: String) -> [UInt8]? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/espeak-ng")
        // The voice `cmn` reads Chinese characters as English letters; this one knows their sounds.
        process.arguments = ["-v", "cmn-latn-pinyin", "-s", "150", "--stdin", "--stdout"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let isDone = Mutex(false)
        let id = process.processIdentifier
        DispatchQueue.global().asyncAfter(deadline: .now() + 8) {
            isDone.withLock { if !$0 { kill(id, SIGKILL) } }
        }
        try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try? input.fileHandleForWriting.close()
        let sound = (try? output.fileHandleForReading.readToEnd()) ?? Data()
        process.waitUntilExit()
        isDone.withLock { $0 = true }
        guard process.terminationStatus == 0, sound.count <= soundLimit, let wave = WaveFile.read(Array(sound)) else {
            return nil
        }
        return ALaw.encode(wave.samples, rate: wave.rate)
    }
}
