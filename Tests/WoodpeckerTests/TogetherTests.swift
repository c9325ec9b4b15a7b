import Cases
import HTTPTypes
import Kernel
import Pictures
import Print
import Storage
import Testing
import Web

@testable import Woodpecker

@Suite("More than one hand on a report")
struct TogetherTests {
    @Test(
        "A helping department reads and notes; it answers nobody, and when its help ends it opens nothing",
        arguments: Engine.allCases)
    func assisting(_ engine: Engine) async throws {
        let nest = try await Nest(engine)
        let (receipt, taken) = try await nest.report("水管爆了")
        let id = taken.caseID
        await #expect(throws: Problem.conflict("woodpecker.not-assigned")) {
            try await nest.act(.assist, id, as: "officer", [("department", nest.service.id.description)])
        }
        try await nest.act(.handOver, id, as: "officer", [("department", nest.water.id.description)])
        try await nest.act(.assist, id, as: "officer", [("department", nest.service.id.description)])
        #expect(try await nest.words(id, as: "clerk2") == "水管爆了")
        try await nest.act(.note, id, as: "clerk2", [("text", "阀门图纸在我处")])
        for act in [HandlingStep.Act.answer, .ask, .giveBack] {
            await #expect(throws: Problem.conflict("woodpecker.helps"), "\(act)") {
                try await nest.act(act, id, as: "clerk2", [("text", "x")])
            }
        }
        await #expect(throws: Problem.conflict("woodpecker.helps")) {
            try await nest.act(.finish, id, as: "clerk2", [("text", "x"), ("outcome", "fixed")])
        }
        // Who joins later is read by both.
        let (_, late) = try await nest.report("我家也停水", joins: id)
        #expect(try await nest.database.read { db in try ReportStore.holders(late.report, in: db) }.count == 4)
        let service = nest.service.id
        let listed = try await nest.database.read { db in
            var filter = ReportFilter()
            filter.departments = [service]
            return try ReportCaseStore.page(filter, limit: 9, in: db).map(\.id)
        }
        #expect(listed == [id])
        try await nest.act(.release, id, as: "officer", [("department", service.description)])
        await #expect(throws: Problem.notFound) { try await nest.words(id, as: "clerk2") }
        #expect(try await nest.database.read { db in try ReportStore.holders(late.report, in: db) }.count == 3)
        #expect(try await nest.status(receipt)?.lines.isEmpty == true)
    }

    @Test("A department never helps with what is about itself")
    func ownCase() async throws {
        let nest = try await Nest()
        let (_, taken) = try await nest.report(category: "conduct", about: .department(nest.service.id))
        try await nest.act(.handOver, taken.caseID, as: "officer", [("department", nest.water.id.description)])
        await #expect(throws: Problem.conflict("woodpecker.own-case")) {
            try await nest.act(.assist, taken.caseID, as: "officer", [("department", nest.service.id.description)])
        }
    }

    @Test(
        "Who handled it does not call back; the receipt's own rating stands above the phone's",
        arguments: Engine.allCases)
    func callBack(_ engine: Engine) async throws {
        let nest = try await Nest(engine)
        let (receipt, taken) = try await nest.report(level: .named)
        let id = taken.caseID
        let fields = { (result: String) in [("report", taken.report.description), ("result", result)] }
        await #expect(throws: Problem.conflict("woodpecker.not-finished")) {
            try await nest.act(.callBack, id, as: "officer", fields("satisfied"))
        }
        try await nest.act(.finish, id, as: "officer", [("text", "已修"), ("outcome", "fixed")])
        await #expect(throws: Problem.conflict("woodpecker.own-call")) {
            try await nest.act(.callBack, id, as: "officer", fields("satisfied"))
        }
        try await nest.act(.callBack, id, as: "officer2", fields("unreached"))
        #expect(try await nest.status(receipt)?.report.rating == nil)
        try await nest.act(.callBack, id, as: "officer2", fields("satisfied"))
        #expect(try await nest.status(receipt)?.report.rating == .satisfied)
        // What was said on the phone is the desk's note, not a message to the reporter.
        #expect(try await nest.status(receipt)?.lines.count == 1)
        let opened = try #require(try await nest.room.intake.open(receipt))
        try await nest.room.correspondence.rate(.dissatisfied, opened, at: .now)
        try await nest.act(.callBack, id, as: "officer2", fields("satisfied"))
        #expect(try await nest.status(receipt)?.report.rating == .dissatisfied)
        let due = try #require(try await nest.database.read { db in try ReportCaseStore.find(id, in: db) }).firstDueAt
        let reached = try await nest.database.read { db in
            try CallBackStore.reached(dueFrom: due, to: due + 1, in: db)
        }
        #expect(reached == [id: true])
    }

    /// Noise, which compresses badly.
    private static let png = Noise.png(width: 96, height: 64) { x, y in
        UInt8(truncatingIfNeeded: (x &* 73 ^ y &* 151) &* 2_654_435_761 >> 8)
    }

    @Test("Boxes of a photo are burned in and cover to the pixel's edge; too many are refused")
    func redaction() async throws {
        let plain = try await Pictures.reencode(Self.png)
        let covered = try await Pictures.redact(plain.bytes, boxes: [.init(x: 0, y: 0, width: 1, height: 1)])
        let untouched = try await Pictures.redact(plain.bytes, boxes: [])
        // All black compresses to less than what it covers, and both are pictures of the same size.
        #expect(covered.count < untouched.count)
        let again = try await Pictures.reencode(covered)
        #expect(again.width == plain.width && again.height == plain.height)
        // Boxes beyond the edge are cut, not refused and no trap.
        _ = try await Pictures.redact(plain.bytes, boxes: [.init(x: 0.9, y: 0.9, width: 5, height: .infinity)])
        await #expect(throws: Pictures.Refusal.tooLarge) {
            _ = try await Pictures.redact(
                plain.bytes, boxes: [Pictures.Box](repeating: .init(x: 0, y: 0, width: 1, height: 1), count: 41))
        }
        #expect(try WoodpeckerRoom.boxes("0,0,100,1000;500,500,1,1").count == 2)
        for bad in ["0,0,0,10", "0,0,10", "a,b,c,d", "0,0,1001,1", "-1,0,1,1", "0,,1,1"] {
            #expect(throws: Problem.invalid(["boxes": "invalid"]), "\(bad)") { _ = try WoodpeckerRoom.boxes(bad) }
        }
    }

    @Test(
        "A blacked-out photo is seen by everybody from the publishing to the taking back, and by nobody after erasure",
        arguments: Engine.allCases)
    func publicPhotos(_ engine: Engine) async throws {
        let nest = try await Nest(engine)
        let stranger = try Stranger(nest)
        let image = try await Pictures.reencode(Self.png).bytes
        let (_, taken) = try await nest.report(photos: [image])
        let (id, report) = (taken.caseID, taken.report)
        try await nest.database.write { db in
            try db.execute("UPDATE report SET may_publish = 1 WHERE id = \(report)")
            try PublicPhotoStore.keep(image, of: report, 0, on: id, at: .now, in: db)
        }
        let photo = try #require(
            try await nest.database.read { db in try PublicPhotoStore.list(of: [id], in: db) }.first)
        #expect(await stranger.ask(.get, "/fixed/photos/\(photo.id)").status == 404)
        try await nest.act(.finish, id, as: "officer", [("text", "已修"), ("outcome", "fixed")])
        try await nest.act(.publish, id, as: "officer", [("text", "桥头水管已修好")])
        #expect(await stranger.ask(.get, "/fixed/photos/\(photo.id)").bodyBytes == image)
        #expect(await stranger.ask(.get, "/fixed").text.contains("/fixed/photos/\(photo.id)"))
        let listed = await stranger.ask(.get, "/open311/v2/requests/\(id).json").text
        #expect(listed.contains("photos") && listed.contains(photo.id.description))
        try await nest.act(.unpublish, id, as: "officer")
        #expect(await stranger.ask(.get, "/fixed/photos/\(photo.id)").status == 404)
        try await nest.act(.publish, id, as: "officer", [("text", "桥头水管已修好")])
        let eraser = Eraser(database: nest.database, keepDays: 0, logger: nest.room.logger)
        _ = try await eraser.erase(at: .now + CivilTime.dayMs)
        #expect(await stranger.ask(.get, "/fixed/photos/\(photo.id)").status == 404)
    }

    @Test("Template answers are the own holder's, and no more than fifty", arguments: Engine.allCases)
    func templates(_ engine: Engine) async throws {
        let nest = try await Nest(engine)
        let water = Holder.department(nest.water.id)
        try await nest.database.write { db in
            for number in 0..<TemplateStore.limit {
                _ = try TemplateStore.add("答复 \(number)", of: water, at: .now, in: db)
            }
            _ = try TemplateStore.add("值班答复", of: .desk, at: .now, in: db)
        }
        await #expect(throws: Problem.conflict("woodpecker.too-many-templates")) {
            try await nest.database.write { db in _ = try TemplateStore.add("x", of: water, at: .now, in: db) }
        }
        let desk = try await nest.database.read { db in try TemplateStore.list([.desk], in: db).map(\.words) }
        #expect(desk == ["值班答复"])
    }

    @Test("A month is named or the last whole one, over the turn of the year too")
    func months() throws {
        let now = CivilTime.instant(2027, 1, 15)
        #expect(try WoodpeckerRoom.Month(nil, now: now).name == "2026-12")
        #expect(try WoodpeckerRoom.Month("2026-12", now: now).after.name == "2027-01")
        for bad in ["2026-13", "2026", "x-1", "2026-1-1"] {
            #expect(throws: Problem.invalid(["month": "invalid"]), "\(bad)") {
                _ = try WoodpeckerRoom.Month(bad, now: now)
            }
        }
    }
}
