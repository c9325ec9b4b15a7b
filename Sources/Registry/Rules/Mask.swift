/// What a mask leaves of a value. One table, made on the server, whatever the way out.
public enum Mask {
    /// The masked form of a field's value; nothing stays nothing.
    public static func apply(_ value: String, to field: Field) -> String {
        guard !value.isEmpty else { return "" }
        switch field.type {
        case .personName: return name(value)
        case .idNumber: return keep(value, first: 1, last: 2)
        case .creditCode: return keep(value, first: 2, last: 2)
        case .phone: return phone(value)
        case .date: return String(value.prefix(4)) + "-**-**"
        case .address: return address(value)
        // A part of any of these would tell it all.
        case .text, .longText, .integer, .decimal, .code, .flag, .point: return "***"
        }
    }

    /// The surname and a star for each further character.
    public static func name(_ text: String) -> String {
        let kept = Surnames.compound.contains(String(text.prefix(2))) && text.count > 2 ? 2 : 1
        return String(text.prefix(kept)) + String(repeating: "*", count: max(1, text.count - kept))
    }

    /// Three and four digits of a mobile's number, four and two of a fixed one's.
    public static func phone(_ text: String) -> String {
        if text.count == 11, text.first == "1" { return keep(text, first: 3, last: 4) }
        return keep(text, first: 4, last: 2)
    }

    /// All but the last eight characters, and never more than half.
    public static func address(_ text: String) -> String {
        let hidden = min(text.count, max(8, text.count / 2))
        return String(text.prefix(text.count - hidden)) + String(repeating: "*", count: hidden)
    }

    private static func keep(_ text: String, first: Int, last: Int) -> String {
        guard text.count > first + last else { return String(repeating: "*", count: text.count) }
        return String(text.prefix(first)) + String(repeating: "*", count: text.count - first - last)
            + String(text.suffix(last))
    }
}

/// What the reading and the masking of names must know of surnames.
enum Surnames {
    /// Surnames of two characters.
    static let compound: Set<String> = [
        "欧阳", "上官", "司马", "诸葛", "尉迟", "万俟", "东方", "皇甫", "令狐", "慕容", "宇文", "长孙", "司徒", "夏侯", "轩辕", "公孙", "端木",
        "独孤", "南宫", "闻人", "呼延", "澹台", "公冶", "宗政", "濮阳", "淳于", "单于", "太叔", "申屠", "仲孙", "钟离", "鲜于", "闾丘", "司空",
    ]
}
