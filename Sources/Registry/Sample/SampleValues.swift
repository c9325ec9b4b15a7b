import Kernel
import Places

extension SampleTown {
    mutating func values(_ key: String, _ index: Int) -> [String: String] {
        switch key {
        case "resident": return resident(index)
        case "household":
            let house = households[index % households.count]
            return [
                "number": house.number, "head": house.head.name, "phone": random.chance(96) ? house.head.phone : "",
                "people": String(house.size), "address": house.head.home.address, "place": place(house.head.home),
                "water": code(key, "water"),
            ]
        case "newcomer":
            let one = stranger(18...58)
            var values = bare(one)
            values["from"] = "外省某市某县（示例）"
            values["since"] = date(within: 900)
            values["work"] = code(key, "work")
            return values
        case "elderly": return elderly(index)
        case "child":
            let one = stranger(3...13)
            return [
                "name": one.name, "sex": one.isMale ? "1" : "2", "birthDate": one.birth.text, "carer": name(),
                "carerPhone": one.phone, "consent": "1", "school": "云汐镇中心小学（示例）", "address": one.home.address,
                "place": place(one.home),
            ]
        case "evacuation":
            let one = stranger(66...92)
            return [
                "name": one.name, "birthDate": one.birth.text, "phone": one.phone, "need": code(key, "need"),
                "helper": name(), "helperPhone": SamplePeople.phone(&random), "shelter": "村委会（示例）",
                "address": one.home.address, "place": place(one.home),
            ]
        case "volunteer":
            let one = stranger(19...66)
            var values = bare(one)
            values["idNumber"] = nil
            values["skill"] = code(key, "skill")
            values["active"] = flag(90)
            return values
        default: return things(key, index)
        }
    }

    private mutating func name() -> String { SamplePeople.name(random.chance(60), &random) }

    private func bare(_ one: SamplePerson) -> [String: String] {
        [
            "name": one.name, "sex": one.isMale ? "1" : "2", "birthDate": one.birth.text, "idNumber": one.idNumber,
            "phone": one.phone, "address": one.home.address, "place": place(one.home),
        ]
    }

    private mutating func resident(_ index: Int) -> [String: String] {
        let one = people[index % people.count]
        var values = bare(one)
        values["household"] = one.household
        values["relation"] = one.relation
        values["living"] = random.chance(72) ? "here" : random.chance(80) ? "away" : "town"
        if one.age(in: 2026) < 12 || random.chance(3) { values["phone"] = "" }
        // What clerks get wrong: a birth date typed from memory, a wrong sex, no number at all, somebody entered twice.
        if random.chance(0.9) { values["birthDate"] = CivilDate(known: one.birth.number + 1 + random.below(40)).text }
        if random.chance(0.4) { values["sex"] = one.isMale ? "2" : "1" }
        if random.chance(0.8) { values["idNumber"] = "" }
        if index > 40, random.chance(0.25) {
            let earlier = people[index - 1 - random.below(30)]
            values["name"] = Self.misheard(earlier.name)
            values["birthDate"] = earlier.birth.text
            values["idNumber"] = ""
            values["address"] = earlier.home.address
        }
        return values
    }

    /// The name as somebody else would write it who only heard it.
    private static func misheard(_ name: String) -> String {
        let pairs: [Character: Character] = [
            "建": "健", "伟": "玮", "英": "瑛", "兰": "蓝", "华": "花", "志": "智", "军": "均", "玉": "钰", "平": "萍", "红": "虹",
        ]
        return String(name.map { pairs[$0] ?? $0 })
    }

    private mutating func elderly(_ index: Int) -> [String: String] {
        var one = stranger(67...93)
        if index < people.count, people[index].age(in: 2026) >= 67 { one = people[index] }
        var values = bare(one)
        values["contact"] = name()
        values["contactPhone"] = SamplePeople.phone(&random)
        values["visit"] = random.chance(60) ? "week" : "month"
        values["help"] = code("elderly", "help")
        return values
    }

