import Kernel
import Office

/// How a table is read: which column is which field, and where the data begin.
struct ImportPlan: Sendable, Codable, Equatable {
    /// Each column's name.
    var names: [String]
    /// Column (from 0) → field.
    var columns: [Int: String]
    /// The line after which the data begin.
    var headLine: Int
    /// Whether nothing is stored.
    var isDry = true
}

/// Reads rows by a plan: pure, so that it can be tested without a file.
struct RowReading: Sendable {
    let category: Category
    let is1904: Bool
    let today: Int
    /// The columns that are read, in their order.
    private let columns: [(index: Int, field: Field)]

    init(category: Category, plan: ImportPlan, is1904: Bool, today: Int) {
        self.category = category
        self.is1904 = is1904
        self.today = today
        columns = plan.columns.sorted { $0.key < $1.key }.compactMap { index, key in
            category.field(key).map { (index, $0) }
        }
    }

    /// What a row holds, or why it is refused: all its flaws, not only the first.
    func read(_ row: SheetRow) -> (values: FieldValues, flaws: [Flaw]) {
        var values = FieldValues()
        var flaws: [Flaw] = []
        for (index, field) in columns where index < row.cells.count {
            do throws(Flaw) {
                values[field.key] = try Validation.value(RawValue(row.cells[index], is1904: is1904), of: field)
            } catch {
                flaws.append(error)
            }
        }
        for field in Validation.missing(values, category) where !flaws.contains(where: { $0.field == field.key }) {
            flaws.append(Flaw(field: field.key, code: "required"))
        }
        if flaws.isEmpty {
            for breach in CrossRules.breaches(values, category, today: today) where breach.refuses {
                flaws.append(Flaw(field: breach.fields.first ?? "", code: "rule-" + breach.rule.rawValue))
            }
        }
        return (values, flaws.sorted { ($0.field, $0.code) < ($1.field, $1.code) })
    }
}

/// What an import did so far.
struct ImportCounts: Sendable, Equatable {
    var added: Int64 = 0
    var changed: Int64 = 0
    var same: Int64 = 0
    var refused: Int64 = 0
}
