/// Questions as they are typed: the question, a line with `-` for each answer, `*` for the right one, `=` for why;
/// an empty line between questions.
enum LessonQuiz {
    static func read(_ text: String) -> [Lesson.Question]? {
        var questions: [Lesson.Question] = []
        let blocks = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .split { $0.allSatisfy(\.isWhitespace) }
        for block in blocks {
            let lines = block.map { $0.trimmingPrefix { $0.isWhitespace } }
            guard let first = lines.first, lines.count <= 12 else { return nil }
            var question = Lesson.Question(text: String(first.prefix(300)), choices: [], right: -1, why: "")
            for line in lines.dropFirst() {
                let rest = String(line.dropFirst().prefix(300))
                switch line.first {
                case "-": question.choices.append(rest)
                case "*":
                    guard question.right < 0 else { return nil }
                    question.right = question.choices.count
                    question.choices.append(rest)
                case "=": question.why = rest
                default: return nil
                }
            }
            guard question.choices.count >= 2, question.right >= 0 else { return nil }
            questions.append(question)
        }
        return questions.count <= 10 ? questions : nil
    }
}
