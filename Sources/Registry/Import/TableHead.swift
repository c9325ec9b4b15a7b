import Office

/// Where a table's head is and what its columns are called: titles above, heads of several rows, merged cells and
/// notes between head and data are all usual.
struct TableHead: Sendable, Equatable {
    /// Each column's name; parts of a head of several rows are joined by `/`.
    var names: [String]
    /// The line of the head's last row.
    var lastLine: Int
    /// Which field each column is, as far as its name or its content tells.
    var columns: [Int: String]

    /// Rows that are looked at for a head.
    static let depth = 20
    private static let rowsOfHead = 3

    /// Finds the head in the first rows of a table.
    /// - Parameter fields: those that may be imported.
    /// - Returns: `nil` where no row names at least one field.
    static func find(in rows: [SheetRow], fields: [Field]) -> TableHead? {
        let names = Dictionary(
            fields.flatMap { field in spoken(field).map { ($0, field.key) } }, uniquingKeysWith: { first, _ in first })
        var best: (score: Int, head: TableHead)?
        for start in rows.indices.prefix(depth) {
            for count in 1...rowsOfHead where start + count <= rows.count {
                let head = joined(rows[start..<start + count])
                var columns: [Int: String] = [:]
                for (index, parts) in head.enumerated() {
                    // The lowest part says most; a whole name of one part is as good.
                    for part in parts.reversed() + [parts.joined()] {
                        guard let key = names[plain(part)], !columns.values.contains(key) else { continue }
                        columns[index] = key
                        break
                    }
                }
                guard columns.count > best?.score ?? 0 else { continue }
                best = (
                    columns.count,
                    TableHead(
                        names: head.map { $0.joined(separator: "/") }, lastLine: rows[start + count - 1].line,
                        columns: columns)
                )
            }
        }
        guard var head = best?.head else { return nil }
        head.guess(rows.filter { $0.line > head.lastLine }, fields)
        return head
    }

    /// The parts of each column's head; an empty cell right of a filled one belongs to it (merged cells keep their
    /// text in the first).
    private static func joined(_ rows: ArraySlice<SheetRow>) -> [[String]] {
        let width = rows.map(\.cells.count).max() ?? 0
        var head = [[String]](repeating: [], count: width)
        for (number, row) in rows.enumerated() {
            var last = ""
            for column in 0..<width {
                let text = column < row.cells.count ? Plain.trimmed(row.cells[column].words) : ""
                if !text.isEmpty { last = text }
                let isAbove = number < rows.count - 1
                let part = text.isEmpty && isAbove ? last : text
                if !part.isEmpty, head[column].last != part { head[column].append(String(part.prefix(40))) }
            }
        }
        return head
    }

    private static func spoken(_ field: Field) -> [String] {
        ([field.key, field.name.zh, field.name.en] + (field.aliases ?? [])).map(plain).filter { !$0.isEmpty }
    }

    /// A name without remarks in brackets, stars and units.
    private static func plain(_ text: String) -> String {
        var result = ""
        var depth = 0
        for character in text {
            if "（([【".contains(character) {
                depth += 1
            } else if "）)]】".contains(character) {
                depth -= 1
            } else if depth == 0 {
                result.append(character)
            }
        }
        return SearchText.fold(result.isEmpty ? text : result)
    }

    /// Recognises columns that no name told of by what stands in them.
    private mutating func guess(_ rows: [SheetRow], _ fields: [Field]) {
        for kind in [Field.Kind.idNumber, .creditCode, .phone] {
            guard let field = fields.first(where: { $0.type == kind && !columns.values.contains($0.key) }) else {
                continue
            }
            for index in names.indices where columns[index] == nil {
                let values = rows.compactMap { row -> RawValue? in
                    guard index < row.cells.count, row.cells[index] != .empty else { return nil }
                    return RawValue(row.cells[index], is1904: false)
                }
                let good = values.count { ((try? Validation.value($0, of: field)) ?? "").isEmpty == false }
                if values.count >= 3, good * 10 >= values.count * 8 {
                    columns[index] = field.key
                    break
                }
            }
        }
    }

    /// The fingerprint under which a mapping is remembered.
    var fingerprint: String { names.map(SearchText.fold).joined(separator: "|") }

    /// Whether a row is a note between head and data or a sum below it.
    static func isNote(_ row: SheetRow) -> Bool {
        let filled = row.cells.filter { $0 != .empty }
        guard let first = filled.first else { return true }
        let text = Plain.trimmed(first.words)
        return ["说明", "填表说明", "填写说明", "注", "备注", "示例", "合计", "总计", "小计", "例如", "例："].contains { text.hasPrefix($0) }
            && filled.count <= 3
    }
}

extension RawValue {
    /// A cell of a file.
    init(_ cell: SheetCell, is1904: Bool) {
        switch cell {
        case .empty: self = .empty
        case .text(let text): self = .text(text)
        case .number(let number, let isDate): self = .number(number, isDate: isDate, is1904: is1904)
        case .flag(let flag): self = .flag(flag)
        case .error: self = .error
        }
    }
}
