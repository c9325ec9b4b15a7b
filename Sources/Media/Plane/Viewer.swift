/// Who watches or speaks.
public struct Viewer: Sendable, Hashable, Codable {
    /// Drawn over the picture.
    public var name: String
    /// What is drawn after the name, such as the office's.
    public var note: String

    /// A viewer.
    public init(name: String, note: String = "") {
        self.name = name
        self.note = note
    }
}
