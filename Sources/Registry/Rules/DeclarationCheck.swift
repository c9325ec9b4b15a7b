/// What is wrong with a category's declaration, before it is kept.
public enum DeclarationCheck {
    /// What the town does not keep about anybody, whatever an administrator writes: belief, ethnicity, petitioning,
    /// crime, biometrics, health, scores.
    private static let forbidden = [
        "民族", "宗教", "信仰", "上访", "信访", "犯罪", "前科", "刑满", "吸毒", "人脸", "指纹", "虹膜", "声纹", "车牌识别", "评分", "积分",
        "风险等级", "重点人员", "病史", "疾病", "诊断", "精神", "艾滋", "传染", "政治", "党派", "ethnic", "religio", "belief", "petition",
        "criminal", "biometric", "score", "diagnosis", "disease",
    ]

    /// Pages that lie beside the categories'.
    private static let reserved: Set<String> = [
        "search", "quality", "imports", "pairs", "proposals", "visits", "report", "looks", "categories", "new",
        "exports", "check", "statistics",
    ]

    /// Codes of `registry.declaration.`, each with the place it concerns: a name of the category's own, or `fields.` and
    /// a field's name.
    public static func flaws(_ category: Category) -> [String: String] {
        var flaws: [String: String] = [:]
        func note(_ holds: Bool, _ place: String, _ code: String) {
            if !holds, flaws[place] == nil { flaws[place] = code }
        }
        note(isName(category.key, hyphens: true) && !reserved.contains(category.key), "key", "name")
        note(!category.name.zh.isEmpty && category.name.zh.count <= 40, "name", "words")
        note(category.purpose.zh.count >= 2, "purpose", "purpose")
        note(category.basis.zh.count >= 2, "basis", "basis")
        note(!category.owner.zh.isEmpty, "owner", "owner")
        note((30...36_500).contains(category.retentionDays), "retentionDays", "range")
        note((1...3_650).contains(category.verifyDays), "verifyDays", "range")
        note((1...60).contains(category.fields.count), "fields", "range")
        note(Set(category.fields.map(\.key)).count == category.fields.count, "fields", "twice")
        note(category.field(category.label) != nil, "label", "no-field")
        note(category.fields.contains { !$0.see.plain.isEmpty || !$0.see.masked.isEmpty }, "fields", "nobody")
        for set in category.identity {
            note(!set.isEmpty && set.allSatisfy { category.field($0) != nil }, "identity", "no-field")
        }
        for (place, key, type) in [
            ("birth", category.birth, Field.Kind.date), ("address", category.address, .address),
            ("point", category.point, .point),
        ] {
            if let key { note(category.field(key)?.type == type, place, "no-field") }
        }
        for rule in category.rules {
            note(rule.fields.allSatisfy { category.field($0) != nil }, "rules", "no-field")
            note(rule.when.map { category.field($0.field) != nil } ?? true, "rules", "no-field")
            note(rule.fits(category), "rules", "rule")
        }
        // Points of people would show where somebody lives; they are counted by area.
        note(category.drawn.as == .none || !category.isAboutPeople, "drawn", "people")
        for field in category.fields { check(field, category, note) }
        for (place, words) in texts(category) {
            let text = words.lowercased()
            note(!forbidden.contains { text.contains($0) }, place, "forbidden")
        }
        return flaws
    }

    private static func check(_ field: Field, _ category: Category, _ note: (Bool, String, String) -> Void) {
        let place = "fields." + field.key
        note(isName(field.key, hyphens: false), place, "name")
        note(!field.name.zh.isEmpty && field.name.zh.count <= 40, place, "words")
        note(field.type != .code || field.codes?.isEmpty == false, place, "codes")
        note(Set((field.codes ?? []).map(\.key)).count == field.codes?.count ?? 0, place, "twice")
        note(field.pattern.map(Patterns.isWellFormed) ?? true, place, "pattern")
        note(field.guard != .sensitive || (field.purpose?.zh.count ?? 0) >= 2, place, "purpose")
        note(field.verifyDays.map { (1...3_650).contains($0) } ?? true, place, "range")
        note(field.type != .idNumber || field.guard != .open, place, "guard")
        note(
            field.type != .personName || field.guard != .open || !category.isAboutPeople || field.search == nil, place,
            "guard")
        note(field.filter != true || field.type == .code || field.type == .flag, place, "filter")
        note(field.min.map { low in field.max.map { low <= $0 } ?? true } ?? true, place, "range")
        note((field.codes ?? []).allSatisfy { isCode($0.key) && !$0.name.zh.isEmpty }, place, "code")
        note((field.aliases ?? []).count <= 30, place, "range")
        note(field.search != .identifier || [.idNumber, .creditCode, .phone].contains(field.type), place, "search")
    }

    private static func texts(_ category: Category) -> [(String, String)] {
        [("name", category.name.zh + " " + category.name.en), ("key", category.key)]
            + category.fields.map { field in
                let codes = (field.codes ?? []).map { "\($0.key) \($0.name.zh) \($0.name.en)" }.joined(separator: " ")
                let told = (field.aliases ?? []).joined(separator: " ")
                return ("fields." + field.key, "\(field.key) \(field.name.zh) \(field.name.en) \(codes) \(told)")
            }
    }

    /// A code is a part of search words and of addresses: letters, digits, `-` and `_`.
    private static func isCode(_ text: String) -> Bool {
        (1...30).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 95
            }
    }

    private static func isName(_ text: String, hyphens: Bool) -> Bool {
        guard (1...30).contains(text.utf8.count), let first = text.utf8.first, (97...122).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy {
            (97...122).contains($0) || (48...57).contains($0) || (hyphens ? $0 == 45 : (65...90).contains($0))
        }
    }
}
