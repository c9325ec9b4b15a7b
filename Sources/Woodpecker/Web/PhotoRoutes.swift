import Kernel
import Pictures
import Storage
import Web

extension WoodpeckerRoom {
    /// Photos for everybody: what nobody shall see is blacked out before, by a person, and burned in here.
    func publicPhotoRoutes(_ routes: inout Routes) {
        routes.get(
            "/reports/{id}/photos/{report}/{position}/redact", .needs(.reportRoute),
            "Black out what nobody shall see in a photo"
        ) { call in try await redactPage(call) }
        routes.post(
            "/reports/{id}/photos/{report}/{position}/redact", .needs(.reportRoute),
            "Keep a photo for everybody with the boxes burned in"
        ) { call in
            try await redact(call, boxes: call.form["boxes"] ?? "", nothing: call.form["nothing"] == "1")
            return .redirect(to: "/reports/\(try call.param("id"))?done=saved")
        }
        routes.get(
            "/reports/{id}/public-photos/{photo}", .needs(.reportRead), "A blacked-out photo, before it is public"
        ) { call in
            let id: CaseID = try call.id()
            let photo: ID<PublicPhotoStore.Photo> = try call.id("photo")
            let caller = try call.signedIn()
            let bytes = try await database.read { db -> [UInt8]? in
                _ = try handling.visible(id, for: caller, in: db)
                return try PublicPhotoStore.image(photo, of: id, in: db)
            }
            guard let bytes else { throw Problem.notFound }
            return .bytes(bytes, type: "image/jpeg")
        }
        routes.post("/reports/{id}/public-photos/{photo}", .needs(.reportRoute), "Take a photo back from everybody") {
            call in
            try await withdraw(call)
            return .redirect(to: "/reports/\(try call.param("id"))?done=saved")
        }
        routes.post(
            "/api/v1/reports/{id}/photos/{report}/{position}/redact", .needs(.reportRoute),
            "Keeps a photo for everybody, with boxes burned in: `x,y,w,h` in thousandths, `;` between; or nothing to hide",
            shapes: Shapes(takes: .object(["boxes": .text, "nothing": .flag]))
        ) { call in
            struct Wanted: Decodable { var boxes: String?, nothing: Bool? }
            let wanted: Wanted = try call.json()
            try await redact(call, boxes: wanted.boxes ?? "", nothing: wanted.nothing ?? false)
            return .nothing
        }
        routes.delete(
            "/api/v1/reports/{id}/public-photos/{photo}", .needs(.reportRoute), "Takes a photo back from everybody"
        ) { call in
            try await withdraw(call)
            return .nothing
        }
        routes.get("/fixed/photos/{photo}", .device, "A photo of what was put right, blacked out where it must be") {
            call in
            let photo: ID<PublicPhotoStore.Photo> = try call.id("photo")
            guard let bytes = try await database.read({ db in try PublicPhotoStore.image(photo, in: db) }) else {
                throw Problem.notFound
            }
            return Citizen.sealed(.bytes(bytes, type: "image/jpeg"))
        }
    }

    /// Keeps a photo for everybody, with the boxes burned in.
    private func redact(_ call: Call, boxes: String, nothing: Bool) async throws {
        let (id, report, position) = try photoNamed(call)
        let boxes = try Self.boxes(boxes)
        guard !boxes.isEmpty || nothing else { throw Problem.invalid(["boxes": "required"]) }
        let caller = try call.signedIn()
        let bytes = try await photo(id, report, position, for: caller)
        let image: [UInt8]
        do {
            image = try await Pictures.redact(bytes, boxes: boxes)
        } catch {
            throw Problem(422, "picture.not-a-picture")
        }
        try await database.write { db in
            try mayShow(id, report, for: caller, in: db)
            try PublicPhotoStore.keep(image, of: report, position, on: id, at: .now, in: db)
            try handling.record("report.photo-redacted", id, caller, at: .now, in: db)
        }
    }

    private func withdraw(_ call: Call) async throws {
        let id: CaseID = try call.id()
        let photo: ID<PublicPhotoStore.Photo> = try call.id("photo")
        let caller = try call.signedIn()
        try await database.write { db in
            _ = try handling.visible(id, for: caller, in: db)
            guard try PublicPhotoStore.remove(photo, of: id, in: db) else { throw Problem.notFound }
            try handling.record("report.photo-withdrawn", id, caller, at: .now, in: db)
        }
    }

    func photoNamed(_ call: Call) throws -> (id: CaseID, report: ReportID, position: Int) {
        guard let position = Int(try call.param("position")), (0..<ReportForm.photoLimit).contains(position) else {
            throw Problem.notFound
        }
        return (try call.id(), try call.id("report"), position)
    }

    /// A photo that this person's key opens.
    func photo(_ id: CaseID, _ report: ReportID, _ position: Int, for caller: Caller) async throws -> [UInt8] {
        let bytes = try await database.read { db -> [UInt8]? in
            _ = try handling.visible(id, for: caller, in: db)
            guard try ReportStore.find(report, in: db)?.caseID == id,
                let key = try handling.key(of: report, for: caller, in: db),
                let sealed = try ReportStore.photo(report, position, in: db)
            else { return nil }
            return Intake.unseal(sealed, key: key, "photo \(position)")
        }
        guard let bytes else { throw Problem.notFound }
        return bytes
    }

    /// Boxes as the page's script writes them: `x,y,w,h` in thousandths of the picture, `;` between them.
    static func boxes(_ text: String) throws -> [Pictures.Box] {
        let parts = text.split(separator: ";")
        guard parts.count <= Pictures.boxLimit else { throw Problem.invalid(["boxes": "too-many"]) }
        return try parts.map { part in
            let numbers = part.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
            guard numbers.count == 4, numbers.allSatisfy((0...1_000).contains), numbers[2] > 0, numbers[3] > 0 else {
                throw Problem.invalid(["boxes": "invalid"])
            }
            let of = { (index: Int) in Double(numbers[index]) / 1_000 }
            return Pictures.Box(x: of(0), y: of(1), width: of(2), height: of(3))
        }
    }

    private func mayShow(_ id: CaseID, _ report: ReportID, for caller: Caller, in db: any Reading) throws {
        let row = try handling.visible(id, for: caller, in: db)
        guard row.about.isEmpty, category(row.category)?.isPublic == true,
            let found = try ReportStore.find(report, in: db), found.caseID == id, found.mayPublish
        else { throw Problem.conflict("woodpecker.not-public") }
    }

    private func redactPage(_ call: Call) async throws -> Answer {
        let (id, report, position) = try photoNamed(call)
        let caller = try call.signedIn()
        try await database.read { db in try mayShow(id, report, for: caller, in: db) }
        return try call.page(
            "report-redact", title: call.word("woodpecker.redact.title"),
            [
                "id": id.description, "action": "/reports/\(id)/photos/\(report)/\(position)/redact",
                "src": "/reports/\(id)/photos/\(report)/\(position)",
            ])
    }
}
