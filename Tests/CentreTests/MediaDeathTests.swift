import Foundation
import Logging
import NIOHTTP1
import Simulator
import Storage
import Synchronization
import Testing

@testable import Centre

#if canImport(Glibc)
    import Glibc
#endif

@Suite("The media process in the middle of an alarm", .serialized)
struct MediaDeathTests {
    @Test("Killed or hung, it holds up no alarm and no case, and is back by itself with the picture")
    func dies() async throws {
        let (sip, fire) = (Program.freePort(), Program.freePort())
        let centre = try RunningCentre(environment: [
            "ZHILI_GB28181_PORT": "\(sip)", "ZHILI_GB26875_PORT": "\(fire)", "ZHILI_MEDIA_RUN": "yes",
            "ZHILI_MEDIA_PORT": "0", "ZHILI_MEDIA_VIEW_PORT": "0",
        ])
        try await centre.start()
        let pid = try #require(centre.program?.process.processIdentifier)
        let sender = try #require(FeedSender())
        defer { sender.stop() }
        var plan = CameraTown.Plan()
        plan.port = sip
        plan.password = RunningCentre.password
        plan.sender = sender
        let town = CameraTown(plan)
        let play = Task { await town.run() }
        let leader = try await centre.logIn("leader")
        let listed = try await centre.until("/api/v1/cameras?state=online", token: leader) { $0.items.count == 1 }
        let camera = try #require(listed?.items.first?["id"] as? String)
        // It records too: more that could be waited for.
        let rule = try await centre.ask(
            .PUT, "/api/v1/cameras/\(camera)/recording", token: leader, json: #"{"mode":"continuous","keepDays":1}"#)
        #expect(rule.status == 200, "\(rule.text)")

        let (devices, isOver, threads) = (Self.devices(), Flag(), DispatchGroup())
        for device in devices {
            nonisolated(unsafe) let own = device
            DispatchQueue.global().async(group: threads) { _ = own.run(port: fire, isOver: isOver.value) }
        }
        var last: Int32 = 0
        for round in 0..<5 {
            try await live(centre, camera, leader)
            let media = try await process(of: pid, other: last)
            last = media
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...500)))
            // A hung one is worse than a dead one: nothing tells of it.
            if round % 2 == 1 {
                #expect(Glibc.kill(media, SIGSTOP) == 0)
                try await more(devices)
            }
            #expect(Glibc.kill(media, SIGKILL) == 0)
            try await more(devices)
        }
        // Back, and with the picture, though nobody but the centre started it.
        _ = try await process(of: pid, other: last)
        try await live(centre, camera, leader)
        try await more(devices)
        isOver.value.store(true, ordering: .relaxed)
        centre.kill()
        threads.wait()
        play.cancel()
        await play.value

        let after = try await Centre(CentreConfiguration(folder: centre.folder), logger: Logger(label: "media-death"))
        try await KillTests.check(devices.flatMap(\.confirmed), after)
        await after.database.close()
        try await centre.close()
    }

    /// Registered ones and one that nobody knows.
    private static func devices() -> [StubbornDevice] {
        [0x379, 0x37A, 0xABCDEF].map { StubbornDevice(address: $0) }
    }

    /// Waits until each device has had ten more fires confirmed.
    private func more(_ devices: [StubbornDevice]) async throws {
        for device in devices {
            let goal = device.progress.load(ordering: .relaxed) + 10
            try await soon("no confirmation") { device.progress.load(ordering: .relaxed) >= goal }
        }
    }

    /// The media process, once it is another than before.
    private func process(of centre: Int32, other: Int32) async throws -> Int32 {
        var found: Int32?
        try await soon("no media process") {
            found = Program.children(of: centre, with: "media").first { $0 != other }
            return found != nil
        }
        return try #require(found)
    }

    /// Asks for the picture until the media process is up.
    private func live(_ centre: RunningCentre, _ camera: String, _ token: String) async throws {
        for _ in 0..<1_000 {
            let answer = try await centre.ask(.POST, "/api/v1/cameras/\(camera)/live", token: token, json: "{}")
            if answer.status == 200 { return }
            try #require(answer.status == 503, "\(answer.text)")
            try await Task.sleep(for: .milliseconds(40))
        }
        Issue.record("no media process")
    }

    private func soon(
        _ flaw: Comment, _ holds: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        for _ in 0..<1_200 {
            if holds() { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        Issue.record(flaw, sourceLocation: sourceLocation)
    }
}
