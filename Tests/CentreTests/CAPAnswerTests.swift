import Foundation
import HTTPTypes
import Testing
import Web

@testable import Centre

@Suite("Other centres' alerts over HTTP", .serialized)
struct CAPAnswerTests {
    @Test("Whatever is wrong with an alert is answered with a problem document that says what, and where")
    func problems() async throws {
        let token = "a-token-of-the-county"
        let town = try await Town.open { $0.cap.token = token }
        func post(_ body: String, _ token: String) async throws -> (status: Int, document: [String: Any]) {
            let answer = await town.ask(
                .post, "/cap/alerts", as: nil, body: Array(body.utf8),
                headers: [
                    (.authorization, "Bearer \(token)"), (.contentType, "application/cap+xml"), (.accept, "*/*"),
                ])
            #expect(answer.headers.contains { $0.name == "Content-Type" && $0.value == "application/problem+json" })
            let document = try JSONSerialization.jsonObject(with: Data(answer.bodyBytes)) as? [String: Any]
            return (answer.status, document ?? [:])
        }
        #expect(try await post("<alert/>", "another-token-of-16").status == 401)
        for (body, status) in [("", 400), ("no XML", 400), ("<alert", 400), ("<!DOCTYPE a><alert/>", 400)] {
            let answer = try await post(body, token)
            #expect(answer.status == status && answer.document["detail"] is String, "\(body): \(answer)")
        }
        let empty = try await post(#"<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"></alert>"#, token)
        #expect(empty.status == 422 && (empty.document["errors"] as? [String: String])?.isEmpty == false, "\(empty)")
        #expect(empty.document["status"] as? Int == 422 && empty.document["title"] is String)
        await town.close()
    }
}
