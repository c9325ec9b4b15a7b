import CPrint

/// Sets a document in pages: first where everything stands, so that each page can tell how many there are.
struct PageSetter {
    /// A4 (ISO 216): 210 × 297 mm in points.
    static let (width, height) = (595.28, 841.89)
    static let (left, right, top, bottom) = (48.0, 547.28, 62.0, 782.0)
    private static let (faint, hair, tint): (UInt32, UInt32, UInt32) = (0x5A6370, 0xB9C0C9, 0xEEF1F5)
    /// Told apart by lightness too, for printers without colour.
    private static let series: [UInt32] = [
        0x1F5FBF, 0xE07B00, 0x1E8E5A, 0xC0392B, 0x6C4AB6, 0x8C9BAE, 0x0E8C9B, 0xB08900,
    ]

    let document: Document
    let canvas: Canvas
    private var pages: [[Stroke]] = [[]]
    private var y = PageSetter.top

    private init(_ document: Document) throws(PrintProblem) {
        self.document = document
        canvas = try Canvas(width: Self.width, height: Self.height, title: document.title)
    }

    /// The file.
    static func print(_ document: Document) throws(PrintProblem) -> [UInt8] {
        try document.check()
        var setter = try PageSetter(document)
        try setter.setAll()
        for (index, strokes) in setter.pages.enumerated() {
            setter.canvas.draw(strokes + (try setter.margins(index + 1)))
        }
        return try setter.canvas.finish()
    }

    private mutating func setAll() throws(PrintProblem) {
        y = 48
        try lines(document.title, Letters(size: 19, isBold: true))
        if !document.subtitle.isEmpty {
            y += 3
            try lines(document.subtitle, Letters(size: 10.5, colour: Self.faint))
        }
        y += 8
        put(.line([(Self.left, y), (Self.right, y)], thickness: 1, 0x1F2328, isDashed: false))
        y += 12
        for block in document.blocks { try add(block) }
    }

    private mutating func add(_ block: Document.Block) throws(PrintProblem) {
        switch block {
        case .heading(let text, let level):
            try room(level == 1 ? 90 : 70)
            y += level == 1 ? 10 : 6
            try lines(text, Letters(size: level == 1 ? 14 : 11.5, isBold: true))
            y += 5
        case .paragraph(let text):
            try lines(text, Letters(size: 10))
            y += 7
        case .note(let text):
            try lines(text, Letters(size: 8.5, colour: Self.faint))
            y += 7
        case .large(let text):
            try lines(text, Letters(size: 22))
            y += 12
        case .code(let rows): try set(code: rows)
        case .facts(let facts): try set(facts)
        case .table(let table): try set(table)
        case .chart(let chart): try set(chart)
        case .signatures(let names): try set(signatures: names)
        case .pageBreak: if y > Self.top { try nextPage() }
        }
    }

    // MARK: pages

    private mutating func put(_ stroke: Stroke) { pages[pages.count - 1].append(stroke) }

    private mutating func nextPage() throws(PrintProblem) {
        guard pages.count < PrintLimits.pages else {
            throw .tooLarge(what: "pages", count: pages.count + 1, limit: PrintLimits.pages)
        }
        pages.append([])
        y = Self.top
    }

    /// Goes on to the next page where less than `height` is left of this one.
    private mutating func room(_ height: Double) throws(PrintProblem) {
        if y + height > Self.bottom, y > Self.top { try nextPage() }
    }

    /// What stands in the margins of a page.
    private func margins(_ page: Int) throws(PrintProblem) -> [Stroke] {
        let small = Letters(size: 8, colour: Self.faint)
        let wide = Self.right - Self.left
        var strokes: [Stroke] = [
            .line([(Self.left, 794), (Self.right, 794)], thickness: 0.5, Self.hair, isDashed: false)
        ]
        if page > 1 {
            let head = try canvas.set(document.title, small, width: wide)
            strokes.append(.text(head, 0..<1, x: Self.left, y: 34, small.colour))
            strokes.append(.line([(Self.left, 50), (Self.right, 50)], thickness: 0.5, Self.hair, isDashed: false))
        }
        let number = try canvas.set(
            document.pageWords(page, pages.count), small, width: 140, alignment: ZL_RIGHT)
        strokes.append(.text(number, 0..<1, x: Self.right - 140, y: 799, small.colour))
        if !document.footer.isEmpty {
            let footer = try canvas.set(document.footer, small, width: wide - 150)
            strokes.append(.text(footer, 0..<min(2, footer.lines), x: Self.left, y: 799, small.colour))
        }
        return strokes
    }

