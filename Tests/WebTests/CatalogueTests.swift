import Testing

@testable import Web

@Suite("Words with something filled in")
struct CatalogueTests {
    private func filled(_ text: String, _ values: [String: String]) -> String {
        Catalogue(words: [.zh: ["key": text]]).word("key", .en, values)
    }

    @Test("Each name is filled in as often as it stands there, and one that is not known stays")
    func names() {
        #expect(filled("{site}起火，{site}附近的人请撤离{who}", ["site": "示例饭店"]) == "示例饭店起火，示例饭店附近的人请撤离{who}")
        #expect(filled("没有空位", ["site": "x"]) == "没有空位")
        #expect(filled("{a}{b}", ["a": "", "b": "末"]) == "末")
    }

    @Test("What is filled in is not looked through again: a site may call itself {kind}")
    func braces() {
        #expect(filled("{site}：{kind}", ["site": "{kind}", "kind": "感烟"]) == "{kind}：感烟")
        #expect(filled("开{", ["site": "x"]) == "开{")
        #expect(filled("}{{site}", ["site": "x"]) == "}{{site}")
    }
}
