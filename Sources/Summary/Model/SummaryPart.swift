import Kernel
import Print
import Storage
import Web

/// What one thing of the town came to in a time.
public struct SummaryPart: Sendable {
    /// A figure; it leads to what it counts.
    public struct Figure: Sendable {
        /// What it counts.
        public var name: String
        /// As people read it.
        public var text: String
        /// As a workbook reads it; `nil` where there is none, and where it is held back.
        public var number: Double?
        /// Where what it counts is listed.
        public var href: String
        /// What must be known to read it; may be empty.
        public var note: String

        /// A figure.
        public init(_ name: String, _ text: String, number: Double?, href: String, note: String = "") {
            self.name = name
            self.text = text
            self.number = number
            self.href = href
            self.note = note
        }

        /// A count.
        public init(_ name: String, count: Int, href: String, note: String = "") {
            self.init(name, String(count), number: Double(count), href: href, note: note)
        }
    }

    /// A table beside the figures.
    public struct Grid: Sendable {
        /// A cell.
        public struct Cell: Sendable {
            /// Its words.
            public var text: String
            /// Where it leads; empty for nowhere.
            public var href: String

            /// A cell.
            public init(_ text: String, href: String = "") {
                self.text = text
                self.href = href
            }
        }

        /// Above it.
        public var title: String
        /// Heads; figures stand in all but the first.
        public var heads: [String]
        /// Rows.
        public var rows: [[Cell]]

        /// A table.
        public init(_ title: String, heads: [String], rows: [[Cell]]) {
            self.title = title
            self.heads = heads
            self.rows = rows
        }
    }

    /// Its name among the parts, for programs.
    public var key: String
    /// Above it.
    public var title: String
    /// Its figures.
    public var figures: [Figure]
    /// Its charts.
    public var charts: [Chart]
    /// Its tables.
    public var grids: [Grid]
    /// How it was counted.
    public var note: String

    /// A part.
    public init(
        _ key: String, title: String, figures: [Figure], charts: [Chart] = [], grids: [Grid] = [], note: String = ""
    ) {
        self.key = key
        self.title = title
        self.figures = figures
        self.charts = charts
        self.grids = grids
        self.note = note
    }
}

/// What a source of figures is asked with.
public struct SummaryQuestion: Sendable {
    /// The time.
    public var period: Period
    /// Who asks; figures that they may not know are left out.
    public var caller: Caller
    /// When.
    public var now: Instant
    /// The reader's words.
    public var word: @Sendable (_ key: String, _ values: [String: String]) -> String

    /// A word without values.
    public func word(_ key: String) -> String { word(key, [:]) }
}

/// Gives a part, or `nil` where the asker may not know it.
public typealias SummarySource = @Sendable (SummaryQuestion, any Reading) throws -> SummaryPart?
