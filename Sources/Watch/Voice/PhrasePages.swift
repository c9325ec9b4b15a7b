import Foundation
import Kernel
import Storage
import Web

/// `/speak/phrases`: what is kept for speaking, heard, added, changed and taken away.
struct PhrasePages {
    let desk: any WatchDesk
    private var phrases: PhraseRoutes { PhraseRoutes(desk: desk) }

    func add(to routes: inout Routes) {
        routes.get("/speak/phrases", .needs(.phraseWrite), "Texts and recordings that are kept for speaking") { call in
            try await list(call)
        }
        routes.post("/speak/phrases/new", .needs(.phraseWrite), "Keeps a text, from the page") { call in
            try await saved(call, form: "text") { _ = try await phrases.keep(PhraseDraft(call.form), call) }
        }
        routes.post(
            "/speak/phrases/recordings", .needs(.phraseWrite), "Keeps a recording, from the page",
            bodyLimit: PhraseRoutes.bodyLimit
        ) { call in try await saved(call, form: "recording") { _ = try await phrases.keepRecording(call) } }
        routes.get("/speak/phrases/{id}", .needs(.phraseWrite), "Changes a text or a recording's name, the form") {
            call in
            let id: PhraseID = try call.id()
            guard let phrase = try await call.database.read({ db in try PhraseStore.find(id, in: db) }) else {
                throw Problem.notFound
            }
            return try edit(call, phrase, errors: [:])
        }
        routes.post("/speak/phrases/{id}", .needs(.phraseWrite), "Changes a text or a recording's name") { call in
            let id: PhraseID = try call.id()
            do {
                _ = try await phrases.change(id, PhraseDraft(call.form), call)
                return .redirect(to: "/speak/phrases?done=saved")
            } catch let problem as Problem where problem.status == 422 {
                guard var phrase = try await call.database.read({ db in try PhraseStore.find(id, in: db) }) else {
                    throw Problem.notFound
                }
                phrase.name = call.form["name"] ?? ""
                phrase.text = call.form["text"] ?? ""
                return try edit(call, phrase, errors: call.fieldWords(problem))
            }
        }
        routes.post("/speak/phrases/{id}/delete", .needs(.phraseWrite), "Takes a text or a recording away") { call in
            try await phrases.remove(try call.id(), call)
            return .redirect(to: "/speak/phrases?done=deleted")
        }
    }

    private func saved(_ call: Call, form: String, _ work: () async throws -> Void) async throws -> Answer {
        do {
            try await work()
            return .redirect(to: "/speak/phrases?done=saved")
        } catch let problem as Problem where problem.status == 422 {
            return try await list(call, wrong: form, errors: call.fieldWords(problem))
        }
    }

    private func list(_ call: Call, wrong: String? = nil, errors: [String: String] = [:]) async throws -> Answer {
        let phrases = try await call.database.read { db in try PhraseStore.list(in: db) }
        var context: [String: Any] = [
            "phrases": phrases.map { phrase -> [String: Any] in
                [
                    "id": phrase.id.description, "name": phrase.name, "text": phrase.text,
                    "isRecording": phrase.isRecording, "seconds": String(format: "%.1f", Double(phrase.ms) / 1_000),
                    "water": phrase.water == .no ? "" : call.word("watch.phrase.water.\(phrase.water.rawValue)"),
                ]
            },
            "waters": waters(call, .no), "mostSeconds": String(Voices.mostSeconds),
            "mostMegabytes": String(SoundFile.largest >> 20),
        ]
        if let wrong { context[wrong] = ["errors": errors, "values": call.form.values] }
        return try call.page(
            "phrases", title: call.word("watch.phrase.title"), context, status: errors.isEmpty ? 200 : 422)
    }

    private func edit(_ call: Call, _ phrase: Phrase, errors: [String: String]) throws -> Answer {
        try call.page(
            "phrase-edit", title: call.word("watch.phrase.edit"),
            [
                "id": phrase.id.description, "name": phrase.name, "text": phrase.text,
                "isRecording": phrase.isRecording, "waters": waters(call, phrase.water), "errors": errors,
            ], status: errors.isEmpty ? 200 : 422)
    }

    private func waters(_ call: Call, _ chosen: Phrase.Water) -> [[String: Any]] {
        Phrase.Water.allCases.map {
            [
                "value": $0.rawValue, "selected": $0 == chosen,
                "label": call.word("watch.phrase.water.\($0 == .no ? "no" : $0.rawValue)"),
            ]
        }
    }
}
