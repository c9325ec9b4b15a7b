import WeChatAPI

/// A menu as it is typed: a line a button, `words = https://…` or `words = KEY`; a line without `=` holds those below it
/// that begin with `-`.
enum MenuText {
    static func read(_ text: String) -> WeChatMenu? {
        var top: [WeChatMenu.Button] = []
        for line in text.split(whereSeparator: \.isNewline).prefix(30) {
            let trimmed = line.trimmingPrefix { $0.isWhitespace }
            let isLow = trimmed.first == "-"
            let rest = isLow ? trimmed.dropFirst() : trimmed[...]
            let sides = rest.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trim)
            guard let name = sides.first, !name.isEmpty else { continue }
            var button = WeChatMenu.Button(name)
            if sides.count == 2 {
                let isAddress = sides[1].hasPrefix("http://") || sides[1].hasPrefix("https://")
                button.type = isAddress ? "view" : "click"
                if isAddress { button.url = sides[1] } else { button.key = sides[1] }
            }
            if isLow {
                guard var last = top.popLast() else { return nil }
                last.sub_button = (last.sub_button ?? []) + [button]
                top.append(last)
            } else {
                top.append(button)
            }
        }
        let menu = WeChatMenu(top)
        return menu.flaw == nil ? menu : nil
    }

    static func write(_ menu: WeChatMenu) -> String {
        func line(_ button: WeChatMenu.Button) -> String {
            (button.url ?? button.key).map { "\(button.name) = \($0)" } ?? button.name
        }
        return menu.button.map { top in
            ([line(top)] + (top.sub_button ?? []).map { "- " + line($0) }).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    private static func trim(_ text: Substring) -> String {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
