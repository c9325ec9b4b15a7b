import Foundation
import Kernel
import Web

/// What a report is about, with the questions of its own; read from `Resources/data/categories.json`.
public struct Category: Decodable, Sendable {
    /// A text in the languages of the screens.
    public struct Words: Decodable, Sendable {
        let zh: String
        let en: String
        /// The text in a language.
        public func text(_ language: Language) -> String { language == .zh ? zh : en }
    }

    /// A question that only this category asks.
    public struct Question: Decodable, Sendable {
        /// One of the given answers, or free words.
        public enum Kind: String, Decodable, Sendable { case choice, many, text, number }
        /// One answer to choose.
        public struct Choice: Decodable, Sendable {
            /// What is stored.
            public var key: String
            /// What is read.
            public var name: Words
        }
        /// What the answer is stored under.
        public var code: String
        /// How it is answered.
        public var kind: Kind
        /// Whether a report cannot be made without it.
        public var required: Bool
        /// The question.
        public var name: Words
        /// The answers to choose from.
        public var choices: [Choice]
    }

    /// What is stored, such as `water`.
    public var code: String
    /// What it is called.
    public var name: Words
    /// What belongs to it.
    public var hint: Words
    /// Categories with the same group stand together.
    public var group: Words
    /// Words by which Open311 clients search.
    public var keywords: String
    /// The icon's name.
    public var icon: String
    /// How grave such a report is at first, 1…4.
    public var severity: Int
    /// Whether what is reported may be seen by others: near reports, the public page, Open311.
    public var isPublic: Bool
    /// Whether it may concern people: the place is then not shown to anybody but those who handle it.
    public var isSensitive: Bool
    /// Its own questions.
    public var questions: [Question]

    /// The categories of the file, in its order.
    public static func load() throws -> [Category] {
        let file = Bundle.module.bundleURL.appendingPathComponent("Resources/data/categories.json")
        return try JSONDecoder().decode([Category].self, from: Data(contentsOf: file))
    }
}
