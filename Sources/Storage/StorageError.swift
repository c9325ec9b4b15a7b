/// What can go wrong between the rooms and their tables.
public enum StorageError: Error, Sendable, Equatable {
    /// A row or value breaks a unique index; the text names the constraint where the engine tells it.
    case duplicate(String)
    /// Another constraint is broken.
    case constraint(String)
    /// There is no room on the disk; reads go on, writes are refused until there is.
    case full
    /// More writes wait than the bound allows; nothing was stored.
    case overloaded
    /// The database cannot be reached; nothing was stored, or it is not known whether it was.
    case unavailable(String)
    /// A column holds what its reader does not expect.
    case unexpectedValue(String)
    /// A statement is wrong, or the engine failed in another way.
    case failed(String)
    /// The schema on disk is not the one that this program knows.
    case schema(String)
}

extension StorageError: CustomStringConvertible {
    /// In words, for a log or a terminal.
    public var description: String {
        switch self {
        case .duplicate(let what): "it is there already: \(what)"
        case .constraint(let what): "the database refuses it: \(what)"
        case .full: "there is no room on the disk"
        case .overloaded: "too many writes wait"
        case .unavailable(let why): "the database cannot be reached: \(why)"
        case .unexpectedValue(let what): "the database holds what this program does not expect: \(what)"
        case .failed(let why): "the database failed: \(why)"
        case .schema(let why): "the database's tables do not fit this program: \(why)"
        }
    }
}
