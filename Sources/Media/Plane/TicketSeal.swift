import Crypt
import Foundation

/// What a browser's ticket allows, sealed by the main process and read by the media process.
public struct MediaPass: Sendable, Hashable, Codable {
    /// What may be watched; `nil` for a ticket to speak.
    public var source: SourceID?
    /// Through which voices the holder may speak.
    public var voices: [SourceID]
    /// Who.
    public var viewer: Viewer
    /// Until when it may be used, in milliseconds since the Unix epoch.
    public var expiresMs: Int64
    /// Makes it good for one use.
    public var nonce: String

    /// A pass.
    public init(source: SourceID?, voices: [SourceID] = [], viewer: Viewer, expiresMs: Int64, nonce: String) {
        self.source = source
        self.voices = voices
        self.viewer = viewer
        self.expiresMs = expiresMs
        self.nonce = nonce
    }

    /// The ticket: the pass and an HMAC of it, in hexadecimal.
    public func sealed(key: [UInt8]) throws -> String {
        let body = Array(try JSONEncoder().encode(self))
        return Secret.hex(body) + "." + Secret.hex(Digest.hmacSHA256(key: key, body))
    }

    /// Reads a ticket; `nil` when it is forged, out of date or none.
    public init?(ticket: String, key: [UInt8], nowMs: Int64) {
        guard !key.isEmpty, ticket.utf8.count <= 8_192 else { return nil }
        let parts = ticket.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let body = Secret.bytes(hex: String(parts[0])),
            let seal = Secret.bytes(hex: String(parts[1])),
            Secret.equal(seal, Digest.hmacSHA256(key: key, body)),
            let pass = try? JSONDecoder().decode(MediaPass.self, from: Data(body)), pass.expiresMs > nowMs
        else { return nil }
        self = pass
    }
}
