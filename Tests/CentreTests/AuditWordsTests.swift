import Foundation
import Kernel
import Testing
import Web

@testable import Centre

@Suite("The audit log's words")
struct AuditWordsTests {
    private static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Sources")

    /// The arguments of the call whose parenthesis opens just before `text`, the commas between them taken apart.
    private func arguments(_ text: Substring) -> [String] {
        var (depth, isText, parts) = (1, false, [""])
        var previous: Character = " "
        for character in text {
            if isText {
                if character == "\"", previous != "\\" { isText = false }
            } else if character == "\"" {
                isText = true
            } else if "([{".contains(character) {
                depth += 1
            } else if ")]}".contains(character) {
                depth -= 1
                if depth == 0 { break }
            } else if character == ",", depth == 1 {
                parts.append("")
            }
            parts[parts.count - 1].append(character)
            previous = character
        }
        return parts
    }

    /// Every action that the sources name where they write to the audit log, with a file that does.
    private func actions() throws -> [String: String] {
        var found: [String: String] = [:]
        let names = try #require(FileManager.default.enumerator(atPath: Self.sources.path)).compactMap { $0 as? String }
        for name in names where name.hasSuffix(".swift") {
            let text = try String(contentsOf: Self.sources.appendingPathComponent(name), encoding: .utf8)
            for call in text.matches(of: /[^A-Za-z](AuditEntry|audit|note|record|entry|change)\(/) {
                let all = arguments(text[call.range.upperBound...])
                let told =
                    call.output.1 == "AuditEntry"
                    ? all.filter { $0.contains("action:") } : Array(all.prefix(2))
                for literal in told.joined(separator: " ").matches(of: /"([a-z]+(?:-[a-z]+)*(?:\.[a-z-]+)?)"/) {
                    let action = String(literal.output.1)
                    if action.contains(".") || call.output.1 == "AuditEntry" { found[action] = name }
                }
            }
        }
        return found
    }

    @Test("Every action that is written to the audit log has words, in both languages")
    func complete() throws {
        let catalogue = try Catalogue(bundles: RoomList.resources)
        let actions = try actions()
        #expect(actions.count > 60 && actions["staff.add"] != nil && actions["retention"] != nil)
        for language in Language.allCases {
            let keys = catalogue.keys(language)
            // What is a key itself is words for a case, not an action.
            let mute = actions.filter { !keys.contains("audit.\($0.key)") && !keys.contains($0.key) }
            #expect(mute == [:], "\(language.rawValue)")
        }
    }
}
