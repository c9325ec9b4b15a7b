import Foundation
import Kernel
import Testing

@testable import Office
@testable import Registry

@Suite("Tables as offices have them")
struct TableFileTests {
    /// Parts of an .xlsx as other programs write them, packed by the system's own zip.
    private func xlsx(_ sheet: String, shared: String? = nil, styles: String? = nil, date1904: Bool = false) throws
        -> URL
    {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("xlsx-\(UUID().uuidString)")
        var parts = [
            "xl/workbook.xml": """
            <?xml version="1.0"?><workbook xmlns="m" xmlns:r="r"><workbookPr date1904="\(date1904 ? 1 : 0)"/><sheets>
            <sheet name="hidden" sheetId="1" state="hidden" r:id="rId9"/><sheet name="a" sheetId="2" r:id="rId1"/>
            </sheets></workbook>
            """,
            "xl/_rels/workbook.xml.rels": """
            <Relationships><Relationship Id="rId1" Type="x/worksheet" Target="worksheets/sheet1.xml"/>
            <Relationship Id="rId9" Type="x/worksheet" Target="worksheets/none.xml"/></Relationships>
            """,
            "xl/worksheets/sheet1.xml": sheet,
        ]
        parts["xl/sharedStrings.xml"] = shared
        parts["xl/styles.xml"] = styles
        for (name, text) in parts {
            let file = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        let zip = Process()
        zip.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        zip.arguments = [
            "-c",
            "import zipfile,os,sys\nz=zipfile.ZipFile('t.xlsx','w',zipfile.ZIP_DEFLATED)\n[z.write(os.path.join(d,f),os.path.relpath(os.path.join(d,f),'.')) for d,_,fs in os.walk('xl') for f in fs]",
        ]
        zip.currentDirectoryURL = folder
        try zip.run()
        zip.waitUntilExit()
        return folder.appendingPathComponent("t.xlsx")
    }

    private func rows(_ file: URL, limits: TableLimits = TableLimits()) throws -> [SheetRow] {
        var rows: [SheetRow] = []
        try TableFile(path: file.path, limits: limits).rows { row in
            rows.append(row)
            return true
        }
        return rows
    }

    @Test("An .xlsx gives texts, numbers, dates, flags and errors, whatever program wrote it")
    func cells() throws {
        let file = try xlsx(
            """
            <x:worksheet xmlns:x="m"><x:sheetData>
            <x:row r="2"><x:c r="A2" t="s"><x:v>0</x:v></x:c><x:c r="C2" s="1"><x:v>45000</x:v></x:c>
            <x:c t="inlineStr"><x:is><x:t>内</x:t><x:rPh><x:t>nei</x:t></x:rPh></x:is></x:c>
            <x:c r="E2" t="b"><x:v>1</x:v></x:c><x:c r="F2" t="e"><x:v>#N/A</x:v></x:c>
            <x:c r="G2"><x:f>A1</x:f><x:v></x:v></x:c><x:c r="H2"><x:v>4.12702195001011E+17</x:v></x:c>
            <x:c r="I2" t="str"><x:v>a_x000D_b</x:v></x:c></x:row></x:sheetData></x:worksheet>
            """,
            shared: "<sst><si><r><t>张</t></r><r><t>建国</t></r><rPh><t>x</t></rPh></si></sst>",
            styles: """
                <styleSheet><numFmts><numFmt numFmtId="176" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/></numFmts>
                <cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="176"/></cellXfs></styleSheet>
                """)
        let row = try #require(try rows(file).first)
        #expect(row.line == 2)
        #expect(
            row.cells == [
                .text("张建国"), .empty, .number(45_000, isDate: true), .text("内"), .flag(true), .error, .empty,
                .number(4.12702195001011E+17, isDate: false), .text("a\rb"),
            ])
    }

