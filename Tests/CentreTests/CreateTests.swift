import Foundation
import HTTPTypes
import Kernel
import Simulator
import Storage
import Testing
import Web

@testable import Centre

@Suite("What is created over the API", .serialized)
struct CreateTests {
    /// A create as a program sends it.
    private struct Create {
        var path: String
        var person: String
        var body: String
        var query = ""
        var pieces: [String: String] = [:]
    }

    /// What is posted to a list and creates nothing that a repeat would double, and why.
    private static let others: Set<String> = [
        "/api/v1/sessions",  // each log-in is a session of its own
        "/api/v1/reports", "/api/v1/reports/status",  // the report carries its receipt, and nothing of it may be kept
        // an edit names the revision that it was made on
        "/api/v1/areas/edits", "/api/v1/areas/undo", "/api/v1/areas/import",
        "/api/v1/map/inside", "/api/v1/categories/check", "/api/v1/message-templates/preview",  // questions
        "/api/v1/message-languages",  // one for each phone
        "/api/v1/categories",  // a category is named by its key: there is no second one
        "/api/v1/me/password", "/api/v1/departments/keys", "/api/v1/registry/pairs/search",  // moves, not things
        "/api/v1/onvif/searches", "/api/v1/onvif/profiles",  // questions to devices
        "/api/v1/gateways/trials",  // asking twice is asking once
        "/api/v1/patrol/track",  // a place is known by its moment
        // A secret is told once and kept nowhere; another one stands in its place.
        "/api/v1/departments/open311", "/api/v1/shifts/calendar",
    ]

    private static let plan = """
        {"name":"水边救人（示例）","kind":"river","severity":3,"steps":["5 通知巡查队","带救生圈到场"],"roles":["patrol"]}
        """

    /// A red square of 2 × 2 pixels.
    private static let png = """
        iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP8z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg==
        """

    private func value(_ answer: Answer, _ name: String) -> String? {
        let object = try? JSONSerialization.jsonObject(with: Data(answer.bodyBytes)) as? [String: Any]
        return object?[name] as? String ?? (object?["staff"] as? [String: Any])?[name] as? String
    }

