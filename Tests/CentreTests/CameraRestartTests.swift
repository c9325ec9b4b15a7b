import Foundation
import NIOHTTP1
import Simulator
import Testing

@Suite("Cameras over a power cut", .serialized)
struct CameraRestartTests {
    @Test("The recorder is known at once, its old calls are hung up, and its picture is called anew")
    func killed() async throws {
        let sip = Program.freePort()
        let centre = try RunningCentre(environment: [
            "ZHILI_GB28181_PORT": "\(sip)", "ZHILI_MEDIA_RUN": "yes", "ZHILI_MEDIA_PORT": "0",
            "ZHILI_MEDIA_VIEW_PORT": "0",
        ])
        try await centre.start()
        var plan = CameraTown.Plan()
        plan.port = sip
        plan.password = RunningCentre.password
        let sender = try #require(FeedSender())
        defer { sender.stop() }
        plan.sender = sender
        let town = CameraTown(plan)
        let play = Task { await town.run() }
        let officer = try await centre.logIn("officer")
        let listed = try await centre.until("/api/v1/cameras?state=online", token: officer) { $0.items.count == 1 }
        let camera = try #require(listed?.items.first?["id"] as? String)
        try await live(centre, camera, officer)
        // A call that was not confirmed yet ends by itself at the device; the centre need not know of it.
        try await soon { town.tally.confirmed == 1 }
        let voice = #"{"kind":"talk","reason":"设备测试","cameraIds":["\#(camera)"]}"#
        #expect(try await centre.ask(.POST, "/api/v1/voices", token: officer, json: voice).status == 201)
        try await soon { town.tally.voices == 1 }

        centre.kill()
        try await centre.start()
        // The first answer counts: nothing waits for a registration or a sign of life.
        let after = try await centre.ask(.GET, "/api/v1/cameras?state=online", token: officer)
        #expect(after.items.count == 1, "\(after.text)")
        // Its camera still sent to the run that is gone, and its loudspeaker still listened to it.
        try await soon { town.tally.ended == 2 }
        let voices = try await centre.ask(.GET, "/api/v1/voices", token: officer)
        let speaker = (voices.items.first?["speakers"] as? [[String: Any]])?.first
        #expect(speaker?["stage"] as? String == "failed" && voices.items.first?["endedAt"] is String, "\(voices.text)")
        try await live(centre, camera, officer)
        try await soon { town.tally.calls == 2 }
        // Subscriptions went on inside their dialogs.
        try await soon { town.tally.renewals >= 3 }
        #expect(town.tally.subscriptions.count == 3)
        #expect(town.tally.registered == 1)
        play.cancel()
        await play.value
        try await centre.close()
    }

    /// Asks for the picture until the media process is up.
    private func live(_ centre: RunningCentre, _ camera: String, _ token: String) async throws {
        for _ in 0..<500 {
            let answer = try await centre.ask(.POST, "/api/v1/cameras/\(camera)/live", token: token, json: "{}")
            if answer.status == 200 { return }
            try #require(answer.status == 503, "\(answer.text)")
            try await Task.sleep(for: .milliseconds(40))
        }
        Issue.record("no media process")
    }

    private func soon(_ holds: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        for _ in 0..<600 {
            if holds() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("it did not happen within 30 s", sourceLocation: sourceLocation)
    }
}
