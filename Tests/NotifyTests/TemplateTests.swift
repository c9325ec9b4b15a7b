import Foundation
import Identity
import Kernel
import Logging
import Storage
import StorageTesting
import Synchronization
import Testing
import Web

@testable import Notify

@Suite("Templates of messages")
struct TemplateTests {
    private let owner = MessageKind.all[0]
    private let values = [
        "site": "示例玩具厂", "place": "示例路 1 号", "kind": "烟雾", "mark": "未核实", "time": "03:12:45",
    ]

    @Test("Variables are filled; a brace that opens no name stays a brace; a value is not filled again")
    func fills() {
        let text = TemplateText("{time} {site}{ x}{place}：{kind}{")
        #expect(text.filled(values.merging(["site": "{place}"]) { $1 }, owner) == "03:12:45 {place}{ x}示例路 1 号：烟雾{")
        #expect(text.variables == ["time", "site", "place", "kind"])
    }

    @Test("A value that is too long is cut with an ellipsis, and brings no line break into a message")
    func cuts() {
        let text = TemplateText("{site}。{kind}")
        let long = text.filled(["site": String(repeating: "厂", count: 31), "kind": "烟\n雾"], owner)
        #expect(long == String(repeating: "厂", count: 29) + "…。烟 雾")
    }

    @Test("Unknown and missing variables are refused, and what carriers would cut or a voice not speak")
    func flaws() {
        let good = "{site} {place} {kind}"
        #expect(TemplateText(good).flaws(owner, .sms).isEmpty)
        #expect(TemplateText("{site} {place} {kind} {name}").flaws(owner, .sms) == ["template.unknown-variable"])
        #expect(TemplateText("{site} {place}").flaws(owner, .sms) == ["template.missing-variable"])
        let words = String(repeating: "火", count: 460)
        #expect(TemplateText(good + words).flaws(owner, .sms) == ["template.too-long"])
        #expect(TemplateText(good + words.prefix(240)).flaws(owner, .call) == ["template.too-long"])
        #expect(TemplateText(good + words.prefix(230)).flaws(owner, .call).isEmpty)
    }

    @Test("The longest text is counted in parts of 67 behind the first 70")
    func measures() {
        let text = TemplateText("{site}{place}{kind}")
        #expect(text.measure(text.longest(owner), .sms) == .init(characters: 82, parts: 2, seconds: 0, isCut: false))
        #expect(text.measure(String(repeating: "火", count: 70), .sms).parts == 1)
        #expect(text.measure("火", .call).seconds == 2)
    }

    @Test("What a message is about comes back from the store as it went in")
    func stored() {
        let content = MessageContent(kind: "fire.owner", values: values)
        #expect(MessageContent(kind: "fire.owner", stored: content.stored) == content)
        let strange = MessageContent(kind: "k", values: ["a": "x\u{1F}y\u{1E}z", "b": ""])
        #expect(MessageContent(kind: "k", stored: strange.stored)?.values == ["a": "xyz", "b": ""])
        #expect(MessageContent(kind: nil, stored: "a") == nil)
    }

    @Test("No words bring the reader of templates down, and without variables nothing is changed")
    func fuzz() {
        let seconds = Double(ProcessInfo.processInfo.environment["ZHILI_FUZZ_SECONDS"] ?? "") ?? 1
        let end = Date().addingTimeInterval(seconds)
        let letters = Array("{}sitekndplac 火\n")
        while Date() < end {
            let body = String((0..<Int.random(in: 0...40)).map { _ in letters[Int.random(in: 0..<letters.count)] })
            let text = TemplateText(body)
            if text.variables.isEmpty { #expect(text.filled([:], owner) == body) }
            _ = text.measure(text.longest(owner), .sms)
        }
    }

    @Test(
        "Only approved words go out: the carrier's own before those for any, in the language of the phone",
        arguments: Engine.allCases)
    func approved(_ engine: Engine) async throws {
        let storage = try await TestDatabase(engine)
        let database = storage.database
        try await Migrator.migrate(database, try IdentityRoom.schema() + NotifyRoom.schema())
        let content = MessageContent(kind: "fire.owner", values: values)
        var sent = message(.sms, "内置")
        sent.content = content
        let original = sent
        func draft(_ body: String, carrier: String = "", code: String = "", language: String = "zh-CN")
            -> MessageTemplate
        {
            MessageTemplate(
                id: .next(), kind: "fire.owner", language: language, channel: .sms, carrier: carrier, body: body,
                carrierCode: code, writtenBy: StaffID(rawValue: 1), writer: "甲", writtenAt: Instant(ms: 0))
        }
        func worded(_ carrier: String) async throws -> Message {
            try await database.read { db in try CarrierDesk.worded(original, for: carrier, in: db) }
        }
        func approve(_ template: MessageTemplate) async throws {
            try await database.write { db in
                try TemplateStore.approve(
                    template, by: StaffID(rawValue: 2), name: "乙", at: Instant(ms: 1), in: db)
            }
        }
        let any = draft("{site}{kind}")
        let own = draft("{kind}@{site}", carrier: "ali", code: "SMS_9")
        let english = draft("Fire: {site}", language: "en")
        try await database.write { db in for one in [any, own, english] { try TemplateStore.save(one, in: db) } }
        #expect(try await worded("ali").text == "内置")
        for one in [any, own, english] { try await approve(one) }
        #expect(try await worded("other").text == "示例玩具厂烟雾")
        let ali = try await worded("ali")
        #expect(ali.text == "烟雾@示例玩具厂")
        #expect(ali.form == CarrierForm(code: "SMS_9", values: [("kind", "烟雾"), ("site", "示例玩具厂")]))
        try await database.write { db in try TemplateStore.set(.en, of: original.to.phone, in: db) }
        #expect(try await worded("other").text == "Fire: 示例玩具厂")
        try await database.write { db in try TemplateStore.set(.zh, of: original.to.phone, in: db) }
        let newer = draft("新{site}")
        try await database.write { db in try TemplateStore.save(newer, in: db) }
        try await approve(newer)
        #expect(try await worded("other").text == "新示例玩具厂")
        let states = try await database.read { db in try TemplateStore.find(any.id, in: db)?.state }
        #expect(states == .retired)
    }
}