    // MARK: blocks

    /// A text over the whole width, over as many pages as it needs.
    private mutating func lines(_ words: String, _ letters: Letters) throws(PrintProblem) {
        let text = try canvas.set(words, letters, width: Self.right - Self.left)
        var from = 0
        while from < text.lines {
            let end = text.end(from: from, within: Self.bottom - y)
            if end == from, y > Self.top {
                try nextPage()
                continue
            }
            let lines = from..<max(end, from + 1)
            put(.text(text, lines, x: Self.left, y: y, letters.colour))
            y += text.height(lines)
            from = lines.upperBound
        }
    }

    private mutating func set(_ facts: [Document.Fact]) throws(PrintProblem) {
        let half = (Self.right - Self.left) / 2
        for start in stride(from: 0, to: facts.count, by: 2) {
            var drawn: [(SetText, SetText)] = []
            for fact in facts[start..<min(start + 2, facts.count)] {
                drawn.append(
                    (
                        try canvas.set(shown(fact.name, 60), Letters(size: 9, colour: Self.faint), width: 66),
                        try canvas.set(shown(fact.value, 300), Letters(size: 10), width: half - 86)
                    ))
            }
            let height = drawn.map { max($0.0.height, $0.1.height) }.max() ?? 0
            try room(height)
            for (index, (name, value)) in drawn.enumerated() {
                let x = Self.left + half * Double(index)
                put(.text(name, 0..<name.lines, x: x, y: y + 1, Self.faint))
                put(.text(value, 0..<value.lines, x: x + 72, y: y, 0x1F2328))
            }
            y += height + 4
        }
        y += 6
    }

    private func shown(_ text: String, _ limit: Int = PrintLimits.cellCharacters) -> String {
        text.count <= limit ? text : text.prefix(limit) + "…"
    }

    private mutating func set(_ chart: Chart) throws(PrintProblem) {
        let (wide, high) = (Self.right - Self.left, 178.0)
        try room(high + 8)
        for mark in chart.marks(width: wide, height: high, letters: 8.5) {
            switch mark {
            case .rectangle(let x, let top, let width, let height, let ink, _):
                put(.rectangle(x: Self.left + x, y: y + top, width: width, height: height, colour(ink)))
            case .line(let points, let thickness, let ink, let isDashed):
                put(
                    .line(
                        points.map { (x: Self.left + $0.x, y: y + $0.y) }, thickness: thickness, colour(ink),
                        isDashed: isDashed))
            case .text(let words, let x, let middle, let size, let anchor, let ink):
                let letters = Letters(size: size, isBold: ink == .title)
                let box = ink == .title ? wide : 160
                let alignment = anchor == .start ? ZL_LEFT : anchor == .end ? ZL_RIGHT : ZL_CENTRE
                let text = try canvas.set(shown(words), letters, width: box, alignment: alignment)
                let shift = anchor == .start ? 0 : anchor == .end ? box : box / 2
                put(
                    .text(
                        text, 0..<1, x: Self.left + x - shift, y: y + middle - text.height(0..<1) / 2, colour(ink)))
            }
        }
        y += high + 8
    }

    private func colour(_ ink: Ink) -> UInt32 {
        switch ink {
        case .series(let index): Self.series[index % Self.series.count]
        case .axis: 0x1F2328
        case .grid: 0xDDE2E8
        case .words: Self.faint
        case .title: 0x1F2328
        }
    }

    /// Black squares, with the four light modules around them that a reader needs (ISO/IEC 18004, 6.3.8).
    private mutating func set(code rows: [[Bool]]) throws(PrintProblem) {
        let side = 200.0
        try room(side + 8)
        let module = side / Double(rows.count + 8)
        let x = (Self.left + Self.right - side) / 2
        for (row, cells) in rows.enumerated() {
            var column = 0
            while column < cells.count {
                let start = column
                while column < cells.count, cells[column] { column += 1 }
                if column > start {
                    put(
                        .rectangle(
                            x: x + Double(start + 4) * module, y: y + Double(row + 4) * module,
                            width: Double(column - start) * module, height: module, 0x000000))
                } else {
                    column += 1
                }
            }
        }
        y += side + 8
    }

