import Foundation
import NIOHTTP1
import Testing

/// The trial of ways in, of the built program over its own sockets.
@Suite("A trial of the ways in", .serialized)
struct GatewayTrialPathTests {
    @Test("Every way is tried where somebody asks; a trial's mark opens the door for nothing else")
    func asked() async throws {
        let centre = try RunningCentre("mqtt: {url: 'off'}\ngateway-trial: 'off'")
        try await centre.start()
        let officer = try await centre.logIn("officer")
        for (kind, token) in [
            ("json", "a-token-of-twenty-four-x"), ("ctwing", "a-token-of-twenty-four-x"),
            ("onenet", "onenet-token-of-twenty-x"),
        ] {
            _ = try await centre.register(
                kind: kind, gateway: "platform-\(kind)", detector: "d-\(kind)", pushToken: token, token: officer)
        }
        let before = try await centre.ask(.GET, "/api/v1/cases", token: officer).items.count
        #expect(try await centre.ask(.POST, "/api/v1/gateways/trials", token: officer, json: "{}").status == 202)
        let ways = try await centre.until("/api/v1/gateways/trials", token: officer) { answer in
            answer.items.count >= 4
                && answer.items.allSatisfy { $0["heardAt"] is String || $0["failure"] is String }
        }
        for way in try #require(ways).items { #expect(way["heardAt"] is String && way["failure"] == nil, "\(way)") }
        #expect(try await centre.ask(.GET, "/api/v1/cases", token: officer).items.count == before)
        // Nobody else's word is a trial.
        let forged = try await centre.ask(
            .POST, "/push/platform-json", json: #"{"device":"d-json","kind":"fire"}"#)
        #expect(forged.status == 401)
        try await centre.close()
    }
}
