import Cases
import Kernel
import Plans
import Storage

/// The sample town's plans; what they say is an example and no rule.
struct SamplePlans {
    func add(at now: Instant, in db: any Writing) throws {
        try add(
            "火警处置预案（示例）", .fire, .minor,
            [
                "1 接警确认，通知业主核实", "3 派出消防力量，告知地点和起火部位", "5 通知周边人员疏散", "10 切断电源和燃气",
                "15 到场力量反馈现场情况", "清点人员，确认无人被困", "善后登记，恢复探测器",
            ], ["officer", "leader", "brigade"], ["供电所抢修 示例号码", "卫生院急救 示例号码"],
            ["镇消防站：水罐车 1 辆、空气呼吸器 6 套", "村微型消防站：灭火器 20 具、水带 4 盘"], now, db)
        try add(
            "溺水救援预案（示例）", .river, .minor,
            ["1 喊话劝离，用最近的扬声器", "2 派出巡查力量并呼叫急救", "5 持救生圈、救生绳到岸边", "10 核清落水人数", "30 通知家属和学校", "撤离后继续看护一小时"],
            ["officer", "patrol", "leader"], ["卫生院急救 示例号码", "水利站 示例号码"], ["各险段救生圈、救生绳、长竿", "巡查车：抛投器 1 具"], now, db)
        try add(
            "险情排查预案（示例）", .hazard, .moderate,
            ["5 拍照记录，划定警戒范围", "15 通知主管部门", "60 设置警示标志，安排人员看守", "确认整改责任人和期限"],
            ["officer", "grid"], [], ["警戒带、警示牌"], now, db)
    }

    private func add(
        _ name: String, _ kind: CaseKind, _ severity: Severity, _ steps: [String], _ roles: [String],
        _ contacts: [String], _ materials: [String], _ now: Instant, _ db: any Writing
    ) throws {
        try PlansRoom.add(
            Plan(
                name: name, kind: kind, severity: severity,
                content: Plan.Content(
                    steps: steps.compactMap { Plan.Step(line: $0) }, roles: roles, contacts: contacts,
                    materials: materials), from: now), in: db)
    }
}
