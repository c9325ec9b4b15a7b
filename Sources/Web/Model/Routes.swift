import HTTPTypes
import Kernel

/// Handles one request that was found, allowed, and read.
public typealias Handler = @Sendable (Call) async throws -> Answer

/// One way into the centre.
public struct Route: Sendable {
    /// The method.
    public var method: HTTPRequest.Method
    /// Such as `/api/v1/sites/{id}`.
    public var path: String
    /// Who may.
    public var access: Access
    /// What it does, in a short English sentence; the API's description is made of it.
    public var summary: String
    /// Bytes of body that are read at most; more is answered with 413.
    public var bodyLimit: Int
    /// What the body and the answer look like, for the API's description.
    public var shapes: Shapes
    /// The work.
    public var handler: Handler
}

/// The routes of all rooms, as they are collected at start.
public struct Routes: Sendable {
    /// In the order in which rooms named them.
    public private(set) var all: [Route] = []

    /// None yet.
    public init() {}

    /// Adds a route; who may call it must be said.
    public mutating func on(
        _ method: HTTPRequest.Method, _ path: String, _ access: Access, _ summary: String, bodyLimit: Int = 65_536,
        shapes: Shapes = Shapes(), handler: @escaping Handler
    ) {
        all.append(
            Route(
                method: method, path: path, access: access, summary: summary, bodyLimit: bodyLimit, shapes: shapes,
                handler: handler))
    }

    /// Adds a route that reads.
    public mutating func get(
        _ path: String, _ access: Access, _ summary: String, shapes: Shapes = Shapes(),
        handler: @escaping Handler
    ) { on(.get, path, access, summary, shapes: shapes, handler: handler) }

    /// Adds a route that creates or acts.
    public mutating func post(
        _ path: String, _ access: Access, _ summary: String, bodyLimit: Int = 65_536, shapes: Shapes = Shapes(),
        handler: @escaping Handler
    ) { on(.post, path, access, summary, bodyLimit: bodyLimit, shapes: shapes, handler: handler) }

    /// Adds a route that replaces.
    public mutating func put(
        _ path: String, _ access: Access, _ summary: String, bodyLimit: Int = 65_536, shapes: Shapes = Shapes(),
        handler: @escaping Handler
    ) { on(.put, path, access, summary, bodyLimit: bodyLimit, shapes: shapes, handler: handler) }

    /// Adds a route that changes a part.
    public mutating func patch(
        _ path: String, _ access: Access, _ summary: String, bodyLimit: Int = 65_536, shapes: Shapes = Shapes(),
        handler: @escaping Handler
    ) { on(.patch, path, access, summary, bodyLimit: bodyLimit, shapes: shapes, handler: handler) }

    /// Adds a route that removes.
    public mutating func delete(
        _ path: String, _ access: Access, _ summary: String, shapes: Shapes = Shapes(), handler: @escaping Handler
    ) { on(.delete, path, access, summary, shapes: shapes, handler: handler) }

    /// Every permission that a route names, by its name; events name theirs the same way.
    public var permissions: [String: Permission] {
        var result: [String: Permission] = [:]
        for route in all {
            if case .needs(let permission) = route.access { result[permission.name] = permission }
        }
        return result
    }
}

/// What goes into a route and what comes out, for the API's description.
public struct Shapes: Sendable {
    /// Parameters of the query, each with a word on it.
    public var query: [(name: String, about: String)]
    /// The JSON body that is expected.
    public var takes: Shape?
    /// The JSON document that is answered.
    public var gives: Shape?

    /// Nothing known, or what is given.
    public init(query: [(name: String, about: String)] = [], takes: Shape? = nil, gives: Shape? = nil) {
        self.query = query
        self.takes = takes
        self.gives = gives
    }
}

/// A JSON schema, as far as this API needs one.
public indirect enum Shape: Sendable {
    case text
    case integer
    case number
    case flag
    /// RFC 3339.
    case time
    /// A 13-character identifier.
    case id
    /// One of these texts.
    case oneOf([String])
    case list(Shape)
    /// Members, and which of them must be there.
    case object([String: Shape], required: [String] = [])
    case anything

    /// A page of a list of `item`.
    public static func page(of item: Shape) -> Shape {
        .object(["items": .list(item), "next": .text], required: ["items"])
    }
}
