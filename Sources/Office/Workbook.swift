import CXlsxWriter
import Foundation

/// Writes a table as an .xlsx file, row by row in constant memory.
public final class Workbook {
    /// One cell.
    public enum Cell: Sendable {
        case text(String)
        case number(Double)
        /// Milliseconds since 1970, shown in China Standard Time.
        case moment(Int64)
        case empty
    }

    /// The file could not be written.
    public struct Failure: Error {
        /// The library's number for what went wrong.
        public var code: UInt32
    }

    private let path: String
    private let book: UnsafeMutablePointer<lxw_workbook>
    private let sheet: UnsafeMutablePointer<lxw_worksheet>
    private let timeFormat: UnsafeMutablePointer<lxw_format>?
    private var row: UInt32 = 0
    private var isClosed = false
    /// Rows that a sheet holds, less the head.
    public static let rowLimit = 1_048_575

    /// A workbook with one sheet and its head.
    /// - Parameter columns: titles and widths in characters.
    public init(sheet name: String, columns: [(title: String, width: Double)]) throws {
        path = NSTemporaryDirectory() + "zhili-" + UUID().uuidString + ".xlsx"
        var options = lxw_workbook_options()
        options.constant_memory = 1
        guard let book = workbook_new_opt(path, &options), let sheet = workbook_add_worksheet(book, name) else {
            throw Failure(code: 0)
        }
        self.book = book
        self.sheet = sheet
        timeFormat = workbook_add_format(book)
        if let timeFormat { format_set_num_format(timeFormat, "yyyy-mm-dd hh:mm:ss") }
        let head = workbook_add_format(book)
        if let head { format_set_bold(head) }
        for (index, column) in columns.enumerated() {
            worksheet_set_column(sheet, UInt16(index), UInt16(index), column.width, nil)
            worksheet_write_string(sheet, 0, UInt16(index), column.title, head)
        }
        worksheet_freeze_panes(sheet, 1, 0)
    }

    /// Adds a row; beyond the sheet's limit nothing is added.
    public func add(_ cells: [Cell]) {
        guard row < Self.rowLimit else { return }
        row += 1
        for (index, cell) in cells.enumerated() {
            let column = UInt16(index)
            switch cell {
            // 32,767 characters is the format's bound for a cell.
            case .text(let text): worksheet_write_string(sheet, row, column, String(text.prefix(32_767)), nil)
            case .number(let number): worksheet_write_number(sheet, row, column, number, nil)
            case .moment(let ms):
                // Days since 1899-12-30, in local time (UTC+8).
                let days = Double(ms + 8 * 3_600_000) / 86_400_000 + 25_569
                worksheet_write_number(sheet, row, column, days, timeFormat)
            case .empty: break
            }
        }
    }

    /// Adds a list page by page, until a page is short or the sheet is full.
    /// - Parameters:
    ///   - size: rows that a full page has.
    ///   - page: the rows behind the given one; from the first, if there is none.
    ///   - cells: a row's cells.
    public func addPages<Item: Sendable>(
        of size: Int = 500, _ page: (Item?) async throws -> [Item], cells: (Item) -> [Cell]
    ) async throws {
        var last: Item?
        while row < Self.rowLimit {
            let items = try await page(last)
            for item in items { add(cells(item)) }
            guard items.count == size, let end = items.last else { return }
            last = end
        }
    }

    /// Nobody's list stays behind in the temporary folder where a page of it failed.
    deinit {
        guard !isClosed else { return }
        _ = workbook_close(book)
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The finished file; nothing can be added after.
    public func bytes() throws -> [UInt8] {
        guard !isClosed else { throw Failure(code: 0) }
        isClosed = true
        let code = workbook_close(book)
        defer { try? FileManager.default.removeItem(atPath: path) }
        guard code == LXW_NO_ERROR else { throw Failure(code: code.rawValue) }
        return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// The media type of .xlsx.
    public static let type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
}
