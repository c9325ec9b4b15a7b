/// What a print may not exceed. More is refused before anything is drawn.
public enum PrintLimits {
    /// Parts of a document.
    public static let blocks = 2_000
    /// Cells of all tables of a document.
    public static let cells = 40_000
    /// Columns of a table.
    public static let columns = 16
    /// Characters of a title, heading, text or note.
    public static let characters = 20_000
    /// Characters of a cell that are shown.
    public static let cellCharacters = 2_000
    /// Labels of a chart.
    public static let labels = 400
    /// Series of a chart.
    public static let series = 8
    /// Pages.
    public static let pages = 600
    /// Bytes of a file.
    public static let bytes = 64 << 20
    /// Documents that wait for their turn.
    public static let waiting = 32
}

/// Why nothing was printed.
public enum PrintProblem: Error, Equatable {
    /// A part of the document is larger than ``PrintLimits`` allow: which, its measure and the bound.
    case tooLarge(what: String, count: Int, limit: Int)
    /// A part makes no sense: a column without width, a series that has not as many values as there are labels.
    case malformed(String)
    /// Too many documents are waiting.
    case busy
    /// cairo's number for what went wrong (`cairo_status_t`); 1 is no memory.
    case failed(Int)
}

extension Document {
    /// Refuses what is too large or makes no sense.
    func check() throws(PrintProblem) {
        try bound("blocks", blocks.count, PrintLimits.blocks)
        var cells = 0
        for text in [title, subtitle, footer] { try bound("text", text.count, PrintLimits.characters) }
        for block in blocks {
            switch block {
            case .heading(let text, _), .paragraph(let text), .note(let text), .large(let text):
                try bound("text", text.count, PrintLimits.characters)
            case .code(let rows):
                guard (21...177).contains(rows.count), rows.allSatisfy({ $0.count == rows.count }) else {
                    throw .malformed("a code that is no square of 21 to 177 modules")
                }
            case .facts(let facts): cells += facts.count * 2
            case .signatures(let names): try bound("signatures", names.count, 8)
            case .pageBreak: break
            case .chart(let chart): try chart.check()
            case .table(let table):
                try bound("columns", table.columns.count, PrintLimits.columns)
                guard !table.columns.isEmpty, table.columns.allSatisfy({ $0.share > 0 && $0.share < 1_000 }) else {
                    throw .malformed("column without width")
                }
                guard table.rows.allSatisfy({ $0.count <= table.columns.count }) else {
                    throw .malformed("row longer than its head")
                }
                cells += table.rows.count * table.columns.count
            }
            try bound("cells", cells, PrintLimits.cells)
        }
    }

    private func bound(_ what: String, _ count: Int, _ limit: Int) throws(PrintProblem) {
        guard count <= limit else { throw .tooLarge(what: what, count: count, limit: limit) }
    }
}

extension Chart {
    /// Refuses what is too large or makes no sense.
    func check() throws(PrintProblem) {
        guard labels.count <= PrintLimits.labels else {
            throw .tooLarge(what: "labels", count: labels.count, limit: PrintLimits.labels)
        }
        guard series.count <= PrintLimits.series else {
            throw .tooLarge(what: "series", count: series.count, limit: PrintLimits.series)
        }
        for one in series {
            guard one.values.count == labels.count else { throw .malformed("values and labels of a chart differ") }
            guard one.values.allSatisfy({ $0.map { $0.isFinite && $0 >= 0 && $0 < 1e15 } ?? true }) else {
                throw .malformed("a chart's value below 0 or not finite")
            }
        }
    }
}
