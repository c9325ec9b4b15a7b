/// G.711 A-law (ITU-T G.711), as telephone trunks speak it: 8,000 samples a second, a byte each.
enum ALaw {
    /// Silence.
    static let silence: UInt8 = 0xD5

    /// One sample of 16 bits.
    static func encode(_ sample: Int16) -> UInt8 {
        let mask: UInt8 = sample >= 0 ? 0xD5 : 0x55
        var value = Int(sample)
        if value < 0 { value = -value - 1 }
        // Thirteen bits with their sign are what the standard codes.
        value = min(value, 32_767) >> 3
        var segment = 0
        var rest = value >> 5
        while rest > 0 {
            segment += 1
            rest >>= 1
        }
        let mantissa = segment < 2 ? (value >> 1) & 0x0F : (value >> segment) & 0x0F
        return UInt8(segment << 4 | mantissa) ^ mask
    }

    /// 16-bit samples of any rate as A-law: each output sample is the mean of the input that it covers, which also
    /// keeps what telephones cannot carry from folding back.
    static func encode(_ samples: [Int16], rate: Int) -> [UInt8] {
        guard rate > 0, !samples.isEmpty else { return [] }
        let step = Double(rate) / 8_000
        let count = Int(Double(samples.count) / step)
        return (0..<count).map { index in
            let start = Int(Double(index) * step)
            let end = min(samples.count, max(start + 1, Int(Double(index + 1) * step)))
            let sum = samples[start..<end].reduce(0) { $0 + Int($1) }
            return encode(Int16(clamping: sum / (end - start)))
        }
    }
}

/// Reads the samples of a WAV file (RIFF, PCM, 16 bits, one channel), as speech programs write it to a pipe.
enum WaveFile {
    static func read(_ bytes: [UInt8]) -> (samples: [Int16], rate: Int)? {
        func word(_ at: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) } }
        guard bytes.count > 44, bytes.starts(with: "RIFF".utf8), bytes[8..<12].elementsEqual("WAVE".utf8) else {
            return nil
        }
        var place = 12
        var rate = 0
        while place + 8 <= bytes.count {
            let size = word(place + 4)
            let name = bytes[place..<(place + 4)]
            let body = place + 8
            if name.elementsEqual("fmt ".utf8), body + 16 <= bytes.count {
                guard bytes[body] == 1, bytes[body + 2] == 1, bytes[body + 14] == 16 else { return nil }
                rate = word(body + 4)
            } else if name.elementsEqual("data".utf8) {
                // A pipe's length is not known when the head is written: what is there counts.
                let end = min(bytes.count, size > 0 ? body + size : bytes.count)
                var samples: [Int16] = []
                samples.reserveCapacity((end - body) / 2)
                var index = body
                while index + 1 < end {
                    samples.append(Int16(bitPattern: UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8))
                    index += 2
                }
                return (8_000...48_000).contains(rate) ? (samples, rate) : nil
            }
            guard size >= 0, size < bytes.count else { return nil }
            place = body + size + size % 2
        }
        return nil
    }
}
