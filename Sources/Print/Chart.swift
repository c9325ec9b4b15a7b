/// Figures side by side or one after the other; drawn alike on paper and on the page.
public struct Chart: Sendable {
    /// How figures are drawn.
    public enum Form: Sendable {
        /// A bar for each figure, the series side by side.
        case bars
        /// A line for each series; where a figure is missing it is broken.
        case lines
    }

    /// Figures of one kind.
    public struct Series: Sendable {
        /// What they are.
        public var name: String
        /// One for each label, 0 and more; `nil` where there is none.
        public var values: [Double?]

        /// A series.
        public init(_ name: String, _ values: [Double?]) {
            self.name = name
            self.values = values
        }
    }

    /// Above it.
    public var title: String
    /// What the figures are counted in; said beside the axis.
    public var unit: String
    /// How they are drawn.
    public var form: Form
    /// Under the axis, one for each value.
    public var labels: [String]
    /// The figures.
    public var series: [Series]

    /// A chart.
    public init(_ form: Form, title: String, unit: String = "", labels: [String], series: [Series]) {
        self.form = form
        self.title = title
        self.unit = unit
        self.labels = labels
        self.series = series
    }
}

/// The axis of a chart: from 0 to the first round number that no figure exceeds.
struct Scale {
    /// Between two lines.
    let step: Double
    /// Where the axis ends.
    let top: Double

    /// - Parameter highest: the highest figure.
    /// - Parameter isWhole: whether all figures are whole, so that the lines are too.
    init(highest: Double, isWhole: Bool) {
        var step = 1.0
        if highest > 0 {
            let raw = highest / 4
            var power = 1.0
            while power * 10 <= raw { power *= 10 }
            while power > raw { power /= 10 }
            step = [1, 2, 2.5, 5, 10].map { $0 * power }.first { $0 >= raw } ?? power * 10
            if isWhole { step = max(1, step.rounded(.up)) }
        }
        self.step = step
        top = max(step, (highest / step).rounded(.up) * step)
    }

    /// The figures beside the lines.
    var lines: [Double] { Array(stride(from: 0, through: top + step / 2, by: step)) }

    /// A figure in as few digits as it needs.
    static func words(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        if rounded == rounded.rounded(), rounded < 1e15 { return String(Int64(rounded)) }
        return String(rounded)
    }
}
