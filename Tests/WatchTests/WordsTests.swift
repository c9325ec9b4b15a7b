import Foundation
import GB28181
import Testing

@testable import Watch

@Suite("The watch room's words")
struct WordsTests {
    private func words(_ language: String) throws -> [String: String] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appendingPathComponent("Sources/Watch/Resources/messages.\(language).json")
        return try JSONDecoder().decode([String: String].self, from: Data(contentsOf: file))
    }

    @Test("English is as complete as Chinese, and every state, kind and outcome has words")
    func complete() throws {
        let (zh, en) = (try words("zh-CN"), try words("en"))
        #expect(Set(zh.keys) == Set(en.keys))
        let needed =
            PlaceKind.allCases.map { "watch.place.\($0.rawValue)" }
            + GBID.Kind.allCases.map { "watch.kind.\($0.rawValue)" }
            + WatchDevice.Transport.allCases.map { "watch.transport.\($0.rawValue)" }
            + Sighting.Outcome.allCases.flatMap {
                ["watch.water.outcome.\($0.rawValue)", "watch.water.line.\($0.rawValue)"]
            } + (1...7).map { "watch.alarm.method.\($0)" }
        #expect(needed.filter { zh[$0] == nil } == [])
    }
}
