import Cases
import Foundation
import Kernel
import Testing

@testable import Joint

@Suite("Joint work's rules and words")
struct JointRuleTests {
    @Test(
        "A message calls those whom it names by @, the longest name first, each once",
        arguments: [
            ("@王一 看一下，@王一民 也看", ["王一", "王一民"]), ("＠王一民去", ["王一民"]), ("@王一民@王一民", ["王一民"]),
            ("mail@example @ 王一", []), ("王一", []), ("@", []), ("@@王一", ["王一"]),
        ])
    func mentions(_ text: String, _ names: [String]) {
        #expect(Mentions.read(text, among: ["王一", "王一民", ""]) == names)
    }

    @Test("A message of nothing but @ is read in time, and calls no more than its limit")
    func bounded() {
        #expect(Mentions.read(String(repeating: "@", count: 1_000), among: ["甲"]) == [])
        let names = (0..<40).map { "人\($0)号" }
        #expect(Mentions.read(names.map { "@\($0)" }.joined(), among: names).count == Mentions.limit)
    }

    @Test("English is as complete as Chinese, and every state of a task has words")
    func words() throws {
        func words(_ language: String) throws -> [String: String] {
            let file = JointRoom.resources.bundleURL.appendingPathComponent("Resources/messages.\(language).json")
            return try JSONDecoder().decode([String: String].self, from: Data(contentsOf: file))
        }
        let (zh, en) = (try words("zh-CN"), try words("en"))
        #expect(Set(zh.keys) == Set(en.keys))
        #expect(JointTask.State.allCases.filter { zh["joint.taskState.\($0.rawValue)"] == nil } == [])
    }
}