    private func creates(_ town: Town) async throws -> [Create] {
        func first(_ path: String, _ person: String, _ query: String = "") async throws -> String {
            let answer = await town.ask(.get, path, as: person, query: query)
            struct List: Decodable { struct Item: Decodable { var id: String }; var items: [Item] }
            return try #require(try JSON.decode(List.self, answer.bodyBytes).items.first?.id)
        }
        let (site, gateway) = (
            try await first("/api/v1/sites", "officer"), try await first("/api/v1/gateways", "officer")
        )
        let (caseID, unit) = (try await newCase(town), try await first("/api/v1/units", "officer"))
        let plan = try #require(
            value(await town.ask(.post, "/api/v1/plans", as: "leader", body: Array(Self.plan.utf8)), "id"))
        let officer = try await first("/api/v1/staff", "admin", "role=officer")
        return [
            Create(path: "/api/v1/cases", person: "officer", body: #"{"kind":"report","severity":2,"title":"井盖"}"#),
            Create(
                path: "/api/v1/cases/{id}/tasks", person: "officer", body: #"{"unitId":"\#(unit)"}"#,
                pieces: ["id": caseID]),
            Create(path: "/api/v1/sites", person: "officer", body: #"{"name":"新场所（示例）","address":"示例路 9 号"}"#),
            Create(
                path: "/api/v1/gateways", person: "officer",
                body: #"{"kind":"gb26875","address":"0000000000AB","name":"新装置"}"#),
            Create(
                path: "/api/v1/detectors", person: "officer",
                body:
                    #"{"siteId":"\#(site)","gatewayId":"\#(gateway)","address":"1-1-99-1","kind":"smoke","place":"仓库"}"#
            ),
            Create(
                path: "/api/v1/staff", person: "admin", body: #"{"username":"newone","name":"新人","roles":["grid"]}"#),
            Create(path: "/api/v1/units", person: "leader", body: #"{"name":"夜巡队","kind":"patrol"}"#),
            Create(
                path: "/api/v1/escalation-policies", person: "leader",
                body: """
                    {"title":"夜间","policy":{"name":"fire","repeatSeconds":900,"scope":{},
                    "steps":[{"afterSeconds":30,"roles":["leader"],"people":[],"channels":["sms"]}]}}
                    """),
            Create(
                path: "/api/v1/rosters", person: "leader",
                body: """
                    {"name":"夜班","role":"officer","members":[],"watches":["夜班 20:00-08:00"],"days":"every",
                    "firstDay":"2026-12-01"}
                    """),
            Create(
                path: "/api/v1/broadcasts", person: "leader",
                body: #"{"headline":"演练","text":"今日演练","event":"演练","status":"Exercise","hours":1}"#),
            Create(path: "/api/v1/wall-layouts", person: "officer", body: #"{"name":"河边","size":1,"cameras":[]}"#),
            Create(
                path: "/api/v1/watch-devices", person: "admin",
                body: #"{"gbId":"34020000001110000077","name":"录像机","password":"a-long-password"}"#),
            Create(
                path: "/api/v1/cameras", person: "admin",
                body: #"{"name":"水闸（示例）","url":"rtsp://192.0.2.7/live","username":"view","password":"invented"}"#),
            Create(path: "/api/v1/departments", person: "leader", body: #"{"name":"水务办（示例）"}"#),
            Create(
                path: "/api/v1/lessons", person: "officer",
                body: #"{"topic":"fire","title":"厨房着火","summary":"先关火","body":"关火，盖锅盖。"}"#),
            Create(path: "/api/v1/water-places", person: "leader", body: #"{"name":"河湾（示例）"}"#),
            Create(path: "/api/v1/plans", person: "leader", body: Self.plan),
            Create(
                path: "/api/v1/drills", person: "leader",
                body: #"{"planId":"\#(plan)","title":"夜间演练","plannedAt":"2030-01-01T12:00:00Z"}"#),
            Create(
                path: "/api/v1/patrol/rounds", person: "leader",
                body: """
                    {"name":"夜巡（示例）","starts":"20:00","minutes":60,"grace":15,"days":"every",
                    "points":[{"name":"桥头","lat":34.0,"lon":113.0}]}
                    """),
            Create(path: "/api/v1/report-templates", person: "officer", body: #"{"words":"已派人现场查看。"}"#),
            Create(path: "/api/v1/voice-phrases", person: "officer", body: #"{"name":"停水","text":"今晚停水。"}"#),
            Create(path: "/api/v1/attachments", person: "officer", body: Self.png),
        ].map { [officer] create in
            var create = create
            create.body = create.body.replacing("\"members\":[]", with: "\"members\":[\"\(officer)\"]")
            return create
        }
    }

    private func newCase(_ town: Town) async throws -> String {
        let body = Array(#"{"kind":"report","severity":2,"title":"路灯"}"#.utf8)
        return try #require(value(await town.ask(.post, "/api/v1/cases", as: "officer", body: body), "id"))
    }

    @Test("A create that is repeated with its Idempotency-Key gets the first answer and makes nothing new")
    func once() async throws {
        let town = try await Town.open()
        let all = try await creates(town)
        for create in all {
            let body =
                create.body == Self.png
                ? Array(try #require(Data(base64Encoded: create.body))) : Array(create.body.utf8)
            func send(_ body: [UInt8]) async -> Answer {
                await town.ask(
                    .post, create.path, as: create.person, body: body, query: create.query, pieces: create.pieces,
                    key: "key \(create.path)")
            }
            let (first, again) = (await send(body), await send(body))
            let text = String(decoding: first.bodyBytes, as: UTF8.self)
            #expect(first.status == 201 && again.status == 201, "\(create.path) \(text)")
            #expect(value(first, "id") != nil && value(first, "id") == value(again, "id"), "\(create.path) \(text)")
            // The same key over something else is a mistake of the program, and no third thing.
            #expect(await send(body + [0x20]).status == 422, "\(create.path)")
            if create.path == "/api/v1/staff" {
                // A set-up password is told once and kept nowhere.
                #expect(value(first, "password") != nil && value(again, "password") == nil)
                let kept = try await town.centre.database.read { db in
                    try db.values(String.self, "SELECT answer FROM idempotency")
                }
                #expect(kept.allSatisfy { !$0.contains(value(first, "password") ?? "-") })
            }
        }
        try await addsCameraByONVIFOnce(town)
        // Every list that takes something new was tried.
        let tried = Set(all.map(\.path) + ["/api/v1/onvif/cameras"])
        let lists = town.house.routes.all
            .filter { $0.method == .post && $0.path.hasPrefix("/api/v1/") && !$0.path.contains("{") }
            .map(\.path)
        // What takes a table, a loudspeaker, a sound or words of a kind is tried where there is one.
        let elsewhere: Set<String> = [
            "/api/v1/imports", "/api/v1/voices", "/api/v1/voice-phrases/recordings", "/api/v1/message-templates",
        ]
        #expect(Set(lists).subtracting(tried).subtracting(Self.others).subtracting(elsewhere) == [])
        await town.close()
    }

    /// The device is asked again, and the camera is the first one.
    private func addsCameraByONVIFOnce(_ town: Town) async throws {
        let device = try await SimulatedONVIF.start(.init())
        let body = Array(
            """
            {"address":"127.0.0.1:\(device.port)","username":"view","password":"invented","profile":"main",\
            "name":"东闸（示例）"}
            """.utf8)
        func add() async -> Answer {
            await town.ask(.post, "/api/v1/onvif/cameras", as: "admin", body: body, key: "key onvif")
        }
        let (first, again) = (await add(), await add())
        #expect(first.status == 201 && again.status == 201, "\(String(decoding: first.bodyBytes, as: UTF8.self))")
        #expect(value(first, "id") != nil && value(first, "id") == value(again, "id"))
        await device.stop()
    }
}
