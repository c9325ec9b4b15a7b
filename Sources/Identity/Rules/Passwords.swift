/// What a password must be: long, and not the name itself. Length beats rules about signs.
enum Passwords {
    static let length = 10...128

    /// The code of what is wrong under `problem.field.`, or `nil`.
    static func flaw(_ password: String, username: String) -> String? {
        if password.count < length.lowerBound { return "password-short" }
        if password.count > length.upperBound { return "too-long" }
        if password.lowercased().contains(username) || Set(password).count < 5 { return "password-weak" }
        return nil
    }
}

/// What a log-in name may be.
func isUsername(_ text: String) -> Bool {
    (2...32).contains(text.utf8.count)
        && text.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: ".")
        }
}
