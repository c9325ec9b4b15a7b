extension Category.Rule.Kind {
    /// The kinds of fields that the rule is about, in their order.
    public var takes: [Set<Field.Kind>] {
        switch self {
        case .birthMatchesID: [[.date], [.idNumber]]
        case .sexMatchesID: [[.code], [.idNumber]]
        case .notInFuture, .ageAtLeast, .ageBelow: [[.date]]
        case .notBefore: [[.date], [.date]]
        case .atLeast: [[.integer, .decimal]]
        case .mustBe: [[.integer, .decimal, .flag]]
        }
    }

    /// Whether it compares with a number.
    public var hasValue: Bool {
        switch self {
        case .ageAtLeast, .ageBelow, .atLeast, .mustBe: true
        case .birthMatchesID, .sexMatchesID, .notInFuture, .notBefore: false
        }
    }
}

extension Category.Rule {
    /// Whether its fields are of the kinds that it speaks of, and its number is there where it needs one.
    func fits(_ category: Category) -> Bool {
        let kinds = fields.map { category.field($0)?.type }
        guard kinds.count == rule.takes.count else { return false }
        let known = zip(kinds, rule.takes).allSatisfy { kind, takes in kind.map(takes.contains) == true }
        return known && (!rule.hasValue || value?.isFinite == true)
    }
}
