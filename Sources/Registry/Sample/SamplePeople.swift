import Kernel

/// Invented people: names, dates, numbers that belong to nobody (their region code is a whole province's, which no
/// person has, and their phones begin with 1990).
struct SamplePerson: Sendable {
    var name: String
    var isMale: Bool
    var birth: CivilDate
    var idNumber: String
    var phone: String
    var household: String
    var relation: String
    var home: SampleHome

    func age(in year: Int) -> Int { year - birth.year }
}

/// Where somebody lives.
struct SampleHome: Sendable {
    var address: String
    var point: GeoPoint?
}

struct SamplePeople {
    private static let surnames = Array(
        "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文单仇解查区朴"
    ).map(String.init)
    private static let male = Array("伟强磊军洋勇杰涛明超刚平辉健建国华志文斌波宇浩凯鹏飞龙林松柏山海川江河东南春生福贵财旺根水土金安宁康泰顺祥德仁义").map(String.init)
    private static let female = Array("芳娜敏静丽艳娟霞秀英慧兰玲红梅桂香凤莲云月珍珠玉翠花菊萍燕琴雪莹洁婷倩颖琳瑶佳欣怡悦晨露雨荷竹青叶素淑惠贤").map(String.init)

    static func name(_ isMale: Bool, surname: String? = nil, _ random: inout SampleRandom) -> String {
        let given = isMale ? male : female
        let first = random.pick(given)
        let compound = surname == nil && random.chance(0.6)
        let family = surname ?? (compound ? random.pick(["欧阳", "上官", "诸葛", "尉迟", "司马"]) : random.pick(surnames))
        return family + first + (random.chance(78) ? random.pick(given) : "")
    }

    static func surname(of name: String) -> String {
        Surnames.compound.contains(String(name.prefix(2))) ? String(name.prefix(2)) : String(name.prefix(1))
    }

    static func phone(_ random: inout SampleRandom) -> String {
        "1990" + String(String(10_000_000 + random.below(9_999_999)).suffix(7))
    }

    static func birth(ages: ClosedRange<Int>, _ random: inout SampleRandom) -> CivilDate {
        let day = CivilTime.dayNumber(year: 2026, month: 7, day: 1) - random.below(365)
        let back = (ages.lowerBound + random.below(ages.count)) * 365
        return CivilDate(known: day - back)
    }

    static func idNumber(_ birth: CivilDate, isMale: Bool, _ random: inout SampleRandom) -> String {
        let sequence = random.below(499) * 2 + (isMale ? 1 : 0)
        func padded(_ number: Int, _ width: Int) -> String {
            String(repeating: "0", count: max(0, width - String(number).count)) + String(number)
        }
        let text =
            "410000\(padded(birth.year, 4))\(padded(birth.month, 2))\(padded(birth.day, 2))\(padded(sequence, 3))"
        let check = IDNumber.check(Array(text.utf8)[...])
        return text + String(decoding: [check], as: UTF8.self)
    }
}
