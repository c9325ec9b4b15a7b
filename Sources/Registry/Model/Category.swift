import Foundation
import Kernel
import Web

/// Words in both languages, as a declaration carries them: categories are data, not part of the catalogue.
public struct Words: Sendable, Hashable, Codable {
    /// Chinese.
    public var zh: String
    /// English; empty where nobody wrote any.
    public var en: String

    enum CodingKeys: String, CodingKey {
        case zh = "zh-CN"
        case en
    }

    /// The words in a language, Chinese where there are none.
    public func text(_ language: Language) -> String { language == .en && !en.isEmpty ? en : zh }
}

/// One kind of truth the town keeps: its fields, why it may be kept, who sees what of it, how long it holds.
public struct Category: Sendable, Hashable, Codable {
    /// How much protection its data needs.
    public enum Class: String, Sendable, Codable, CaseIterable {
        /// Things and places.
        case things
        /// People, in a way that everybody has to be registered in.
        case people
        /// People in need of a service (PIPL Art. 28).
        case sensitive
        /// Children under 14 (PIPL Art. 28, 31): nobody sees a personal field plainly without a purpose.
        case child
    }

    /// A rule over several fields of a record.
    public struct Rule: Sendable, Hashable, Codable {
        /// What it says; the list is closed, see ``CrossRules``.
        public enum Kind: String, Sendable, Codable, CaseIterable {
            case birthMatchesID = "birth-matches-id"
            case sexMatchesID = "sex-matches-id"
            case notInFuture = "not-in-future"
            case notBefore = "not-before"
            case ageAtLeast = "age-at-least"
            case ageBelow = "age-below"
            case atLeast = "at-least"
            case mustBe = "must-be"
        }
        /// Whether a breach refuses the record or sends somebody to look.
        public enum Weight: String, Sendable, Codable { case refuse, doubt }
        /// Holds only where a field has this value.
        public struct When: Sendable, Hashable, Codable {
            /// The field.
            public var field: String
            /// Its value.
            public var `is`: String
        }
        /// What it says.
        public var rule: Kind
        /// The fields it is about, in the order that the kind asks for.
        public var fields: [String]
        /// The number it compares with, where it does.
        public var value: Double?
        /// When it applies; `nil` is always.
        public var when: When?
        /// What a breach leads to.
        public var weight: Weight
    }

    /// How the map draws its records.
    public struct Drawn: Sendable, Hashable, Codable {
        /// `point`, or `none`: people are counted by area and never drawn as points.
        public enum Kind: String, Sendable, Codable { case point, none }
        /// As what.
        public var `as`: Kind
        /// Its picture among the icons.
        public var icon: String
        /// A tint: `info`, `ok`, `warn`, `bad`.
        public var tint: String
    }

    /// A stable name such as `hydrant`: small letters, digits, hyphens.
    public var key: String
    /// What people call it.
    public var name: Words
    /// How much protection it needs.
    public var `class`: Class
    /// The module of GB/T 31000 that it belongs to, or the local extension.
    public var module: String
    /// What it is kept for.
    public var purpose: Words
    /// What allows it.
    public var basis: Words
    /// The department that answers for it.
    public var owner: Words
    /// Days after which a record that nobody touched goes.
    public var retentionDays: Int
    /// Days after which its fields must be verified again; a field may say otherwise.
    public var verifyDays: Int
    /// The field that names a record.
    public var label: String
    /// Sets of fields that tell one record from all others, the best first.
    public var identity: [[String]]
    /// How the map draws it.
    public var drawn: Drawn
    /// Its place in the list.
    public var order: Int
    /// The field with the date of birth: whose subject is under 14 is protected as a child.
    public var birth: String?
    /// The field with the address.
    public var address: String?
    /// The field with the place on the map.
    public var point: String?
    /// Its fields in their order.
    public var fields: [Field]
    /// Rules over several fields.
    public var rules: [Rule]

    /// A field by its name.
    public func field(_ key: String) -> Field? { fields.first { $0.key == key } }

    /// Whether it is about people, so that counts of it are held back where they are small.
    public var isAboutPeople: Bool { self.class != .things }
}

/// One field of a category.
public struct Field: Sendable, Hashable, Codable {
    /// What its values are.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case text, longText, personName, idNumber, creditCode, phone, date, integer, decimal, code, flag, point
        case address
    }

    /// Why it is not seen by everybody.
    public enum Guard: String, Sendable, Codable, CaseIterable {
        /// Nothing personal.
        case open
        /// About a person.
        case personal
        /// Names a person to every authority: always masked until a purpose is given.
        case identifier
        /// Sensitive (PIPL Art. 28): needs a purpose of its own.
        case sensitive
    }

    /// How it can be found in the search box.
    public enum Search: String, Sendable, Codable, CaseIterable { case name, address, text, identifier }

    /// Which roles see it plainly or masked; who is in neither sees nothing.
    public struct See: Sendable, Hashable, Codable {
        /// Who reads the value.
        public var plain: [Role]
        /// Who reads a part of it.
        public var masked: [Role]
    }

    /// One value of a code list.
    public struct Code: Sendable, Hashable, Codable {
        /// As stored.
        public var key: String
        /// As people read it.
        public var name: Words
    }

    /// A stable name within the category.
    public var key: String
    /// What people call it.
    public var name: Words
    /// What its values are.
    public var type: Kind
    /// Why it is not seen by everybody.
    public var `guard`: Guard
    /// Which roles see it how.
    public var see: See
    /// The unit of a number.
    public var unit: String?
    /// The values of a code list.
    public var codes: [Code]?
    /// Whether a record needs it.
    public var required: Bool?
    /// The smallest number.
    public var min: Double?
    /// The greatest number, or the greatest length of a text in characters.
    public var max: Double?
    /// A regular expression over the whole of a text: letters, digits, classes, counts.
    public var pattern: String?
    /// Days after which it must be verified again, where it differs from the category's.
    public var verifyDays: Int?
    /// How it can be found.
    public var search: Search?
    /// Whether lists can be filtered by it, for whom it is plain.
    public var filter: Bool?
    /// Whether lists show it.
    public var list: Bool?
    /// Other names it has in offices' tables.
    public var aliases: [String]?
    /// Whether a change of it is proposed by one person and decided by another.
    public var twoPeople: Bool?
    /// Why it is kept, where that is more than the category's purpose.
    public var purpose: Words?

    /// The name of a code in a language.
    public func codeName(_ key: String, _ language: Language) -> String {
        codes?.first { $0.key == key }?.name.text(language) ?? key
    }
}
