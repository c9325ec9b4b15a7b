import AsyncHTTPClient
import Foundation
import Kernel
import NIOCore
import NIOHTTP1
import Web

/// What is fetched from Tencent: pictures, by a token that one holder keeps for all.
actor WeChatAPI {
    private let client: HTTPClient
    private let base: String
    private let address: @Sendable () -> String?
    private let appID: String
    private let secret: String
    private var token: (text: String, until: Instant)?

    /// Bytes of a picture that are read at most.
    private static let mediaLimit = 12 << 20

    /// - Parameters:
    ///   - base: where the API is; a path alone is one of this centre's own.
    ///   - address: where this centre itself is reached.
    init(
        client: HTTPClient, base: String, address: @escaping @Sendable () -> String?, appID: String, secret: String
    ) {
        self.client = client
        self.base = base
        self.address = address
        self.appID = appID
        self.secret = secret
    }

    /// A picture's bytes, within two seconds, or `nil`.
    func media(_ id: String) async -> [UInt8]? {
        for isFresh in [false, true] {
            guard let token = await token(refresh: isFresh),
                let escaped = id.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
            else { return nil }
            let request = HTTPClientRequest(
                url: "\(root)/cgi-bin/media/get?access_token=\(token)&media_id=\(escaped)")
            guard let response = try? await client.execute(request, timeout: .seconds(2)), response.status == .ok,
                let body = try? await response.body.collect(upTo: Self.mediaLimit)
            else { return nil }
            // An error is a JSON document with status 200; a token that was ended elsewhere is fetched once more.
            if response.headers.first(name: "Content-Type")?.contains("json") == true
                || response.headers.first(name: "Content-Type")?.contains("text/plain") == true
            {
                continue
            }
            return Array(body.readableBytesView)
        }
        return nil
    }

    private var root: String { base.hasPrefix("/") ? (address() ?? "") + base : base }

    private struct Token: Decodable {
        var access_token: String
        var expires_in: Int64
    }

    private func token(refresh: Bool) async -> String? {
        if !refresh, let token, token.until > .now { return token.text }
        var request = HTTPClientRequest(url: "\(root)/cgi-bin/stable_token")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        guard
            let body = try? JSON.encode(
                ["grant_type": "client_credential", "appid": appID, "secret": secret])
        else { return nil }
        request.body = .bytes(ByteBuffer(bytes: body))
        guard let response = try? await client.execute(request, timeout: .seconds(2)),
            let answer = try? await response.body.collect(upTo: 16_384),
            let made = try? JSON.decode(Token.self, Array(answer.readableBytesView)),
            made.access_token.utf8.count <= 2_048
        else { return nil }
        // Tencent changes it five minutes before its end.
        token = (made.access_token, Instant.now + max(60, made.expires_in - 300) * 1_000)
        return made.access_token
    }
}
