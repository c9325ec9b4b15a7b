/// What is to be printed, on A4 upright.
public struct Document: Sendable {
    /// One thing after the other, from top to bottom.
    public enum Block: Sendable {
        /// A heading of level 1 or 2; it never stands alone at the foot of a page.
        case heading(String, level: Int)
        /// A text; lines break where they must, a line feed begins a new one.
        case paragraph(String)
        /// A text in smaller, grey letters: where figures come from, what they leave out.
        case note(String)
        /// A text in large letters, to be read from some steps away.
        case large(String)
        /// A QR code by its dark modules, row by row, without its quiet zone, which is drawn.
        case code([[Bool]])
        /// Names and what stands for them, two to a row; over 60 and 300 characters they end with an ellipsis.
        case facts([Fact])
        /// A table, with its head again on every page.
        case table(Table)
        /// A chart over the whole width.
        case chart(Chart)
        /// Lines to sign on, with what each is for.
        case signatures([String])
        /// What follows begins a page.
        case pageBreak
    }

    /// A name and what stands for it.
    public struct Fact: Sendable {
        /// Such as 值班员.
        public var name: String
        /// Such as 王示例.
        public var value: String

        /// A fact.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// On top of the first page and, small, of every other; also the file's title.
    public var title: String
    /// Under the title: the time it is about.
    public var subtitle: String
    /// At the foot of every page: who made it and when.
    public var footer: String
    /// The words for a page's number among all, such as 第 2 页，共 5 页.
    public var pageWords: @Sendable (_ page: Int, _ of: Int) -> String
    /// Its parts.
    public var blocks: [Block]

    /// A document.
    public init(
        title: String, subtitle: String = "", footer: String = "", blocks: [Block] = [],
        pageWords: @escaping @Sendable (_ page: Int, _ of: Int) -> String = { "\($0) / \($1)" }
    ) {
        self.title = title
        self.subtitle = subtitle
        self.footer = footer
        self.blocks = blocks
        self.pageWords = pageWords
    }
}

extension Document {
    /// A table: columns share the width of the page.
    public struct Table: Sendable {
        /// A column.
        public struct Column: Sendable {
            /// Its head.
            public var title: String
            /// Its part of the width, among those of all columns; more than 0.
            public var share: Double
            /// Whether figures stand in it, which end at the right.
            public var isNumeric: Bool

            /// A column.
            public init(_ title: String, share: Double = 1, isNumeric: Bool = false) {
                self.title = title
                self.share = share
                self.isNumeric = isNumeric
            }
        }

        /// A cell.
        public struct Cell: Sendable, ExpressibleByStringLiteral {
            /// Its words; what is longer than ``PrintLimits/cellCharacters`` ends with an ellipsis.
            public var text: String
            /// A web address that a click on the cell opens; empty for none.
            public var link: String
            /// Whether it is in bold letters.
            public var isStrong: Bool

            /// A cell.
            public init(_ text: String, link: String = "", isStrong: Bool = false) {
                self.text = text
                self.link = link
                self.isStrong = isStrong
            }

            /// A cell of plain words.
            public init(stringLiteral value: String) { self.init(value) }
        }

        /// The columns.
        public var columns: [Column]
        /// The rows; a row that has fewer cells than there are columns ends empty.
        public var rows: [[Cell]]
        /// What is said where there is no row.
        public var empty: String

        /// A table.
        public init(columns: [Column], rows: [[Cell]], empty: String = "") {
            self.columns = columns
            self.rows = rows
            self.empty = empty
        }
    }
}
