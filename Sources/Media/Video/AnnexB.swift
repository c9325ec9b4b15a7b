extension Picture {
    /// The access unit as decoders outside a file want it (annex B of both codings): start codes before the units, and
    /// before a key frame the parameter sets too.
    public func annexB(_ format: PictureFormat) -> [UInt8] {
        let sets = isKey ? [format.videoParameters, format.sequence, format.picture].filter { !$0.isEmpty } : []
        var result: [UInt8] = []
        result.reserveCapacity(sample.count + sets.reduce(0) { $0 + $1.count + 4 })
        for set in sets {
            result += [0, 0, 0, 1]
            result += set
        }
        // A start code is as long as the length it stands for.
        let begin = result.count
        result += sample
        var index = begin
        while index + 4 <= result.count {
            let length = result[index..<index + 4].reduce(0) { $0 << 8 | Int($1) }
            result.replaceSubrange(index..<index + 4, with: [0, 0, 0, 1])
            index += 4 + length
        }
        return result
    }
}
