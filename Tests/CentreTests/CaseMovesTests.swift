import Foundation
import NIOHTTP1
import Testing

/// A case's way over the API, as departments and the desk drive it.
@Suite("The moves of a case", .serialized)
struct CaseMovesTests {
    private func open(_ centre: RunningCentre, _ title: String, _ token: String, key: String? = nil) async throws
        -> RunningCentre.Answer
    {
        try await centre.ask(
            .POST, "/api/v1/cases", token: token, json: #"{"kind":"report","severity":2,"title":"\#(title)"}"#, key: key
        )
    }

    private func move(_ centre: RunningCentre, _ id: String, _ body: String, _ token: String) async throws -> String {
        let answer = try await centre.ask(.POST, "/api/v1/cases/\(id)/moves", token: token, json: body)
        return answer["state"] as? String ?? "\(answer.status) \(answer["code"] as? String ?? answer.text)"
    }

    @Test(
        "Accept, assign, suspend, resume, extend, supervise, handle, return, close, reopen, merge: each as its rule says"
    )
    func way() async throws {
        let centre = try RunningCentre("mqtt: {url: 'off'}")
        try await centre.start()
        let (officer, leader) = (try await centre.logIn("officer"), try await centre.logIn("leader"))
        let clerk = try await centre.logIn("clerk")

        // A create that is repeated with its key is the same case; another body under that key is refused.
        let first = try await open(centre, "路面塌陷", officer, key: "key-00000001")
        #expect(first.status == 201)
        let id = try #require(first["id"] as? String)
        #expect(try await open(centre, "路面塌陷", officer, key: "key-00000001")["id"] as? String == id)
        #expect(try await open(centre, "别的", officer, key: "key-00000001").status == 422)
        #expect(try await centre.ask(.GET, "/api/v1/cases?q=路面塌陷".encoded, token: officer).items.count == 1)

        #expect(try await move(centre, id, #"{"type":"suspend","text":"x"}"#, officer) == "409 case.move-not-allowed")
        #expect(try await move(centre, id, #"{"type":"accept"}"#, officer) == "accepted")
        #expect(try await move(centre, id, #"{"type":"assign"}"#, officer) == "422 invalid")
        #expect(try await move(centre, id, #"{"type":"assign","text":"城建办"}"#, officer) == "assigned")
        #expect(try await move(centre, id, #"{"type":"suspend","text":"等材料"}"#, officer) == "suspended")
        #expect(try await move(centre, id, #"{"type":"resume"}"#, officer) == "assigned")
        #expect(try await move(centre, id, #"{"type":"extend","text":"雨天","days":3}"#, officer) == "403 forbidden")
        #expect(try await move(centre, id, #"{"type":"extend","text":"雨天","days":31}"#, leader) == "422 invalid")
        #expect(try await move(centre, id, #"{"type":"extend","text":"雨天","days":3}"#, leader) == "assigned")
        #expect(try await move(centre, id, #"{"type":"supervise"}"#, leader) == "assigned")
        #expect(try await move(centre, id, #"{"type":"start"}"#, clerk) == "handling")
        #expect(try await move(centre, id, #"{"type":"handled","text":"已修"}"#, officer) == "handled")
        #expect(try await move(centre, id, #"{"type":"close"}"#, officer) == "409 case.own-work")
        #expect(try await move(centre, id, #"{"type":"return","text":"没修好"}"#, leader) == "handling")
        #expect(try await move(centre, id, #"{"type":"handled","text":"又修"}"#, clerk) == "handled")
        #expect(try await move(centre, id, #"{"type":"close"}"#, officer) == "closed")
        #expect(try await move(centre, id, #"{"type":"reopen","text":"又塌了"}"#, officer) == "accepted")

        let other = try #require(try await open(centre, "同一处", officer)["id"] as? String)
        #expect(try await move(centre, other, #"{"type":"merge","other":"\#(other)"}"#, officer) == "422 invalid")
        #expect(try await move(centre, other, #"{"type":"merge","other":"\#(id)"}"#, officer) == "merged")
        // What was merged takes no further part; the other tells of it.
        #expect(try await move(centre, other, #"{"type":"accept"}"#, officer) == "409 case.move-not-allowed")
        #expect(try await centre.ask(.GET, "/api/v1/cases/\(id)", token: officer).text.contains("absorbed"))

        // A fire is not suspended.
        let fire = try await centre.ask(
            .POST, "/api/v1/cases", token: officer, json: #"{"kind":"fire","severity":3,"title":"火情"}"#)
        let burning = try #require(fire["id"] as? String)
        _ = try await move(centre, burning, #"{"type":"accept"}"#, officer)
        #expect(
            try await move(centre, burning, #"{"type":"suspend","text":"x"}"#, officer) == "409 case.move-not-allowed")
        try await centre.close()
    }

    @Test("Units are made and changed with their members; every list there is comes as a workbook too")
    func unitsAndLists() async throws {
        let centre = try RunningCentre("mqtt: {url: 'off'}")
        try await centre.start()
        let (leader, auditor) = (try await centre.logIn("leader"), try await centre.logIn("auditor"))
        let people = try await centre.ask(.GET, "/api/v1/staff?role=patrol", token: leader)
        let patrol = try #require(people.items.first?["id"] as? String)
        #expect(people.items.allSatisfy { ($0["roles"] as? [String])?.contains("patrol") == true })
        let body = #"{"name":"夜巡队","kind":"patrol","members":["\#(patrol)"]}"#
        let made = try await centre.ask(.POST, "/api/v1/units", token: leader, json: body, key: "unit-key-1")
        #expect(made.status == 201)
        let again = try await centre.ask(.POST, "/api/v1/units", token: leader, json: body, key: "unit-key-1")
        #expect(again["id"] as? String == made["id"] as? String)
        let wrong = try await centre.ask(
            .POST, "/api/v1/units", token: leader, json: #"{"name":"","kind":"navy","members":["0000000000001"]}"#)
        #expect(wrong.status == 422)
        #expect(try await centre.ask(.GET, "/api/v1/units", token: leader).text.contains("夜巡队"))
        #expect(try await centre.ask(.GET, "/api/v1/audit?action=unit.add", token: auditor).items.count == 1)
        let officer = try await centre.logIn("officer")
        for (list, token) in [
            ("cases", officer), ("alarms", officer), ("sites", officer), ("detectors", officer), ("gateways", officer),
            ("messages", officer), ("units", officer), ("staff", leader), ("audit", auditor),
        ] {
            let book = try await centre.ask(.GET, "/\(list).xlsx", token: token)
            #expect(book.status == 200, "\(list)")
            #expect(book.headers.first(name: "Content-Type")?.contains("spreadsheetml") == true, "\(list)")
        }
        try await centre.close()
    }
}

extension String {
    /// As it stands in an address.
    fileprivate var encoded: String { addingPercentEncoding(withAllowedCharacters: .urlQueryAllowed) ?? self }
}
