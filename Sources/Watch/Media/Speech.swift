import Foundation

/// Text as a voice in Mandarin, by espeak-ng, which runs as a process of its own.
public enum Speech {
    /// What can go wrong.
    public enum Flaw: Error, Sendable {
        /// espeak-ng is not installed.
        case missing
        /// It gave no sound, or took too long.
        case failed
    }

    /// The longest text, in characters: about two minutes.
    public static let longestText = 500
    /// Five minutes at 22,050 samples a second.
    private static let mostBytes = 5 * 60 * 22_050 * 2

    /// The text spoken, mono, 8,000 samples a second, 16 bits each, with half a second of silence around it.
    ///
    /// The voice is `cmn-latn-pinyin`: espeak-ng's `cmn` reads Chinese characters as English letters.
    public static func samples(of text: String, program: String = "/usr/bin/espeak-ng") async throws(Flaw) -> [Int16] {
        guard FileManager.default.isExecutableFile(atPath: program) else { throw .missing }
        let spoken = String(text.prefix(longestText)).filter { !$0.isNewline }
        // The text goes by standard input: it can be no option, and nobody reads it in the list of processes.
        let wave = await ChildProcess.output(
            of: program, ["-v", "cmn-latn-pinyin", "-s", "150", "--stdin", "--stdout"], input: Array(spoken.utf8),
            seconds: 15, most: mostBytes)
        guard let wave, let samples = wave8000(wave), !samples.isEmpty else { throw .failed }
        let rest = [Int16](repeating: 0, count: 4_000)
        return rest + samples + rest
    }

    /// The samples of a mono WAVE of 16 bits, brought to 8,000 a second; `nil` when it is none.
    static func wave8000(_ bytes: [UInt8]) -> [Int16]? {
        func number(_ at: Int, _ count: Int) -> Int {
            (0..<count).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
        }
        guard bytes.count > 44, bytes.starts(with: Array("RIFF".utf8)), number(22, 2) == 1, number(34, 2) == 16 else {
            return nil
        }
        let rate = number(24, 4)
        guard (8_000...48_000).contains(rate) else { return nil }
        let count = (bytes.count - 44) / 2
        let sample = { (index: Int) in Double(Int16(bitPattern: UInt16(number(44 + 2 * index, 2)))) }
        let step = Double(rate) / 8_000
        let length = min(Int(Double(count) / step), 8_000 * 120)
        return (0..<length).map { index in
            // The mean over one new sample keeps out what the new rate cannot carry.
            let from = Int(Double(index) * step)
            let to = max(from + 1, min(count, Int(Double(index + 1) * step)))
            var sum = 0.0
            for place in from..<to { sum += sample(place) }
            return Int16(clamping: Int(sum / Double(to - from)))
        }
    }
}
