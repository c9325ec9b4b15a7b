/// What somebody who misspelt a word may have meant.
public enum Nearest {
    /// The one of `words` with the fewest letters to add, take away or change (Levenshtein), at most two, or a third of a long word.
    public static func to(_ text: String, among words: [String]) -> String? {
        let bound = max(2, min(4, text.utf8.count / 3))
        return words.map { ($0, distance($0, text)) }.filter { $0.1 <= bound }.min { $0.1 < $1.1 }?.0
    }

    private static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.utf8.prefix(64)), Array(right.utf8.prefix(64)))
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in 0..<right.count {
                let cost = letter == right[column] ? diagonal : 1 + min(diagonal, row[column], row[column + 1])
                diagonal = row[column + 1]
                row[column + 1] = cost
            }
        }
        return row[right.count]
    }
}
