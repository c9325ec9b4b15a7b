import Kernel
import Places
import Storage
import Web

extension WoodpeckerRoom {
    /// Invented reports of the last days in every stage, for set-up. Their receipts are thrown away.
    /// - Parameter places: where they are; nothing is made without any.
    public func makeSample(officer: Caller, clerk: Caller, places: [GeoPoint], at now: Instant) async throws {
        guard !places.isEmpty else { return }
        func hand(
            _ code: String, _ words: String, _ place: Int, daysAgo: Int64, level: Level = .anonymous,
            answers: [String: [String]] = [:], joins: CaseID? = nil
        ) async throws -> CaseID? {
            guard let category = category(code) else { return nil }
            let point = places[place % places.count]
            return try await intake.take(
                NewReport(
                    receipt: try Receipt(), level: level, channel: .web, category: category,
                    area: areas.area(at: point),
                    content: ReportContent(
                        words: words + "（示例）", answers: answers, place: "示例位置", point: point,
                        name: level == .anonymous ? nil : "示例市民", phone: level == .anonymous ? nil : "19900009999"),
                    mayPublish: true, joins: joins, at: now - daysAgo * CivilTime.dayMs)
            ).caseID
        }
        _ = try await hand("water", "桥头水管爆了，水流到路上", 0, daysAgo: 0, answers: ["flow": ["burst"]])
        _ = try await hand(
            "fire", "厂房二楼通道堆满纸箱", 1, daysAgo: 1, level: .confidential, answers: ["kind": ["exit", "store"]])
        let river = try await hand("river", "第三弯的护栏倒了一段", 2, daysAgo: 2, answers: ["kind": ["rail"]])
        _ = try await hand("river", "我也看到了，孩子常去那里", 2, daysAgo: 1, answers: ["kind": ["rail"]], joins: river)
        let road = try await hand("road", "卫生院门口井盖松动", 3, daysAgo: 4, level: .named, answers: ["kind": ["cover"]])
        let light = try await hand("light", "村口路灯不亮", 4, daysAgo: 5)
        let departments = try await database.read { db in try DepartmentStore.all(in: db) }
        @Sendable func department(_ code: String) -> DepartmentID? {
            departments.first { $0.categories.contains(code) }?.id
        }
        let handling = handling
        try await database.write { db in
            if let river, let to = department("river") {
                try handling.handOver(river, to: to, by: officer, at: now - CivilTime.dayMs, in: db)
                try handling.tell(.question, "是桥东还是桥西？（示例）", on: river, by: clerk, at: now - 3_600_000, in: db)
            }
            if let road, let to = department("road") {
                try handling.handOver(road, to: to, by: officer, at: now - 3 * CivilTime.dayMs, in: db)
                try handling.finish(
                    road, .planned, words: "已放警示锥，本月内换新井盖。（示例）", by: clerk, at: now - 2 * CivilTime.dayMs, in: db)
            }
            if let light, let to = department("light") {
                try handling.handOver(light, to: to, by: officer, at: now - 4 * CivilTime.dayMs, in: db)
                try handling.finish(
                    light, .fixed, words: "已换灯头，请看是否亮了。（示例）", by: clerk, at: now - 3 * CivilTime.dayMs, in: db)
                try handling.verify(light, isSo: true, words: "", by: officer, at: now - 2 * CivilTime.dayMs, in: db)
                try ReportCaseStore.publish(
                    light, words: "村口路灯已修好。（示例）", at: now - 2 * CivilTime.dayMs, in: db)
            }
        }
    }
}