    @Test("Bombs and broken files are refused and say so")
    func hostile() throws {
        let bomb = try xlsx(
            "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><worksheet><sheetData/></worksheet>")
        #expect(throws: TableError.damaged("a document type")) { try rows(bomb) }
        var limits = TableLimits()
        limits.partBytes = 10_000
        let large = try xlsx(
            "<worksheet><sheetData>" + String(repeating: "<row/>", count: 100_000) + "</sheetData></worksheet>")
        #expect(throws: TableError.self) { try rows(large, limits: limits) }
        let far = try xlsx("<worksheet><sheetData><row r=\"99999999\"/></sheetData></worksheet>")
        #expect(throws: TableError.damaged("row 99999999")) { try rows(far) }
        let html = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).xls")
        try Data("<html><table/></html>".utf8).write(to: html)
        #expect(throws: TableError.unknownKind) { try rows(html) }
    }

    @Test("Mutated files are read or refused, never more")
    func fuzz() throws {
        let seconds = ProcessInfo.processInfo.environment["ZHILI_FUZZ_SECONDS"].flatMap { Double($0) } ?? 1
        let good = Array(
            try Data(
                contentsOf: xlsx(
                    "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c><v>1</v></c></row></sheetData></worksheet>",
                    shared: "<sst><si><t>a</t></si></sst>")))
        var random = SampleRandom(seed: 7)
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).bin")
        let end = Date().addingTimeInterval(seconds)
        var tried = 0
        while Date() < end {
            var bytes = good
            for _ in 0..<1 + random.below(8) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
            if random.chance(20) { bytes.removeLast(random.below(bytes.count)) }
            try Data(bytes).write(to: file)
            _ = try? rows(file)
            _ = try? CSVReader(Data(bytes), limits: TableLimits()).rows { _ in true }
            tried += 1
        }
        #expect(tried > 10)
    }

    @Test("Text tables come in UTF-8, UTF-16 and GB 18030, with quotes, and with rare characters")
    func csv() throws {
        let text = "姓名,住址\r\n\"张,\"\"三\"\"\",东村\n㐂䶮𠮷,\n"
        let gb = try #require(text.data(using: String.Encoding(rawValue: 0x8000_0632)))
        let utf16 = try #require(text.data(using: .utf16))
        for data in [Data(text.utf8), Data([0xEF, 0xBB, 0xBF]) + Data(text.utf8), gb, utf16] {
            var rows: [SheetRow] = []
            try CSVReader(data, limits: TableLimits()).rows { row in
                rows.append(row)
                return true
            }
            #expect(
                rows.map(\.cells) == [
                    [.text("姓名"), .text("住址")], [.text("张,\"三\""), .text("东村")], [.text("㐂䶮𠮷")],
                ])
        }
    }

    private func fields() throws -> [Field] {
        try #require(try CategoryStore.shipped().first { $0.key == "resident" }).fields
    }

    private func row(_ line: Int, _ cells: String...) -> SheetRow {
        SheetRow(line: line, cells: cells.map { $0.isEmpty ? .empty : .text($0) })
    }

    @Test("A head is found below a title and over two rows, and columns are known by name or content")
    func head() throws {
        let rows = [
            row(1, "云汐镇人员信息登记表"), row(2, "填表说明：身份证号须为文本"),
            row(3, "序号", "基本信息", "", "", "联系", ""), row(4, "", "姓 名", "身份证号码*", "出生年月日（必填）", "手机", "家庭住址"),
            row(5, "1", "张建国", "412723199010050012", "1990.10.5", "19900001234", "东村一社12号"),
        ]
        let head = try #require(TableHead.find(in: rows, fields: try fields()))
        #expect(head.lastLine == 4)
        #expect(
            head.columns == [1: "name", 2: "idNumber", 3: "birthDate", 4: "phone", 5: "address"])
        let nameless = [
            row(1, "姓名", "号码一"), row(2, "甲一", "412723199010050012"), row(3, "乙二", "110102199101010078"),
            row(4, "丙三", "120110198012010073"),
        ]
        #expect(try #require(TableHead.find(in: nameless, fields: try fields())).columns[1] == "idNumber")
        #expect(TableHead.find(in: [row(1, "a", "b")], fields: try fields()) == nil)
    }
}
