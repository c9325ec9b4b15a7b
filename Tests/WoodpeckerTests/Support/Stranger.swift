import Cases

import HTTPTypes
import Kernel
import Places
import Web

@testable import Woodpecker

/// Asks the room's routes as a stranger's browser or program does.
struct Stranger {
    private struct One: Authenticator {
        let one: Caller?
        var cookieName: String { "none" }
        func caller(cookie: String?, bearer: String?) async throws -> Caller? { one }
    }

    let routes: Routes
    let dispatcher: Dispatcher

    /// - Parameter caller: who asks, where it is not a stranger.
    init(_ nest: Nest, _ own: Routes? = nil, as caller: Caller? = nil) throws {
        let bundles = [WebResources.bundle, CasesRoom.resources, WoodpeckerRoom.resources]
        let pages = try Pages(
            bundles: bundles, catalogue: try Catalogue(bundles: bundles),
            shell: Pages.Shell(town: "试验镇", navigation: Navigation([], under: []), unacknowledged: { _ in nil }))
        var routes = Routes()
        if let own { routes = own } else { nest.room.routes(&routes) }
        self.routes = routes
        dispatcher = Dispatcher(
            database: nest.database, pages: pages, authenticator: One(one: caller), logger: nest.room.logger,
            covers: { _, _ in false })
    }

    func ask(
        _ method: HTTPRequest.Method, _ path: String, _ form: [(String, String)] = [], body: [UInt8]? = nil,
        type: String = "application/x-www-form-urlencoded"
    ) async -> Answer {
        let pieces = path.split(separator: "?", maxSplits: 1).map(String.init)
        var parameters: [String: String] = [:]
        let asked = pieces[0].split(separator: "/")
        let route = routes.all.filter { $0.method == method }.first { route in
            let known = route.path.split(separator: "/")
            guard known.count == asked.count else { return false }
            return zip(known, asked).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
        }
        guard let route else { return .text("no such route", status: 599) }
        for (name, value) in zip(route.path.split(separator: "/"), asked) where name.hasPrefix("{") {
            parameters[String(name.dropFirst().dropLast())] = String(value)
        }
        let bytes = body ?? Array(form.map { "\($0.0)=\(Self.escape($0.1))" }.joined(separator: "&").utf8)
        let incoming = Incoming(
            method: method, path: pieces[0], parameters: parameters,
            query: Form((pieces.count > 1 ? pieces[1] : "").utf8), headers: [.contentType: type],
            authority: "127.0.0.1:8080")
        return await dispatcher.answer(route, incoming) { limit in
            guard bytes.count <= limit else { throw Problem(413, "too-large") }
            return bytes
        }
    }

    private static func escape(_ text: String) -> String {
        text.utf8.map { byte in
            let hex = String(byte, radix: 16)
            return "%" + (hex.count < 2 ? "0" + hex : hex)
        }.joined()
    }
}

extension Answer {
    /// The body as text.
    var text: String { String(decoding: bodyBytes, as: UTF8.self) }
    /// A header field's first value.
    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
