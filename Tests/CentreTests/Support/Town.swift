import AsyncHTTPClient
import Foundation
import HTTPTypes
import Kernel
import Logging
import Storage
import Web

@testable import Centre

/// The sample town with its rooms open, and a token for each of its people; nothing listens.
struct Town {
    static let people = ["admin", "auditor", "officer", "leader", "brigade", "patrol", "grid", "clerk", "owner"]

    let centre: Centre
    let house: House
    private(set) var tokens: [String: String] = [:]

    static func open() async throws -> Town {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("zhili-\(UUID().uuidString)")
        var configuration = CentreConfiguration(folder: folder)
        configuration.port = 0
        configuration.gb26875Port = 0
        configuration.gb28181Port = 0
        var logger = Logger(label: "town")
        logger.logLevel = .critical
        let centre = try await Centre(configuration, logger: logger)
        _ = try await centre.setUp(sample: true, trialPassword: "trial-password-1")
        var town = Town(centre: centre, house: try await centre.house())
        for name in people {
            let body = try JSON.encode(["username": name, "password": "trial-password-1"])
            let answer = await town.ask(.post, "/api/v1/sessions", as: nil, body: body)
            struct Session: Decodable { var token: String }
            town.tokens[name] = try JSON.decode(Session.self, answer.bodyBytes).token
        }
        return town
    }

    /// Asks the route of that pattern; pieces in braces get an identifier that nothing has.
    func ask(
        _ method: HTTPRequest.Method, _ path: String, as person: String?, body: [UInt8] = Array("{}".utf8),
        query: String = ""
    ) async -> Answer {
        guard let route = house.routes.all.first(where: { $0.method == method && $0.path == path }) else {
            return .text("no such route", status: 599)
        }
        var headers: HTTPFields = [.accept: "application/json", .contentType: "application/json"]
        if let token = person.flatMap({ tokens[$0] }) { headers[.authorization] = "Bearer \(token)" }
        var parameters: [String: String] = [:]
        for piece in path.split(separator: "/") where piece.hasPrefix("{") {
            parameters[String(piece.dropFirst().dropLast())] = "0000000000001"
        }
        let incoming = Incoming(
            method: method, path: path, parameters: parameters, query: Form(query.utf8), headers: headers,
            authority: "127.0.0.1", address: "127.0.0.1")
        return await house.dispatcher.answer(route, incoming) { _ in body }
    }

    func close() async {
        try? await house.client.shutdown()
        await centre.database.close()
    }
}
