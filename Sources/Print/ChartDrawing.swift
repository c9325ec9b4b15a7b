/// What a mark of a chart is for; paper and page each have a colour for it.
enum Ink: Equatable {
    case series(Int)
    case axis
    case grid
    case words
    case title
}

/// A piece of a chart, in points from its upper left corner.
enum Mark: Equatable {
    enum Anchor: Equatable { case start, middle, end }
    case rectangle(x: Double, y: Double, width: Double, height: Double, Ink, label: String)
    case line([(x: Double, y: Double)], thickness: Double, Ink, isDashed: Bool)
    /// `y` is the middle of the letters.
    case text(String, x: Double, y: Double, size: Double, Mark.Anchor, Ink)

    static func == (one: Mark, other: Mark) -> Bool {
        switch (one, other) {
        case (.rectangle(let a, let b, let c, let d, let e, _), .rectangle(let f, let g, let h, let i, let j, _)):
            (a, b, c, d) == (f, g, h, i) && e == j
        case (.text(let a, let b, let c, _, let d, _), .text(let e, let f, let g, _, let h, _)):
            (a, b, c, d) == (e, f, g, h)
        case (.line(let a, _, let b, _), .line(let c, _, let d, _)):
            b == d && a.map(\.x) == c.map(\.x) && a.map(\.y) == c.map(\.y)
        default: false
        }
    }
}

extension Chart {
    /// About how wide a text is: a Chinese character is as wide as it is high, others somewhat over the half.
    static func width(_ text: String, size: Double) -> Double {
        text.unicodeScalars.reduce(0) { $0 + ($1.value >= 0x2E80 ? 1 : 0.58) } * size
    }

    /// The chart in marks.
    func marks(width: Double, height: Double, letters size: Double) -> [Mark] {
        var marks: [Mark] = []
        var top = size
        if !title.isEmpty {
            marks.append(.text(title, x: 0, y: size * 0.8, size: size * 1.15, .start, .title))
            top += size * 1.4
        }
        if series.count > 1 { legend(&marks, &top, width: width, size: size) }
        let values = series.flatMap(\.values).compactMap(\.self)
        let scale = Scale(highest: values.max() ?? 0, isWhole: values.allSatisfy { $0 == $0.rounded() })
        let left = (scale.lines.map { Self.width(Scale.words($0), size: size) }.max() ?? 0) + size * 0.8
        if !unit.isEmpty {
            marks.append(.text(unit, x: 0, y: top, size: size * 0.9, .start, .words))
            top += size * 1.3
        }
        let bottom = height - size * 1.8
        guard bottom > top, width > left, !labels.isEmpty else { return marks }
        let y = { (value: Double) in bottom - (bottom - top) * value / scale.top }
        for line in scale.lines where line <= scale.top * 1.001 {
            let at = y(line)
            marks.append(
                .line([(left, at), (width, at)], thickness: 0.6, line == 0 ? .axis : .grid, isDashed: false))
            marks.append(
                .text(Scale.words(line), x: left - size * 0.5, y: at, size: size, .end, .words))
        }
        let slot = (width - left) / Double(labels.count)
        let widest = labels.map { Self.width($0, size: size) }.max() ?? 0
        let each = max(1, Int(((widest + size * 0.6) / slot).rounded(.up)))
        for (index, label) in labels.enumerated() where index % each == 0 {
            marks.append(
                .text(
                    label, x: left + slot * (Double(index) + 0.5), y: bottom + size * 1.1, size: size, .middle, .words))
        }
        switch form {
        case .bars: bars(&marks, left: left, slot: slot, bottom: bottom, size: size, y: y)
        case .lines: lines(&marks, left: left, slot: slot, y: y)
        }
        return marks
    }

    private func legend(_ marks: inout [Mark], _ top: inout Double, width: Double, size: Double) {
        var x = 0.0
        for (index, one) in series.enumerated() {
            let wide = size * 2.4 + Self.width(one.name, size: size)
            if x > 0, x + wide > width {
                x = 0
                top += size * 1.5
            }
            marks.append(
                .rectangle(
                    x: x, y: top - size * 0.4, width: size * 0.8, height: size * 0.8, .series(index), label: ""))
            marks.append(.text(one.name, x: x + size * 1.2, y: top, size: size, .start, .words))
            x += wide
        }
        top += size * 1.8
    }

    private func bars(
        _ marks: inout [Mark], left: Double, slot: Double, bottom: Double, size: Double, y: (Double) -> Double
    ) {
        let each = slot * 0.72 / Double(max(1, series.count))
        for (number, one) in series.enumerated() {
            for (index, value) in one.values.enumerated() {
                guard let value else { continue }
                let x = left + slot * (Double(index) + 0.14) + each * Double(number)
                let top = y(value)
                let wide = min(each * 0.94, 48)
                let inset = (each - wide) / 2
                let words = Scale.words(value)
                marks.append(
                    .rectangle(
                        x: x + inset, y: top, width: wide, height: bottom - top, .series(number),
                        label: "\(labels[index]) \(one.name) \(words)"))
                if value > 0, Self.width(words, size: size * 0.9) < each {
                    marks.append(
                        .text(words, x: x + each / 2, y: top - size * 0.7, size: size * 0.9, .middle, .words))
                }
            }
        }
    }

    private func lines(_ marks: inout [Mark], left: Double, slot: Double, y: (Double) -> Double) {
        for (number, one) in series.enumerated() {
            var run: [(x: Double, y: Double)] = []
            let end = { (marks: inout [Mark], run: [(x: Double, y: Double)]) in
                if run.count > 1 {
                    marks.append(.line(run, thickness: 1.6, .series(number), isDashed: number % 2 == 1))
                }
            }
            for (index, value) in one.values.enumerated() {
                guard let value else {
                    end(&marks, run)
                    run = []
                    continue
                }
                let point = (x: left + slot * (Double(index) + 0.5), y: y(value))
                run.append(point)
                marks.append(
                    .rectangle(
                        x: point.x - 1.8, y: point.y - 1.8, width: 3.6, height: 3.6, .series(number),
                        label: "\(labels[index]) \(one.name) \(Scale.words(value))"))
            }
            end(&marks, run)
        }
    }
}
