extension ShortMessage {
    /// The words: UCS-2 where the coding says so, else ASCII with what is none of it left out.
    public var words: String {
        guard coding == 8 else { return String(decoding: text.filter { $0 < 0x80 }, as: UTF8.self) }
        var units: [UInt16] = []
        var index = 0
        while index + 1 < text.count {
            units.append(UInt16(text[index]) << 8 | UInt16(text[index + 1]))
            index += 2
        }
        return String(decoding: units, as: UTF16.self)
    }
}
