import Foundation
import Testing

@testable import Duty

@Suite("The duty room's words")
struct WordsTests {
    private func words(_ language: String) throws -> [String: String] {
        let file = DutyRoom.resources.bundleURL.appendingPathComponent("Resources/messages.\(language).json")
        return try JSONDecoder().decode([String: String].self, from: Data(contentsOf: file))
    }

    @Test("English is as complete as Chinese, and every origin, kind of day and reason has words")
    func complete() throws {
        let (zh, en) = (try words("zh-CN"), try words("en"))
        #expect(Set(zh.keys) == Set(en.keys))
        let needed =
            Shift.Origin.allCases.map { "duty.origin.\($0.rawValue)" }
            + Rotation.Days.allCases.map { "duty.days.\($0.rawValue)" }
            + DutyDesk.Source.allCases.filter { $0 != .roster }.map { "duty.source.\($0.rawValue)" }
            + HandoverItem.Kind.allCases.map { "duty.handover.kind.\($0.rawValue)" }
            + HandoverItem.State.allCases.map { "duty.handover.state.\($0.rawValue)" }
            + (0..<7).map { "duty.weekday.\($0)" }
        #expect(needed.filter { zh[$0] == nil } == [])
    }
}
