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
