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

    static func open(_ adjust: (inout CentreConfiguration) -> Void = { _ in }) async throws -> Town {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("zhili-\(UUID().uuidString)")
        var configuration = CentreConfiguration(folder: folder)
        configuration.port = 0
        configuration.gb26875Port = 0
        configuration.gb28181Port = 0
        adjust(&configuration)
        var logger = Logger(label: "town")
        logger.logLevel = .critical
        let centre = try await Centre(configuration, logger: logger)
        _ = try await centre.setUp(sample: true, trialPassword: "trial-password-1")
        var town = Town(centre: centre, house: try await centre.house())
        for name in people { try await town.logIn(name) }
        return town
    }

    /// Takes another token for somebody.
    mutating func use(_ token: String?, for name: String) { tokens[name] = token }

    /// Gets a token for somebody who logs in with the trial's password.
    mutating func logIn(_ name: String, password: String = "trial-password-1") async throws {
        let body = try JSON.encode(["username": name, "password": password])
        let answer = await ask(.post, "/api/v1/sessions", as: nil, body: body)
        struct Session: Decodable { var token: String }
        tokens[name] = try JSON.decode(Session.self, answer.bodyBytes).token
    }

    /// Asks the route of that pattern; pieces in braces are filled from `pieces`, or with an identifier that nothing
    /// has.
    /// - Parameter key: the `Idempotency-Key`.
    func ask(
        _ method: HTTPRequest.Method, _ path: String, as person: String?, body: [UInt8] = Array("{}".utf8),
        query: String = "", pieces: [String: String] = [:], key: String? = nil,
        headers more: [(HTTPField.Name, String)] = []
    ) async -> Answer {
        guard let route = house.routes.all.first(where: { $0.method == method && $0.path == path }) else {
            return .text("no such route", status: 599)
        }
        var headers: HTTPFields = [.accept: "application/json", .contentType: "application/json"]
        if let token = person.flatMap({ tokens[$0] }) { headers[.authorization] = "Bearer \(token)" }
        for (name, value) in more { headers[name] = value }
        if let key, let name = HTTPField.Name("Idempotency-Key") { headers[name] = key }
        var parameters: [String: String] = [:]
        for piece in path.split(separator: "/") where piece.hasPrefix("{") {
            let name = String(piece.dropFirst().dropLast())
            parameters[name] = pieces[name] ?? "0000000000001"
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
