import CFreeXL

/// Reads the first sheet of an .xls (BIFF8), which is unpacked as a whole: the file's bound is the memory's.
final class XLSReader {
    private let handle: UnsafeRawPointer
    private let limits: TableLimits

    init(path: String, limits: TableLimits) throws(TableError) {
        var handle: UnsafeRawPointer?
        guard freexl_open(path, &handle) == FREEXL_OK, let handle else {
            throw .damaged("not an .xls that can be read")
        }
        self.handle = handle
        self.limits = limits
        var password: UInt32 = 0
        if freexl_get_info(handle, UInt16(FREEXL_BIFF_PASSWORD), &password) == FREEXL_OK,
            password == UInt32(FREEXL_BIFF_OBFUSCATED)
        {
            freexl_close(handle)
            throw .locked
        }
        guard freexl_select_active_worksheet(handle, 0) == FREEXL_OK else {
            freexl_close(handle)
            throw .damaged("no sheet")
        }
    }

    deinit { freexl_close(handle) }

    /// Hands over each row until `each` returns `false`. Dates come as texts.
    func rows(_ each: (SheetRow) throws -> Bool) throws {
        var rows: UInt32 = 0
        var columns: UInt16 = 0
        guard freexl_worksheet_dimensions(handle, &rows, &columns) == FREEXL_OK else {
            throw TableError.damaged("the sheet's size")
        }
        guard rows <= 65_536 else { throw TableError.tooLarge("rows") }
        for row in 0..<rows {
            var cells: [SheetCell] = []
            for column in 0..<min(columns, UInt16(limits.columns)) {
                var value = FreeXL_CellValue()
                guard freexl_get_cell_value(handle, row, column, &value) == FREEXL_OK else {
                    cells.append(.empty)
                    continue
                }
                cells.append(Self.cell(value))
            }
            while cells.last == .empty { cells.removeLast() }
            guard try each(SheetRow(line: Int(row) + 1, cells: cells)) else { return }
        }
    }

    private static func cell(_ value: FreeXL_CellValue) -> SheetCell {
        switch Int32(value.type) {
        case FREEXL_CELL_INT: return .number(Double(value.value.int_value), isDate: false)
        case FREEXL_CELL_DOUBLE: return .number(value.value.double_value, isDate: false)
        case FREEXL_CELL_TEXT, FREEXL_CELL_SST_TEXT, FREEXL_CELL_DATE, FREEXL_CELL_DATETIME, FREEXL_CELL_TIME:
            guard let text = value.value.text_value else { return .empty }
            return .text(String(cString: text))
        default: return .empty
        }
    }
}
