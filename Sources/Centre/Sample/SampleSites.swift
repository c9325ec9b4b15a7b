import FireGuard
import Geo
import Kernel
import Places
import Storage

/// The invented businesses of the sample town with their detectors and gateways.
struct SampleSites {
    let map: SampleMap
    let areas: AreaIndex
    /// The account that owns the first site.
    let owner: StaffID?
    /// A floor plan as JPEG, which the first sites share.
    let plan: [UInt8]

    private static let trades: [(name: String, rooms: [String])] = [
        ("玩具厂", ["注塑车间", "喷漆间", "成品仓库", "员工宿舍二楼"]), ("小炒店", ["后厨", "包间走廊", "储物间"]),
        ("家具厂", ["木工车间", "油漆房", "木料堆场"]), ("幼儿园", ["一楼活动室", "午睡室", "厨房", "配电间"]),
        ("客栈", ["一楼大堂", "二楼走廊", "三楼布草间"]), ("超市", ["卖场", "后仓", "收银台上方"]),
        ("烟花爆竹零售点", ["柜台", "库房"]), ("汽修店", ["修理工位", "机油间"]), ("养老院", ["一楼护理站", "二楼走廊", "洗衣房", "厨房"]),
        ("网吧", ["大厅", "机房", "吸烟室外走廊"]), ("纺织品加工厂", ["缝纫车间", "裁剪车间", "棉料仓库"]), ("民宿", ["一楼客厅", "二楼客房走廊"]),
    ]
    private static let names = ["云汐", "顺丰源", "福满", "鑫盛", "小红", "荣华", "老地方", "东方", "美满", "诚信", "康乐", "百姓"]
    private static let surnames = ["贺", "邹", "岑", "柏", "费", "阮", "褚", "宓", "戚", "殷"]

    /// How many of them have a floor plan.
    private static let planned = 12
    /// How many sites there are.
    static let count = 128

    /// Registers all of them.
    func register(at now: Instant, in db: any Writing) throws {
        for index in 0..<Self.count { try register(index, at: now, in: db) }
    }

    private func register(_ index: Int, at now: Instant, in db: any Writing) throws {
        let trade = Self.trades[index % Self.trades.count]
        let plot = map.plots[index * 7 % map.plots.count]
        let brand = Self.names[index / Self.trades.count % Self.names.count]
        let isLong = index == 2
        let name =
            isLong ? "云汐镇柳湾村股份经济合作社下属绿色环保全屋定制家具制造与销售综合服务中心（示例）" : "\(plot.village.dropLast())\(brand)\(trade.name)"
        let point = place(index, in: plot.corners)
        let surname = Self.surnames[index % Self.surnames.count]
        let site = Site(
            id: .next(), name: name, address: "\(plot.village)\(plot.name)\(index + 1)号", point: point,
            area: point.flatMap(areas.area(at:)), ownerName: index == 0 ? "贺店" : "\(surname)先生",
            ownerPhone: "1990001\(Self.padded(index, 4))", owner: index == 0 ? owner : nil)
        let holder = KeyHolder(
            id: .next(), name: "\(Self.surnames[(index + 3) % Self.surnames.count])师傅",
            phone: "1990002\(Self.padded(index, 4))", rank: 1)
        try FireGuard.register(
            site, keyHolders: index % 3 == 0 ? [holder] : [], gateway: gateway(index, site),
            detectors: trade.rooms.enumerated().map { number, room in
                FireGuard.NewDetector(
                    address: detectorAddress(index, number), kind: kind(room), place: room,
                    plan: PlanPosition(x: 255 + number % 2 * 485, y: 220 + number / 2 * 520))
            }, at: now, in: db)
        if index < Self.planned { try FireGuard.setPlan(plan, of: site.id, at: now, in: db) }
    }

    /// User information transmission devices from 000000000379 on; then a broker's topics, then pushes.
    private func gateway(_ index: Int, _ site: Site) -> Gateway {
        let (kind, address): (GatewayKind, String) =
            switch index {
            case 0..<96: (.gb26875, Self.hex(0x379 + index))
            case 96..<116: (.mqtt, "zigbee2mqtt/site-\(index)")
            default: (.json, "site-\(index)")
            }
        // Only three are expected to give a sign of life: a town whose devices are not switched on is not one of
        // a hundred faults.
        return Gateway(
            id: .next(), kind: kind, address: address, name: site.name, site: site.id,
            heartbeatSeconds: [7, 21, 40].contains(index) ? 60 : 0)
    }

    private func detectorAddress(_ site: Int, _ number: Int) -> String {
        switch site {
        case 0..<96: "1-1-\(number + 1)-0"
        case 96..<116: "smoke-\(number + 1)"
        default: "d\(number + 1)"
        }
    }

    private func kind(_ room: String) -> DetectorKind {
        room.contains("厨") ? .heat : room.contains("配电") ? .electrical : .smoke
    }

    /// A place inside the land, away from its edges.
    private func place(_ index: Int, in corners: [Position]) -> GeoPoint? {
        guard let box = Box(corners) else { return nil }
        let share = { (seed: Int) in 0.3 + Double((index * seed) % 41) / 41 * 0.4 }
        return GeoPoint(
            lat: box.south + share(17) * (box.north - box.south), lon: box.west + share(29) * (box.east - box.west))
    }

    private static func padded(_ number: Int, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    private static func hex(_ number: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, 12 - text.count)) + text
    }
}
