import Testing

@testable import Print

struct ChartTests {
    @Test(
        "The axis ends at a round number that no figure exceeds",
        arguments: [
            (0.0, true, 1.0), (1, true, 1), (3, true, 3), (7, true, 8), (10, true, 12), (97, true, 100),
            (0.3, false, 0.3),
            (1_234, true, 1_500), (1e14, true, 1e14),
        ])
    func scale(highest: Double, isWhole: Bool, top: Double) {
        let scale = Scale(highest: highest, isWhole: isWhole)
        #expect(abs(scale.top - top) < top * 1e-9)
        #expect(scale.lines.count <= 7)
    }

    @Test("A bar is as high as its figure, and one without a figure is not drawn")
    func bars() {
        let chart = Chart(.bars, title: "", labels: ["a", "b", "c"], series: [.init("s", [2, 4, nil])])
        let heights = chart.marks(width: 300, height: 200, letters: 10).compactMap { mark -> Double? in
            if case .rectangle(_, _, _, let height, .series, _) = mark { height } else { nil }
        }
        #expect(heights.count == 2)
        #expect(abs(heights[1] - heights[0] * 2) < 0.001)
    }

    @Test("A line is broken where a figure is missing")
    func broken() {
        let chart = Chart(
            .lines, title: "", labels: ["a", "b", "c", "d", "e"], series: [.init("s", [1, 2, nil, 3, 4])])
        let lines = chart.marks(width: 300, height: 200, letters: 10).filter {
            if case .line(_, _, .series, _) = $0 { true } else { false }
        }
        #expect(lines.count == 2)
    }

    @Test("Labels that would overlap are left out, and nothing leaves the picture")
    func crowded() {
        let labels = (1...31).map { "11月\($0)日" }
        let chart = Chart(.bars, title: "月", labels: labels, series: [.init("s", labels.map { _ in 5 })])
        var shown = 0
        for mark in chart.marks(width: 300, height: 200, letters: 10) {
            switch mark {
            case .text(let text, let x, let y, _, _, _):
                if labels.contains(text) { shown += 1 }
                #expect((0...300).contains(x) && (0...200).contains(y))
            case .rectangle(let x, let y, let width, let height, _, _):
                #expect(x >= 0 && x + width <= 300 && y >= 0 && y + height <= 200)
            case .line(let points, _, _, _):
                #expect(points.allSatisfy { (0...300).contains($0.x) && (0...200).contains($0.y) })
            }
        }
        #expect((3...10).contains(shown))
    }

    @Test("The picture of a page escapes its words and draws nothing malformed")
    func svg() {
        let chart = Chart(.bars, title: "<b>&\"", labels: ["<i>"], series: [.init("s", [1])])
        let svg = chart.svg()
        #expect(svg.contains("&lt;b&gt;&amp;&quot;") && !svg.contains("<b>") && !svg.contains("<i>"))
        #expect(svg.contains("chart-series-0"))
        #expect(Chart(.bars, title: "", labels: ["a"], series: [.init("s", [])]).svg().isEmpty)
    }
}