    private mutating func set(signatures names: [String]) throws(PrintProblem) {
        guard !names.isEmpty else { return }
        try room(64)
        y += 34
        let each = (Self.right - Self.left) / Double(names.count)
        for (index, name) in names.enumerated() {
            let x = Self.left + each * Double(index)
            put(.line([(x, y), (x + each - 20, y)], thickness: 0.7, 0x1F2328, isDashed: false))
            let text = try canvas.set(shown(name), Letters(size: 9, colour: Self.faint), width: each - 20)
            put(.text(text, 0..<text.lines, x: x, y: y + 4, Self.faint))
        }
        y += 26
    }

    // MARK: tables

    private mutating func set(_ table: Document.Table) throws(PrintProblem) {
        let total = table.columns.reduce(0) { $0 + $1.share }
        let widths = table.columns.map { (Self.right - Self.left) * $0.share / total }
        let titles = table.columns.map { Document.Table.Cell($0.title, isStrong: true) }
        let head = try row(titles, table.columns, widths)
        let headHeight = min(240, (head.map(\.height).max() ?? 0) + 8)
        try room(headHeight + 30)
        placeHead(head, widths, headHeight)
        guard !table.rows.isEmpty else {
            y += 4
            try lines(table.empty, Letters(size: 9, colour: Self.faint))
            y += 10
            return
        }
        for cells in table.rows {
            let texts = try row(cells, table.columns, widths)
            let height = (texts.map(\.height).max() ?? 0) + 8
            // A row is cut over pages only where it takes much of one.
            if y + height > Self.bottom, height < 260 {
                try nextPage()
                placeHead(head, widths, headHeight)
            }
            var from = [Int](repeating: 0, count: texts.count)
            while true {
                let ends = texts.indices.map { texts[$0].end(from: from[$0], within: Self.bottom - y - 8) }
                let isStuck = zip(ends, from).allSatisfy { $0 == $1 } && zip(from, texts).contains { $0 < $1.lines }
                if isStuck {
                    try nextPage()
                    placeHead(head, widths, headHeight)
                    continue
                }
                place(texts, from, ends, cells, widths)
                from = ends
                if zip(from, texts).allSatisfy({ $0 >= $1.lines }) { break }
                try nextPage()
                placeHead(head, widths, headHeight)
            }
        }
        y += 10
    }

    private func row(
        _ cells: [Document.Table.Cell], _ columns: [Document.Table.Column], _ widths: [Double]
    ) throws(PrintProblem) -> [SetText] {
        var texts: [SetText] = []
        for (index, cell) in cells.enumerated() {
            texts.append(
                try canvas.set(
                    shown(cell.text), Letters(size: 9, isBold: cell.isStrong), width: widths[index] - 8,
                    alignment: columns[index].isNumeric ? ZL_RIGHT : ZL_LEFT))
        }
        return texts
    }

    private mutating func placeHead(_ head: [SetText], _ widths: [Double], _ height: Double) {
        put(.rectangle(x: Self.left, y: y, width: Self.right - Self.left, height: height, Self.tint))
        var x = Self.left
        for (text, width) in zip(head, widths) {
            put(.text(text, 0..<text.end(from: 0, within: height), x: x + 4, y: y + 4, 0x1F2328))
            x += width
        }
        y += height
    }

    private mutating func place(
        _ texts: [SetText], _ from: [Int], _ ends: [Int], _ cells: [Document.Table.Cell], _ widths: [Double]
    ) {
        let height = (texts.indices.map { texts[$0].height(from[$0]..<ends[$0]) }.max() ?? 0) + 8
        var x = Self.left
        for (index, text) in texts.enumerated() {
            let isLink = !cells[index].link.isEmpty
            if ends[index] > from[index] {
                put(.text(text, from[index]..<ends[index], x: x + 4, y: y + 4, isLink ? 0x1F5FBF : 0x1F2328))
                if isLink {
                    put(.link(cells[index].link, x: x, y: y, width: widths[index], height: height))
                }
            }
            x += widths[index]
        }
        y += height
        put(.line([(Self.left, y), (Self.right, y)], thickness: 0.5, Self.hair, isDashed: false))
    }
}
