import Foundation
import Testing

@testable import Patrol

@Suite("The patrol room's words")
struct WordsTests {
    private func words(_ language: String) throws -> [String: String] {
        let file = PatrolRoom.resources.bundleURL.appendingPathComponent("Resources/messages.\(language).json")
        return try JSONDecoder().decode([String: String].self, from: Data(contentsOf: file))
    }

    @Test("English is as complete as Chinese, and every state, way, kind of day and refusal has words")
    func complete() throws {
        let (zh, en) = (try words("zh-CN"), try words("en"))
        #expect(Set(zh.keys) == Set(en.keys))
        let needed =
            Walk.State.allCases.flatMap { ["patrol.state.\($0.rawValue)", "js.patrol.state.\($0.rawValue)"] }
            + Stop.Way.allCases.map { "patrol.way.\($0.rawValue)" }
            + Round.Days.allCases.map { "patrol.days.\($0.rawValue)" }
            + ["clock", "early", "over", "order", "code", "nothing", "inexact", "far", "photo", "off"]
            .map { "problem.patrol.\($0)" }
        #expect(needed.filter { zh[$0] == nil } == [])
    }
}
