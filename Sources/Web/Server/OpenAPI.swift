import Foundation
import HTTPTypes
import Kernel

/// The API's description, made of the routes themselves, so that it cannot say what is not so.
public enum OpenAPI {
    /// The document (OpenAPI 3.1) of every route under `/api/v1` and `/push`.
    public static func document(_ routes: Routes) throws -> String {
        var paths: [String: [String: Any]] = [:]
        for route in routes.all where route.path.hasPrefix("/api/v1/") || route.path.hasPrefix("/push/") {
            paths[route.path, default: [:]][route.method.rawValue.lowercased()] = operation(route)
        }
        let document: [String: Any] = [
            "openapi": "3.1.0",
            "info": [
                "title": "Zhili 智理", "version": "1",
                "description": """
                Times are RFC 3339 in UTC+08:00, identifiers 13 characters. Lists are pages: follow `next`. Problems are \
                RFC 9457. A POST with an `Idempotency-Key` is done once.
                """,
            ],
            "servers": [["url": "/"]], "paths": paths,
            "components": [
                "securitySchemes": [
                    "bearer": ["type": "http", "scheme": "bearer"],
                    "cookie": ["type": "apiKey", "in": "cookie", "name": "zhili_session"],
                ],
                "schemas": ["Problem": problem],
            ],
        ]
        let data = try JSONSerialization.data(
            withJSONObject: document, options: [.sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self)
    }

    private static func operation(_ route: Route) -> [String: Any] {
        var operation: [String: Any] = [
            "summary": route.summary, "tags": [tag(route.path)],
            "operationId": route.method.rawValue.lowercased()
                + route.path.map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined(),
            "responses": [
                "2XX": answer(route.shapes.gives),
                "default": [
                    "description": "A problem",
                    "content": ["application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]],
                ],
            ],
        ]
        switch route.access {
        case .open, .device: operation["security"] = [[String: Any]]()
        case .known, .anyone: operation["security"] = security
        case .needs(let permission):
            operation["security"] = security
            operation["x-permission"] = permission.name
            operation["x-roles"] = permission.roles.map(\.rawValue).sorted()
        }
        let parameters =
            route.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { piece -> [String: Any] in
                [
                    "name": String(piece.dropFirst().dropLast()), "in": "path", "required": true,
                    "schema": ["type": "string"],
                ]
            }
            + route.shapes.query.map { name, about in
                ["name": name, "in": "query", "description": about, "schema": ["type": "string"]]
            }
        if !parameters.isEmpty { operation["parameters"] = parameters }
        if let takes = route.shapes.takes {
            operation["requestBody"] = [
                "required": true, "content": ["application/json": ["schema": schema(takes)]],
            ]
        }
        return operation
    }

    private static var security: [[String: Any]] { [["bearer": [String]()], ["cookie": [String]()]] }

    private static func tag(_ path: String) -> String {
        let pieces = path.split(separator: "/")
        return pieces.first == "push" ? "push" : pieces.count > 2 ? String(pieces[2]) : "api"
    }

    private static func answer(_ shape: Shape?) -> [String: Any] {
        guard let shape else { return ["description": "Done"] }
        return ["description": "Done", "content": ["application/json": ["schema": schema(shape)]]]
    }

    private static func schema(_ shape: Shape) -> [String: Any] {
        switch shape {
        case .text: ["type": "string"]
        case .integer: ["type": "integer"]
        case .number: ["type": "number"]
        case .flag: ["type": "boolean"]
        case .time: ["type": "string", "format": "date-time"]
        case .id: ["type": "string", "minLength": 13, "maxLength": 13]
        case .oneOf(let texts): ["type": "string", "enum": texts]
        case .list(let item): ["type": "array", "items": schema(item)]
        case .object(let members, let required):
            ["type": "object", "properties": members.mapValues(schema), "required": required]
        case .anything: [:]
        }
    }

    private static var problem: [String: Any] {
        [
            "type": "object", "required": ["status", "title"],
            "properties": [
                "status": ["type": "integer"], "title": ["type": "string"], "code": ["type": "string"],
                "detail": ["type": "string"], "errors": ["type": "object"], "reference": ["type": "string"],
            ],
        ]
    }
}
