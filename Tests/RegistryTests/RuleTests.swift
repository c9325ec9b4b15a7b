import Foundation
import Kernel
import Testing
import Web

@testable import Registry

@Suite("What offices write, and what it means")
struct RuleTests {
    @Test(
        "ID numbers of the standard and of the reference hold (GB 11643)",
        arguments: [
            "11010519491231002X", "440524188001010014", "360426199101010071", "44011320141005001X",
            "412723199010050012",
            "110102199101010078", "120110198012010073", "440308199901101512", "500154199804106120",
            "810000199408230021",
            "830000199201300022", "11010519491231002x", "４４０３０８１９９９０１１０１５１２",
        ])
    func goodID(_ text: String) throws {
        #expect(try IDNumber(text).text.count == 18)
    }

    @Test(
        "A wrong ID number is refused for the right reason",
        arguments: [
            ("36042619910102009X", IDNumber.Flaw.check), ("440308199901101513", .check), ("360426199113010079", .date),
            ("440308199902301512", .date), ("990426199112010074", .region), ("T60426199101010078", .digits),
            ("44030819990110", .length), ("610104620927690", .old),
        ])
    func badID(_ text: String, _ flaw: IDNumber.Flaw) {
        #expect(throws: flaw) { _ = try IDNumber(text) }
    }

    @Test("No single wrong digit and no swapped neighbours pass")
    func checkDigit() throws {
        let good = Array("412723199010050012")
        for place in 0..<17 {
            for digit in "0123456789" where digit != good[place] {
                var wrong = good
                wrong[place] = digit
                #expect(throws: IDNumber.Flaw.self) { _ = try IDNumber(String(wrong)) }
            }
            var swapped = good
            swapped.swapAt(place, place + 1)
            if swapped != good { #expect(throws: IDNumber.Flaw.self) { _ = try IDNumber(String(swapped)) } }
        }
    }

    @Test(
        "Credit codes hold, those of village collectives too (GB 32100)",
        arguments: [
            "91110000600037341L", "91310115MA1K3BTP2B", "121200004013590816", "91350100M000100Y43",
            "92340603MA2PBMCG0U",
            "N2411324MF00000017",
        ])
    func goodCode(_ text: String) throws { #expect(try CreditCode(text).text == text) }

    @Test(
        "A wrong credit code is refused for the right reason",
        arguments: [
            ("91110000600037341N", CreditCode.Flaw.check), ("9111000060003IOZSV", .letters),
            ("A1110000600037341L", .check), ("91110000600037341", .length), ("01110000600037341L", .department),
        ])
    func badCode(_ text: String, _ flaw: CreditCode.Flaw) {
        #expect(throws: flaw) { _ = try CreditCode(text) }
    }

    @Test(
        "Dates are read in every form that offices use",
        arguments: [
            ("2026-03-05", "2026-03-05"), ("2026.3.5", "2026-03-05"), ("2026/3/5", "2026-03-05"),
            ("20260305", "2026-03-05"), ("2026年3月5日", "2026-03-05"), ("一九五〇年一月二日", "1950-01-02"),
            ("１９５０年１０月１日", "1950-10-01"), ("一九五零年十二月三十一日", "1950-12-31"), ("2026-03-05 00:00:00", "2026-03-05"),
        ])
    func dates(_ text: String, _ date: String) { #expect(CivilDate(text)?.text == date) }

    @Test(
        "What is no day is no date",
        arguments: ["2026-02-30", "1950年1月", "26-3-5", "abc", "", "20261301", "99999999999"])
    func noDates(_ text: String) { #expect(CivilDate(text) == nil) }

    @Test("A serial is the workbook's day, from 1900 or from 1904")
    func serials() {
        #expect(CivilDate(serial: 45_000, is1904: false)?.text == "2023-03-15")
        #expect(CivilDate(serial: 43_538, is1904: true)?.text == "2023-03-15")
        #expect(CivilDate(serial: 1, is1904: false)?.text == "1900-01-01")
        #expect(CivilDate(serial: 61, is1904: false)?.text == "1900-03-01")
        #expect(CivilDate(serial: .nan, is1904: false) == nil)
    }

    @Test("Masks leave what the table says")
    func masks() {
        #expect(Mask.name("段正淳") == "段**")
        #expect(Mask.name("张三") == "张*")
        #expect(Mask.name("欧阳娜娜") == "欧阳**")
        #expect(Mask.phone("18049531999") == "180****1999")
        #expect(Mask.phone("09157518479") == "0915*****79")
        #expect(Mask.address("北京市海淀区马连洼街道289号") == "北京市海淀区马********")
        #expect(Mask.address("柳湾村一社12号") == "********")
        let field = Field(
            key: "id", name: Words(zh: "号", en: ""), type: .idNumber, guard: .identifier,
            see: Field.See(plain: [], masked: []))
        #expect(Mask.apply("51343620000320711X", to: field) == "5***************1X")
    }

    @Test("Surnames are read by their own readings, and ü is found as v and as u")
    func pinyin() {
        #expect(Pinyin.readings(of: "单田芳").first == ["shan", "tian", "fang"])
        #expect(Pinyin.readings(of: "曾国藩").first == ["zeng", "guo", "fan"])
        #expect(Pinyin.readings(of: "查良镛").first == ["zha", "liang", "yong"])
        #expect(Pinyin.readings(of: "朴志勋").first?.first == "piao")
        #expect(SearchText.letters(of: "吕建国").isSuperset(of: ["lvjianguo", "lujianguo", "ljg"]))
        #expect(SearchText.letters(of: "单田芳").isSuperset(of: ["stf", "dtf"]))
        #expect(SearchText.letters(of: "尉迟恭").contains("yuchigong"))
    }

    @Test("Values survive being stored, whatever is in them")
    func values() {
        let values = FieldValues(["a": "引号\"与\\反斜线\n换行\u{1}", "b": "张三", "c": "", "": "x"])
        #expect(FieldValues(json: values.json) == values)
        #expect((try? JSONSerialization.jsonObject(with: Data(values.json.utf8))) != nil)
        #expect(FieldValues(json: "{\"a\":").all.isEmpty)
    }

    @Test("The shipped 22 categories are sound, and what a town does not keep is refused")
    func declarations() throws {
        let shipped = try CategoryStore.shipped()
        #expect(shipped.count == 22)
        for category in shipped { #expect(DeclarationCheck.flaws(category) == [:], "\(category.key)") }
        var bad = try #require(shipped.first { $0.key == "resident" })
        bad.fields[0].name.zh = "宗教信仰"
        #expect(DeclarationCheck.flaws(bad)["fields." + bad.fields[0].key] == "forbidden")
        bad = try #require(shipped.first { $0.key == "elderly" })
        for index in bad.fields.indices { bad.fields[index].purpose = nil }
        #expect(DeclarationCheck.flaws(bad)["fields.help"] == "purpose")
        bad.drawn.as = .point
        #expect(DeclarationCheck.flaws(bad)["drawn"] == "people")
    }
}
