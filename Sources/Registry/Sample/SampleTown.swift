import Kernel
import Places
import Storage

/// The invented town's records: 22 categories with the faults that real tables have. Same seed, same town.
struct SampleTown {
    /// Records in a town of full size, by category.
    private static let full: [(key: String, count: Int)] = [
        ("resident", 40_276), ("household", 13_000), ("house", 14_000), ("field", 18_000), ("newcomer", 5_000),
        ("elderly", 1_200), ("child", 500), ("evacuation", 700), ("volunteer", 900), ("dispute", 1_600),
        ("rental", 900), ("livestock", 1_300), ("machine", 1_700), ("business", 120), ("collective", 61),
        ("fire-site", 128), ("hydrant", 300), ("water-place", 9), ("school", 14), ("shelter", 46), ("charging", 220),
        ("hazard", 26),
    ]

    let areas: TownAreas
    /// A place in an area, for a number.
    let spot: @Sendable (AreaID, UInt64) -> GeoPoint?
    let writer: RecordWriter
    let book: CategoryBook
    let total: Int
    let now: Instant
    var random: SampleRandom
    var people: [SamplePerson] = []
    var households: [(number: String, head: SamplePerson, size: Int)] = []
    let plots: [Area]
    var serial = 0
    private var identities: Set<String> = []

    init(
        areas: TownAreas, writer: RecordWriter, book: CategoryBook, total: Int, seed: UInt64, now: Instant,
        spot: @escaping @Sendable (AreaID, UInt64) -> GeoPoint?
    ) {
        self.areas = areas
        self.writer = writer
        self.book = book
        self.total = total
        self.now = now
        self.spot = spot
        random = SampleRandom(seed: seed)
        plots = areas.all.filter { $0.kind == .cooperative }
    }

    func count(_ key: String) -> Int {
        let full = Self.full.first { $0.key == key }?.count ?? 0
        return max(min(full, 3), full * total / 100_000)
    }

    /// Every record's values, category by category.
    mutating func records() -> [(category: Category, values: [FieldValues])] {
        guard !plots.isEmpty else { return [] }
        makePeople()
        var result: [(Category, [FieldValues])] = []
        for (key, _) in Self.full {
            guard let category = book[key] else { continue }
            let wanted = count(key)
            var values: [FieldValues] = []
            values.reserveCapacity(wanted)
            for index in 0..<wanted {
                if let one = unlikeOthers(category, index) { values.append(one) }
            }
            result.append((category, values))
        }
        return result
    }

    /// Values whose identity nothing else in the town has: chance gives some of a hundred thousand the same name and
    /// birth date, or the same ID number.
    private mutating func unlikeOthers(_ category: Category, _ index: Int) -> FieldValues? {
        for attempt in 0..<8 {
            var one = FieldValues(values(category.key, index))
            // A person stays the same however often they are asked for; without a number they are told by household.
            if attempt > 0 { one["idNumber"] = nil }
            if identities.insert(writer.search.rowKey(one, category)).inserted { return one }
        }
        return nil
    }

    /// Stores them, some thousand a transaction.
    mutating func store(in database: any Database) async throws {
        for (category, all) in records() {
            var seeds: [(FieldValues, Facts)] = []
            seeds.reserveCapacity(all.count)
            for values in all { seeds.append((values, facts(category))) }
            for start in stride(from: 0, to: seeds.count, by: 4_000) {
                let batch = Array(seeds[start..<min(seeds.count, start + 4_000)])
                let hand = Hand(staff: nil, name: "示例", source: .import, at: now)
                let made = batch.map { writer.prepare($0, facts: $1, category, by: hand) }
                try await database.write { [writer] db in
                    try writer.insert(made, in: db)
                    try RecordWriter.touch(db)
                }
            }
        }
    }