    private mutating func things(_ key: String, _ index: Int) -> [String: String] {
        let home = home()
        var values = ["address": home.address, "place": place(home)]
        let keeper = name()
        let phone = random.chance(97) ? SamplePeople.phone(&random) : ""
        func text(_ number: Int) -> String { String(number) }
        switch key {
        case "house":
            values["number"] = number("F")
            values["owner"] = households.isEmpty ? keeper : households[random.below(households.count)].head.name
            values["storeys"] = text(1 + random.below(4))
            values["built"] = text(1965 + random.below(60))
            values["grade"] = random.chance(70) ? "A" : random.chance(80) ? "B" : random.chance(70) ? "C" : "D"
            values["structure"] = code(key, "structure")
            values["use"] = code(key, "use")
        case "field":
            values["number"] = number("D")
            values["farmer"] = keeper
            values["mu"] = String(Double(3 + random.below(90)) / 10)
            values["crop"] = code(key, "crop")
            values["water"] = flag(70)
        case "livestock":
            values["number"] = number("Y")
            values["heads"] = text(5 + random.below(400))
            values["kind"] = code(key, "kind")
            values["keeper"] = keeper
            values["phone"] = phone
        case "machine":
            values["plate"] = "示" + number("N")
            values["owner"] = keeper
            values["phone"] = phone
            values["kind"] = code(key, "kind")
            values["checked"] = CivilDate(known: now.dayNumber - 200 + random.below(700)).text
        case "rental":
            let rooms = 1 + random.below(12)
            values["number"] = number("Z")
            values["owner"] = keeper
            values["phone"] = phone
            values["rooms"] = text(rooms)
            values["tenants"] = text(random.below(rooms * 2 + 1))
            values["charging"] = flag(12)
        case "dispute":
            values["number"] = number("T")
            values["kind"] = code(key, "kind")
            values["since"] = date(within: 700)
            values["party"] = keeper
            values["phone"] = phone
            values["state"] = code(key, "state")
            values["mediator"] = name()
            values["matter"] = "示例事由：界址与通行"
            values["place"] = nil
        default: return publicPlace(key, index, values, keeper, phone)
        }
        return values
    }

    private mutating func publicPlace(
        _ key: String, _ index: Int, _ start: [String: String], _ keeper: String, _ phone: String
    ) -> [String: String] {
        var values = start
        let village = String(values["address"]?.prefix { $0 != "村" } ?? "") + "村"
        switch key {
        case "business":
            values["name"] =
                "\(village)\(random.pick(["福满", "鑫盛", "顺丰源", "老地方", "东方"]))\(random.pick(["超市", "小炒店", "汽修店", "木器厂", "玩具厂"]))\(index + 1)号（示例）"
            values["creditCode"] = CreditCode.completing("92410000MA0" + letters(6)) ?? ""
            values["trade"] = code(key, "trade")
            values["head"] = keeper
            values["phone"] = phone
            values["workers"] = String(1 + random.below(60))
            values["stays"] = flag(18)
        case "collective":
            let group = index < plots.count
            let area = group ? plots[index] : areas.villages[(index - plots.count) % max(1, areas.villages.count)]
            values["name"] = "\(areas.name(of: area.id))经济合作社（示例）"
            values["creditCode"] = CreditCode.completing("N\(group ? 1 : 2)410000MF0" + letters(6)) ?? ""
            values["level"] = group ? "group" : "village"
            values["head"] = keeper
            values["phone"] = phone
            values["households"] = String(60 + random.below(300))
            values["address"] = areas.name(of: area.id)
        case "fire-site":
            values["name"] = "\(village)重点场所\(index + 1)号（示例）"
            values["kind"] = code(key, "kind")
            values["exits"] = String(random.chance(4) ? 0 : 1 + random.below(4))
            values["extinguishers"] = String(2 + random.below(40))
            values["keeper"] = keeper
            values["phone"] = phone
        case "hydrant", "charging":
            values["number"] = number(key == "hydrant" ? "X" : "C")
            values["kind"] = key == "hydrant" ? code(key, "kind") : nil
            values["works"] = key == "hydrant" ? flag(93) : nil
            values["pressure"] = key == "hydrant" ? String(Double(8 + random.below(30)) / 100) : nil
            values["sockets"] = key == "charging" ? String(4 + random.below(20)) : nil
            values["guarded"] = key == "charging" ? flag(80) : nil
            values["keeper"] = key == "charging" ? keeper : nil
            values["phone"] = key == "charging" ? phone : nil
        case "water-place":
            values["name"] = "汐水河第\(index + 1)弯（示例）"
            values["depth"] = String(Double(15 + random.below(50)) / 10)
            values["sign"] = flag(90)
            values["buoy"] = flag(70)
            values["keeper"] = keeper
            values["phone"] = phone
        case "school":
            values["name"] = "\(village)\(random.pick(["小学", "幼儿园", "教学点"]))\(index + 1)（示例）"
            values["kind"] = code(key, "kind")
            values["pupils"] = String(30 + random.below(600))
            values["head"] = keeper
            values["phone"] = phone
        case "shelter":
            values["name"] = "\(village)避难点\(index + 1)（示例）"
            values["room"] = String(50 + random.below(600))
            values["open"] = flag(94)
            values["keeper"] = keeper
            values["phone"] = phone
        default:
            values["name"] = "\(village)隐患点\(index + 1)（示例）"
            values["kind"] = code(key, "kind")
            values["threatened"] = String(random.below(60))
            values["level"] = code(key, "level")
            values["keeper"] = keeper
            values["phone"] = phone
            values["seen"] = date(within: 50)
        }
        return values
    }

    private mutating func letters(_ count: Int) -> String {
        let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY")
        return String((0..<count).map { _ in alphabet[random.below(alphabet.count)] })
    }
}
