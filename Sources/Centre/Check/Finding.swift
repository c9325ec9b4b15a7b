/// One thing that `zhili check` has looked at.
public struct Finding: Sendable, Equatable, CustomStringConvertible {
    /// How it is.
    public enum Grade: String, Sendable {
        /// As it should be.
        case ok
        /// The centre runs, and somebody should see to it.
        case mind
        /// The centre does not run, or not as it must.
        case wrong
    }

    /// How it is.
    public var grade: Grade
    /// What was looked at: `database`.
    public var subject: String
    /// What was found.
    public var text: String
    /// What to do, where something is to be done.
    public var advice: String?

    /// A line for a terminal, and a second one with the advice.
    public var description: String {
        let line = "\(grade.rawValue.padded(to: 6))\(subject.padded(to: 15))\(text)"
        return advice.map { line + "\n" + String(repeating: " ", count: 21) + "→ " + $0 } ?? line
    }

    static func ok(_ subject: String, _ text: String) -> Finding {
        Finding(grade: .ok, subject: subject, text: text, advice: nil)
    }
    static func mind(_ subject: String, _ text: String, do advice: String) -> Finding {
        Finding(grade: .mind, subject: subject, text: text, advice: advice)
    }
    static func wrong(_ subject: String, _ text: String, do advice: String) -> Finding {
        Finding(grade: .wrong, subject: subject, text: text, advice: advice)
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