    /// Seen some time ago, most of it verified since, some of it overdue.
    mutating func facts(_ category: Category) -> Facts {
        let span = Double(category.verifyDays) * Double(CivilTime.dayMs)
        let seen = now - Int64(random.share() * span * 1.15)
        let isVisit = random.chance(55)
        let walker = random.pick(["网格员·示例", "王网格", "李网格", "赵网格"])
        return Facts(
            Fact(
                source: isVisit ? .visit : .import, seenAt: seen, seenBy: isVisit ? walker : "部门表格",
                verifiedAt: isVisit ? seen : nil, verifiedBy: isVisit ? walker : ""))
    }

    mutating func home() -> SampleHome {
        let plot = plots[random.below(plots.count)]
        return SampleHome(
            address: "\(areas.name(of: plot.id))\(1 + random.below(380))号", point: spot(plot.id, random.next()))
    }

    mutating func makePeople() {
        let wanted = count("resident")
        while people.count < wanted {
            let home = home()
            let size = [1, 2, 2, 3, 3, 4, 4, 5, 6][random.below(9)]
            let number = "YX\(String(100_000 + households.count))"
            let isMale = random.chance(82)
            let head = person(
                SamplePeople.name(isMale, &random), isMale, 30...86, number, "head", home)
            people.append(head)
            households.append((number, head, size))
            for place in 1..<max(1, size) where people.count < wanted {
                people.append(member(place, of: head))
            }
        }
        while households.count < count("household") {
            let home = home()
            let head = person(
                SamplePeople.name(true, &random), true, 30...86, "YX\(100_000 + households.count)", "head", home)
            households.append((head.household, head, 1 + random.below(4)))
        }
    }

    mutating func member(_ place: Int, of head: SamplePerson) -> SamplePerson {
        let family = SamplePeople.surname(of: head.name)
        let age = head.age(in: 2026)
        switch place {
        case 1:
            let name = SamplePeople.name(!head.isMale, &random)
            return person(name, !head.isMale, max(20, age - 6)...age + 3, head.household, "spouse", head.home)
        case 2, 3:
            let isMale = random.chance(51)
            let years = max(0, age - 38)...max(1, age - 22)
            return person(
                SamplePeople.name(isMale, surname: family, &random), isMale, years, head.household, "child", head.home)
        default:
            let isMale = random.chance(51)
            let years = age > 62 ? 0...16 : 55...88
            return person(
                SamplePeople.name(isMale, surname: family, &random), isMale, years, head.household,
                age > 62 ? "grandchild" : "parent", head.home)
        }
    }

    mutating func person(
        _ name: String, _ isMale: Bool, _ ages: ClosedRange<Int>, _ household: String, _ relation: String,
        _ home: SampleHome
    ) -> SamplePerson {
        let birth = SamplePeople.birth(ages: ages, &random)
        return SamplePerson(
            name: name, isMale: isMale, birth: birth,
            idNumber: SamplePeople.idNumber(birth, isMale: isMale, &random), phone: SamplePeople.phone(&random),
            household: household, relation: relation, home: home)
    }

    mutating func stranger(_ ages: ClosedRange<Int>) -> SamplePerson {
        let isMale = random.chance(51)
        return person(SamplePeople.name(isMale, &random), isMale, ages, "", "other", home())
    }

    func place(_ home: SampleHome) -> String { home.point.map { "\($0.lat),\($0.lon)" } ?? "" }

    mutating func code(_ category: String, _ field: String) -> String {
        let codes = book[category]?.field(field)?.codes ?? []
        return codes.isEmpty ? "" : codes[random.below(codes.count)].key
    }

    mutating func flag(_ percent: Double) -> String { random.chance(percent) ? "1" : "0" }

    mutating func number(_ prefix: String) -> String {
        serial += 1
        return prefix + String(String(1_000_000 + serial).dropFirst())
    }

    mutating func date(within days: Int) -> String {
        CivilDate(known: now.dayNumber - 1 - random.below(days)).text
    }
}
