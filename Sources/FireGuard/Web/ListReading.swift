import Kernel
import Office
import Web

/// Reads the values of a list's query, and notes what is wrong with which.
struct QueryReader {
    let call: Call
    var check = FieldCheck()

    init(_ call: Call) { self.call = call }

    /// The value of a name, where it is given; what `make` cannot read is noted by `code`.
    mutating func read<Value>(_ name: String, _ code: String = "invalid", _ make: (String) -> Value?) -> Value? {
        guard let text = call.query(name) else { return nil }
        let value = make(text)
        check.expect(value != nil, name, code)
        return value
    }
}

extension Workbook {
    /// Rows that are read at once.
    private static let pageSize = 500

    /// Adds a list's rows, page by page, up to the workbook's bound.
    /// - Parameter page: reads so many rows after the last one seen.
    func add<Item>(
        pages page: (_ after: Item?, _ limit: Int) async throws -> [Item], row: (Item) -> [Cell]
    ) async throws {
        var count = 0
        var last: Item?
        while count < Self.rowLimit {
            let found = try await page(last, Self.pageSize)
            for item in found { add(row(item)) }
            count += found.count
            last = found.last
            guard found.count == Self.pageSize else { break }
        }
    }
}
