import Foundation
import Testing

@testable import FireGuard

@Suite("The fire room's words")
struct WordsTests {
    private func words(_ language: String) throws -> [String: String] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appendingPathComponent("Sources/FireGuard/Resources/messages.\(language).json")
        return try JSONDecoder().decode([String: String].self, from: Data(contentsOf: file))
    }

    @Test("English is as complete as Chinese, and every state, kind and verdict has words")
    func complete() throws {
        let (zh, en) = (try words("zh-CN"), try words("en"))
        #expect(Set(zh.keys) == Set(en.keys))
        let needed =
            DetectorKind.allCases.map { "fire.kind.\($0.rawValue)" }
            + Alarm.State.allCases.map { "fire.state.\($0.rawValue)" }
            + Alarm.Verdict.allCases.flatMap {
                [
                    "fire.verdict.\($0.rawValue)", "fire.rule.verified-\($0.rawValue)",
                    "fire.message.verdict.\($0.rawValue)",
                ]
            } + SecondSource.allCases.map { "fire.second-source.\($0.rawValue)" }
            + Trouble.Kind.allCases.map { "fire.trouble.\($0.rawValue)" }
            + RollCall.Outcome.allCases.map { "fire.roll-call.\($0.rawValue)" }
            + Inspection.Kind.allCases.map { "fire.inspection.\($0.rawValue)" }
            + GatewayKind.allCases.map { "fire.gateway.\($0.rawValue)" }
        #expect(needed.filter { zh[$0] == nil } == [])
    }
}
