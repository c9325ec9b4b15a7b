import HTTPTypes
import Hummingbird
import HummingbirdCore
import Kernel
import NIOCore
import ServiceLifecycle
import Storage
import Synchronization

/// Joins routes, files and the live feed to Hummingbird's router.
public struct WebServer: Sendable {
    private let dispatcher: Dispatcher
    private let routes: Routes
    private let files: StaticFiles
    private let isSecure: Bool
    private let mediaPort: @Sendable () -> Int?
    private let streams = StreamCount()

    /// - Parameters:
    ///   - isSecure: whether clients come over TLS.
    ///   - mediaPort: the port on which pictures are watched, to which pages may connect too.
    public init(
        dispatcher: Dispatcher, routes: Routes, files: StaticFiles, isSecure: Bool,
        mediaPort: @escaping @Sendable () -> Int? = { nil }
    ) {
        self.mediaPort = mediaPort
        self.dispatcher = dispatcher
        self.routes = routes
        self.files = files
        self.isSecure = isSecure
    }

    /// What Hummingbird serves.
    public func router() -> Router<WebContext> {
        let router = Router(context: WebContext.self, options: .autoGenerateHeadEndpoints)
        for route in routes.all {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                await respond(route, request, context)
            }
        }
        router.get("/api/v1/events") { request, context in await self.events(request, context) }
        for path in files.paths {
            router.get(RouterPath(path)) { request, context in
                let incoming = incoming(request, context)
                if let answer = files.answer(incoming) { return response(answer, incoming) }
                return response(await dispatcher.notFound(incoming), incoming)
            }
        }
        router.add(middleware: NothingThere(server: self))
        return router
    }

    private func respond(_ route: Route, _ request: Request, _ context: WebContext) async -> Response {
        let incoming = incoming(request, context)
        let answer = await dispatcher.answer(route, incoming) { limit in
            if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
                throw Problem(413, "too-large", detail: "\(limit)")
            }
            do {
                let buffer = try await request.body.collect(upTo: limit)
                return Array(buffer.readableBytesView)
            } catch let error as HTTPError where error.status == .contentTooLarge {
                throw Problem(413, "too-large", detail: "\(limit)")
            }
        }
        guard case .file(let path, let part) = answer.body else { return response(answer, incoming) }
        let range = Int(part.lowerBound)...Int(part.upperBound - 1)
        guard let body = try? await FileIO().loadFile(path: path, range: range, context: context) else {
            return response(await dispatcher.notFound(incoming), incoming)
        }
        var result = response(answer, incoming)
        result.body = body
        return result
    }

    fileprivate func notFound(_ request: Request, _ context: WebContext) async -> Response {
        let incoming = incoming(request, context)
        return response(await dispatcher.notFound(incoming), incoming)
    }

    private func incoming(_ request: Request, _ context: WebContext) -> Incoming {
        var parameters: [String: String] = [:]
        for (name, value) in context.parameters { parameters[String(name)] = unescaped(value) }
        return Incoming(
            method: request.method, path: request.uri.path, parameters: parameters,
            query: Form((request.uri.query ?? "").utf8), headers: request.headers, authority: request.head.authority,
            address: context.address, isSecure: isSecure)
    }

    private func response(_ answer: Answer, _ incoming: Incoming) -> Response {
        var response = Response(status: HTTPResponse.Status(code: answer.status))
        for (name, value) in answer.headers {
            if let name = HTTPField.Name(name) { response.headers.append(HTTPField(name: name, value: value)) }
        }
        // A page may ask for a narrower one of its own.
        if response.headers[Self.contentPolicy] == nil { response.headers[Self.contentPolicy] = policy }
        for (name, value) in Self.guards where response.headers[name] == nil { response.headers[name] = value }
        if isSecure { response.headers[Self.strictTransport] = "max-age=31536000" }
        response.body = ResponseBody(byteBuffer: ByteBuffer(bytes: answer.bodyBytes))
        return response
    }

    private func events(_ request: Request, _ context: WebContext) async -> Response {
        let incoming = incoming(request, context)
        let access = Route(
            method: .get, path: "/api/v1/events", access: .anyone, summary: "", bodyLimit: 0, shapes: Shapes()
        ) { call in
            let last = call.header("Last-Event-ID") ?? call.query("after") ?? ""
            return Answer(status: 200, body: .events(after: Int64(last) ?? call.database.feed.last))
        }
        let answer = await dispatcher.answer(access, incoming) { _ in [] }
        guard case .events(let position) = answer.body else { return response(answer, incoming) }
        guard streams.enter() else {
            return response(
                dispatcher.answer(to: Problem(503, "overloaded", retryAfter: 5), nil, incoming), incoming)
        }
        let stream = EventStream(
            database: dispatcher.database, authenticator: dispatcher.authenticator,
            permissions: routes.permissions, covers: dispatcher.covers,
            cookie: incoming.cookie(dispatcher.authenticator.cookieName), bearer: incoming.bearer)
        var result = response(Answer(status: 200, body: .bytes([])), incoming)
        result.headers[.contentType] = "text/event-stream"
        result.headers[.cacheControl] = "no-store"
        result.body = ResponseBody { [streams] writer in
            defer { streams.leave() }
            let box = WriterBox(writer)
            try await request.body.consumeWithCancellationOnInboundClose { _ in
                try await cancelWhenGracefulShutdown { try await stream.run(after: position, &box.writer) }
            }
            try await box.writer.finish(nil)
        }
        return result
    }

    private static let contentPolicy = HTTPField.Name("Content-Security-Policy") ?? .server
    private var policy: String {
        let media = mediaPort().map { " ws://*:\($0) wss://*:\($0)" } ?? ""
        return """
            default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
            media-src 'self' blob:; worker-src 'self' blob:; connect-src 'self'\(media); object-src 'none'; \
            base-uri 'none'; form-action 'self'; frame-ancestors 'none'
            """
    }

    private static let strictTransport = HTTPField.Name("Strict-Transport-Security") ?? .server
    private static let guards: [(HTTPField.Name, String)] = [
        ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"), ("X-Frame-Options", "DENY"),
        ("Cross-Origin-Opener-Policy", "same-origin"), ("Cache-Control", "no-store"),
        ("Permissions-Policy", "geolocation=(self), camera=(self), microphone=(self)"),
    ].compactMap { pair in HTTPField.Name(pair.0).map { ($0, pair.1) } }
}

/// What Hummingbird keeps of a request for us.
public struct WebContext: RequestContext {
    /// Hummingbird's own part.
    public var coreContext: CoreRequestContextStorage
    /// The client's network address.
    public let address: String

    /// Takes the address from the connection.
    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        address = source.channel.remoteAddress?.ipAddress ?? ""
    }
}

/// Answers what no route answers.
private struct NothingThere: RouterMiddleware {
    typealias Context = WebContext
    let server: WebServer

    func handle(
        _ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            return await server.notFound(request, context)
        }
    }
}

/// How many live feeds are open; a bound keeps a script that forgets to close them from taking the memory.
private final class StreamCount: Sendable {
    private let open = Atomic<Int>(0)
    private static let limit = 5_000

    func enter() -> Bool {
        if open.add(1, ordering: .relaxed).newValue <= Self.limit { return true }
        leave()
        return false
    }

    func leave() { open.subtract(1, ordering: .relaxed) }
}

/// Carries the writer into the closure that ends with the connection; only that closure touches it.
private final class WriterBox: @unchecked Sendable {
    var writer: any ResponseBodyWriter
    init(_ writer: any ResponseBodyWriter) { self.writer = writer }
}
