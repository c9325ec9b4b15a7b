extension Chart {
    /// The chart as an SVG element for a page. Colours come from the page's classes (`chart-series-0` and so on), so
    /// that they follow its theme; the figures themselves belong into a table beside it for who cannot see it.
    /// - Parameters:
    ///   - width: of its coordinates; on the page it is as wide as its place.
    ///   - label: what a reader without the picture is told; the title where none is given.
    /// - Returns: an empty string where the chart is too large or malformed.
    public func svg(width: Double = 720, height: Double = 240, label: String? = nil) -> String {
        guard (try? check()) != nil else { return "" }
        var out = """
            <svg class="chart" viewBox="0 0 \(Self.number(width)) \(Self.number(height))" role="img" \
            aria-label="\(Self.escape(label ?? title))">
            """
        for mark in marks(width: width, height: height, letters: 12) {
            switch mark {
            case .rectangle(let x, let y, let wide, let high, let ink, let label):
                out += """
                    <rect class="\(Self.style(ink))" x="\(Self.number(x))" y="\(Self.number(y))" \
                    width="\(Self.number(wide))" height="\(Self.number(max(0, high)))"\
                    \(label.isEmpty ? "/>" : "><title>\(Self.escape(label))</title></rect>")
                    """
            case .line(let points, let thickness, let ink, let isDashed):
                let path = points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }.joined(separator: " ")
                out += """
                    <polyline class="\(Self.style(ink)) chart-line" points="\(path)" fill="none" \
                    stroke-width="\(Self.number(thickness))"\(isDashed ? " stroke-dasharray=\"5 3\"" : "")/>
                    """
            case .text(let text, let x, let y, let size, let anchor, let ink):
                out += """
                    <text class="\(Self.style(ink))" x="\(Self.number(x))" y="\(Self.number(y))" \
                    font-size="\(Self.number(size))" text-anchor="\(anchor)" dominant-baseline="central">\
                    \(Self.escape(text))</text>
                    """
            }
        }
        return out + "</svg>"
    }

    private static func style(_ ink: Ink) -> String {
        switch ink {
        case .series(let index): "chart-series-\(index)"
        case .axis: "chart-axis"
        case .grid: "chart-grid"
        case .words: "chart-words"
        case .title: "chart-title"
        }
    }

    private static func number(_ value: Double) -> String { Scale.words(value) }

    private static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
