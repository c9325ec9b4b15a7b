import Web

/// What can be reported, and what is asked of who does (GeoReport v2, services and definitions).
extension Open311 {
    func services(_ call: Call) -> [Open311Node] {
        room.categories.filter { $0.code != "conduct" }.map { category in
            .object([
                ("service_code", .text(category.code)), ("service_name", .text(category.name.text(call.language))),
                ("description", Open311Node(category.hint.text(call.language))),
                ("metadata", .flag(!category.questions.isEmpty)), ("type", .text("realtime")),
                ("keywords", Open311Node(category.keywords)),
                ("group", Open311Node(category.group.text(call.language))),
            ])
        }
    }

    func definition(_ category: Category, _ call: Call) -> Open311Node {
        let attributes = category.questions.enumerated().map { index, question -> Open311Node in
            let type =
                switch question.kind {
                case .choice: "singlevaluelist"
                case .many: "multivaluelist"
                case .text: "string"
                case .number: "number"
                }
            var members: [(String, Open311Node)] = [
                ("variable", .flag(true)), ("code", .text(question.code)), ("datatype", .text(type)),
                ("required", .flag(question.required)), ("datatype_description", .nothing),
                ("order", .integer(index + 1)),
                ("description", .text(question.name.text(call.language))),
            ]
            if !question.choices.isEmpty {
                members.append(
                    (
                        "values",
                        .list(
                            question.choices.map {
                                .object([("key", .text($0.key)), ("name", .text($0.name.text(call.language)))])
                            }, of: "value")
                    ))
            }
            return .object(members)
        }
        return .object([
            ("service_code", .text(category.code)), ("attributes", .list(attributes, of: "attribute")),
        ])
    }
}
