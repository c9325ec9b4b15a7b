import Kernel

/// Rules over several fields of one record.
public enum CrossRules {
    /// A rule that a record breaks.
    public struct Breach: Sendable, Hashable {
        /// Which rule.
        public var rule: Category.Rule.Kind
        /// Its fields.
        public var fields: [String]
        /// Whether it refuses the record.
        public var refuses: Bool
    }

    /// What a record breaks on the day of that number. A rule whose fields are empty is not broken.
    public static func breaches(_ values: FieldValues, _ category: Category, today: Int) -> [Breach] {
        category.rules.filter { rule in
            if let when = rule.when, values[when.field] != when.is { return false }
            return isBroken(rule, values, today: today)
        }.map { Breach(rule: $0.rule, fields: $0.fields, refuses: $0.weight == .refuse) }
    }

    private static func isBroken(_ rule: Category.Rule, _ values: FieldValues, today: Int) -> Bool {
        func date(_ index: Int) -> CivilDate? {
            rule.fields.indices.contains(index) ? values[rule.fields[index]].flatMap { CivilDate($0) } : nil
        }
        func id(_ index: Int) -> IDNumber? {
            rule.fields.indices.contains(index) ? values[rule.fields[index]].flatMap { try? IDNumber($0) } : nil
        }
        switch rule.rule {
        case .birthMatchesID:
            guard let birth = date(0), let number = id(1) else { return false }
            return number.birth != birth
        case .sexMatchesID:
            guard let sex = values[rule.fields.first ?? ""], let number = id(1) else { return false }
            return number.isMale != (sex == "1")
        case .notInFuture: return date(0).map { $0.number > today } ?? false
        case .notBefore:
            guard let first = date(0), let second = date(1) else { return false }
            return second < first
        case .ageAtLeast: return date(0).map { Double($0.age(on: today)) < rule.value ?? 0 } ?? false
        case .ageBelow: return date(0).map { Double($0.age(on: today)) >= rule.value ?? 200 } ?? false
        case .atLeast:
            guard let number = values[rule.fields.first ?? ""].flatMap({ Double($0) }) else { return false }
            return number < rule.value ?? 0
        case .mustBe:
            guard let number = values[rule.fields.first ?? ""].flatMap({ Double($0) }) else { return false }
            return number != rule.value
        }
    }
}
