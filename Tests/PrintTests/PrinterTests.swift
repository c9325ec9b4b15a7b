import Foundation
import Testing

@testable import Print

struct PrinterTests {
    /// What a reader of the file finds on its pages, in poppler's reading of it.
    static func read(_ bytes: [UInt8], _ arguments: [String] = []) throws -> [String] {
        let path = NSTemporaryDirectory() + "zhili-print-\(UUID().uuidString).pdf"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let reader = Process()
        reader.executableURL = URL(fileURLWithPath: "/usr/bin/pdftotext")
        reader.arguments = ["-layout"] + arguments + [path, "-"]
        let out = Pipe()
        reader.standardOutput = out
        try reader.run()
        let data = out.fileHandleForReading.readDataToEndOfFile()
        reader.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self)
        return text.split(separator: "\u{0C}", omittingEmptySubsequences: true).map(String.init)
    }

    @Test("A document of every kind of part reads back from its file")
    func everyPart() async throws {
        let labels = ["周一", "周二", "周三"]
        let document = Document(
            title: "值班日志（示例）", subtitle: "2026-11-25 白班", footer: "示例镇平安建设事务中心",
            blocks: [
                .facts([.init("值班员", "王示例"), .init("时间", "08:00–20:00")]),
                .heading("经过", level: 1), .paragraph("第一行\n第二行 with Latin"), .note("数字来自案件时间线"),
                .table(.init(columns: [.init("时间"), .init("次数", isNumeric: true)], rows: [["08:15", "12"]])),
                .table(.init(columns: [.init("无")], rows: [], empty: "没有记录")),
                .chart(.init(.bars, title: "报警", labels: labels, series: [.init("火警", [3, 0, 5])])),
                .chart(.init(.lines, title: "响应", unit: "秒", labels: labels, series: [.init("中位", [30, nil, 45])])),
                .signatures(["交班人", "接班人"]), .pageBreak, .paragraph("末页"),
            ], pageWords: { "第 \($0) 页，共 \($1) 页" })
        let bytes = try await Printer.shared.pdf(document)
        #expect(bytes.starts(with: Array("%PDF-1.".utf8)))
        let pages = try Self.read(bytes)
        #expect(pages.count == 2)
        for words in [
            "值班日志（示例）", "2026-11-25 白班", "示例镇平安建设事务中心", "王示例", "08:00–20:00", "第二行 with Latin", "08:15", "没有记录", "周三",
            "接班人", "第 1 页，共 2 页",
        ] { #expect(pages[0].contains(words), "\(words) is missing") }
        #expect(pages[1].contains("末页") && pages[1].contains("值班日志（示例）"))
    }

    @Test("A code is drawn module by module, dark where it is dark and light where it is light")
    func code() async throws {
        // A frame, by which it is found on the page, and noise in it.
        let rows = (0..<25).map { row in
            (0..<25).map { [0, 24].contains(row) || [0, 24].contains($0) || (row * 7 + $0 * $0 * 13) % 5 < 2 }
        }
        let bytes = try await Printer.shared.pdf(Document(title: "海报", blocks: [.large("第一点"), .code(rows)]))
        #expect(try Self.read(bytes)[0].contains("第一点"))
        let page = try Self.drawn(bytes, dotsPerPoint: 4)
        let module = 200.0 / 33 * 4
        let left = (PageSetter.left + PageSetter.right - 200) / 2 * 4 + 4 * module
        func isDark(_ x: Double, _ y: Double) -> Bool { page.grey[Int(y) * page.width + Int(x)] < 128 }
        let wide = (0..<25).map { left + (Double($0) + 0.5) * module }
        let top = try #require(
            (0..<page.height - 100).first { y in
                // Thicker than the line under the title.
                wide.allSatisfy { isDark($0, Double(y)) && isDark($0, Double(y) + module * 0.8) }
            }, "the frame is not there")
        for (row, cells) in rows.enumerated() {
            for (column, cell) in cells.enumerated() {
                #expect(isDark(wide[column], Double(top) + (Double(row) + 0.5) * module) == cell, "\(row) \(column)")
            }
        }
        // The quiet zone.
        #expect(!isDark(left - module, Double(top) + module) && !isDark(left + 26 * module, Double(top) + module))
        for wrong in [[], [[true]], Array(rows.dropLast())] {
            await #expect(throws: PrintProblem.malformed("a code that is no square of 21 to 177 modules")) {
                _ = try await Printer.shared.pdf(Document(title: "x", blocks: [.code(wrong)]))
            }
        }
    }

    /// The first page as a picture in grey, by poppler.
    private static func drawn(_ bytes: [UInt8], dotsPerPoint: Int) throws -> (grey: [UInt8], width: Int, height: Int) {
        let path = NSTemporaryDirectory() + "zhili-print-\(UUID().uuidString).pdf"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let drawer = Process()
        drawer.executableURL = URL(fileURLWithPath: "/usr/bin/pdftoppm")
        drawer.arguments = ["-gray", "-r", String(72 * dotsPerPoint), "-f", "1", "-l", "1", path]
        let out = Pipe()
        drawer.standardOutput = out
        try drawer.run()
        let data = out.fileHandleForReading.readDataToEndOfFile()
        drawer.waitUntilExit()
        // P5, width, height, 255, then a byte a pixel.
        let head = data.prefix(64).split(separator: 0x0A, maxSplits: 3)
        let size = try #require(head.dropFirst().first).split(separator: 0x20)
            .compactMap { Int(String(decoding: $0, as: UTF8.self)) }
        try #require(size.count == 2)
        return (Array(data.suffix(size[0] * size[1])), size[0], size[1])
    }

    @Test("A long table goes over pages with its head on each and no row lost")
    func longTable() async throws {
        let rows = (1...300).map {
            [Document.Table.Cell("行\($0)号"), Document.Table.Cell("龙津河东岸某某玩具厂（示例）第\($0)次巡查无异常")]
        }
        let bytes = try await Printer.shared.pdf(
            Document(
                title: "长表", blocks: [.table(.init(columns: [.init("编号"), .init("说明", share: 3)], rows: rows))],
                pageWords: { "\($0)/\($1)页" }))
        let pages = try Self.read(bytes)
        #expect(pages.count > 5)
        for (index, page) in pages.enumerated() {
            #expect(page.contains("编号") && page.contains("说明"), "page \(index + 1) has no head")
            #expect(page.contains("\(index + 1)/\(pages.count)页"))
        }
        let all = pages.joined()
        for number in 1...300 { #expect(all.contains("行\(number)号")) }
    }

    @Test("A row and a text higher than a page are cut between lines")
    func highRow() async throws {
        let long = (1...300).map { "句\($0)。" }.joined(separator: "\n")
        let bytes = try await Printer.shared.pdf(
            Document(
                title: "高",
                blocks: [
                    .table(.init(columns: [.init("甲"), .init("乙")], rows: [[Document.Table.Cell(long), "短"]])),
                    .paragraph(long),
                ]))
        let all = try Self.read(bytes).joined()
        #expect(all.split(separator: "句300。").count == 3)
        #expect(all.split(separator: "句1。").count == 3)
    }

    @Test("Chinese text wraps within its page")
    func wraps() async throws {
        let bytes = try await Printer.shared.pdf(
            Document(title: "折行", blocks: [.paragraph(String(repeating: "河边有人呼救", count: 60))]))
        let lines = try Self.read(bytes).joined().split(separator: "\n").filter { $0.contains("呼救") }
        #expect(lines.count >= 7)
    }

    @Test("A cell's link is in the file, whatever its address holds, and nothing that is no web address")
    func links() async throws {
        #expect(
            Canvas.address("https://a.example/案?q='(x)\\ y")
                == "https://a.example/%E6%A1%88?q=%27%28x%29%5C%20y")
        #expect(Canvas.address("javascript:alert(1)") == nil)
        let hostile = "https://zhili.example/cases?q=龙') (] uri='x\\"
        let table = Document.Table(
            columns: [.init("案件")], rows: [[.init("2026-1", link: hostile)], [.init("2026-2", link: "file:///etc")]])
        let bytes = try await Printer.shared.pdf(Document(title: "链接", blocks: [.table(table)]))
        let file = String(decoding: bytes, as: UTF8.self)
        #expect(
            file.split(separator: "/URI (https://zhili.example/cases?q=%E9%BE%99%27%29%20%28%5D%20uri=%27x%5C)").count
                == 2)
        #expect(!file.contains("etc)"))
        #expect(try Self.read(bytes).joined().contains("2026-2"))
    }

    @Test("Characters that steer are left out, and an empty document is a page")
    func hostile() async throws {
        let bytes = try await Printer.shared.pdf(
            Document(
                title: "甲\u{0}乙\u{1B}[2J",
                blocks: [.paragraph("\u{202E}倒\u{7}写\u{FFFF}\u{1F525}"), .facts([]), .signatures([])]))
        let page = try #require(try Self.read(bytes).first)
        #expect(page.contains("甲乙[2J") && page.contains("倒写"))
        #expect(try Self.read(try await Printer.shared.pdf(Document(title: ""))).count == 1)
    }

    @Test("What is too large or malformed is refused by name")
    func refused() async {
        await #expect(throws: PrintProblem.tooLarge(what: "blocks", count: 2_001, limit: 2_000)) {
            try await Printer.shared.pdf(Document(title: "", blocks: Array(repeating: .pageBreak, count: 2_001)))
        }
        await #expect(throws: PrintProblem.malformed("row longer than its head")) {
            try await Printer.shared.pdf(
                Document(title: "", blocks: [.table(.init(columns: [.init("a")], rows: [["1", "2"]]))]))
        }
        await #expect(throws: PrintProblem.malformed("a chart's value below 0 or not finite")) {
            try await Printer.shared.pdf(
                Document(
                    title: "", blocks: [.chart(.init(.bars, title: "", labels: ["a"], series: [.init("s", [.nan])]))]))
        }
    }
}
