/// An article of the account (图文).
public struct WeChatArticle: Codable, Sendable, Equatable {
    /// At most 64 characters.
    public var title: String
    /// Who wrote it, at most 8 characters.
    public var author: String
    /// At most 120 characters.
    public var digest: String
    /// HTML without scripts, less than 20,000 characters; pictures by addresses that the platform gave.
    public var content: String
    /// Where the original is read.
    public var content_source_url: String
    /// The cover, a permanent picture of the account.
    public var thumb_media_id: String

    /// An article; what is too long is cut.
    public init(title: String, author: String, digest: String, content: String, source: String, cover: String) {
        self.title = String(title.prefix(64))
        self.author = String(author.prefix(8))
        self.digest = String(digest.prefix(120))
        self.content = content
        content_source_url = source
        thumb_media_id = cover
    }
}
