/// How alike two records of people are. Every reason has a weight; a person decides.
public enum Similarity {
    /// Why two records may be the same person; a code of `registry.alike.`.
    public enum Reason: String, Sendable, CaseIterable {
        case sameName = "same-name"
        case sameSound = "same-sound"
        case nearGlyph = "near-glyph"
        case oneCharacter = "one-character"
        case sameBirth = "same-birth"
        case nearBirth = "near-birth"
        case samePhone = "same-phone"
        case sameAddress = "same-address"
        case sameID = "same-id"

        var weight: Int {
            switch self {
            case .sameID: 100
            case .sameName: 35
            case .sameSound: 32
            case .nearGlyph: 30
            case .oneCharacter: 22
            case .sameBirth: 35
            case .nearBirth: 18
            case .samePhone: 18
            case .sameAddress: 15
            }
        }
    }

    /// From here on a person is asked.
    public static let threshold = 65

    /// The score of two people and why; two different ID numbers or sexes speak against.
    public static func compare(_ left: Person, _ right: Person) -> (score: Int, reasons: [Reason]) {
        var reasons: [Reason] = []
        if left.name == right.name {
            reasons.append(.sameName)
        } else if !left.sound.isEmpty, left.sound == right.sound {
            // 建 and 健, 兰 and 蓝: what is heard alike is written otherwise.
            reasons.append(.sameSound)
        } else if let (one, other) = onlyDifference(Array(left.name), Array(right.name)) {
            reasons.append(NearGlyphs.areAlike(one, other) ? .nearGlyph : .oneCharacter)
        }
        guard !reasons.isEmpty else { return (0, []) }
        if let birth = left.birth, let other = right.birth {
            if birth == other { reasons.append(.sameBirth) } else if isNear(birth, other) { reasons.append(.nearBirth) }
        }
        if let phone = left.phone, phone == right.phone { reasons.append(.samePhone) }
        if let address = left.address, address == right.address { reasons.append(.sameAddress) }
        var score = 0
        if let id = left.id, let other = right.id {
            if id == other { reasons.append(.sameID) } else { score -= 45 }
        }
        if let sex = left.sex, let other = right.sex, sex != other { score -= 20 }
        return (score + reasons.reduce(0) { $0 + $1.weight }, reasons)
    }

    /// What is compared of a person.
    public struct Person: Sendable {
        /// The name, folded.
        public var name: String
        /// Its letters.
        public var sound: String
        /// The date of birth.
        public var birth: String?
        /// The phone.
        public var phone: String?
        /// The address, folded.
        public var address: String?
        /// The ID number.
        public var id: String?
        /// The sex.
        public var sex: String?

        init(_ values: FieldValues, _ category: Category) {
            func first(_ kind: Field.Kind) -> String? {
                category.fields.first { $0.type == kind }.flatMap { values[$0.key] }
            }
            let given = values[category.label] ?? ""
            name = SearchText.fold(given)
            sound = Pinyin.readings(of: given).first?.joined() ?? ""
            birth = category.birth.flatMap { values[$0] }
            phone = first(.phone)
            address = category.address.flatMap { values[$0] }.map(SearchText.fold)
            id = first(.idNumber)
            sex = values["sex"]
        }

        /// Under which two people are compared at all.
        var blocks: [String] {
            var blocks: [String] = []
            if let birth { blocks.append("b" + birth) }
            if let phone { blocks.append("p" + phone) }
            if !sound.isEmpty, let address { blocks.append("s" + sound + address.prefix(3)) }
            // Names that only look alike do not sound alike: the whole address brings them together.
            if let address { blocks.append("h" + address) }
            return blocks
        }
    }

    /// The two characters in which names of the same length differ, where there is but one place.
    private static func onlyDifference(_ left: [Character], _ right: [Character]) -> (Character, Character)? {
        guard left.count == right.count, left.count > 1 else { return nil }
        let apart = zip(left, right).filter { $0 != $1 }
        return apart.count == 1 ? apart[0] : nil
    }

    /// One digit wrong, or day and month exchanged.
    private static func isNear(_ left: String, _ right: String) -> Bool {
        guard left.count == 10, right.count == 10 else { return false }
        if zip(left, right).count(where: { $0 != $1 }) == 1 { return true }
        return left.prefix(5) == right.prefix(5) && left.dropFirst(5).prefix(2) == right.suffix(2)
            && left.suffix(2) == right.dropFirst(5).prefix(2)
    }
}
