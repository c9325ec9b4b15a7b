import Kernel
import Pictures
import Storage
import Web

extension CasesRoom {
    private struct Stored: Codable, Sendable {
        var id: AttachmentID
        var name: String
    }

    func photoRoutes(_ routes: inout Routes) {
        let limits = Pictures.Limits()
        routes.post(
            "/api/v1/attachments", .needs(.caseMove), "Keep a photo: JPEG, PNG or WebP as the body",
            bodyLimit: limits.bytes, shapes: Shapes(query: [("name", "a name for people")])
        ) { call in
            let caller = try call.signedIn()
            let name = String((call.query("name") ?? call.word("cases.photo")).prefix(100))
            let picture: Pictures.Picture
            do {
                picture = try await Pictures.reencode(call.body, limits)
            } catch Pictures.Refusal.tooLarge {
                throw Problem(413, "picture.too-large")
            } catch {
                throw Problem(422, "picture.not-a-picture")
            }
            let id = AttachmentID.next()
            try photos.write(picture.bytes, id)
            let size = picture.bytes.count
            do {
                let stored = try await call.once { db in
                    try AttachmentStore.insert(id, name: name, size: size, by: caller.id, at: .now, in: db)
                    return Stored(id: id, name: name)
                }
                if stored.id != id { photos.remove(id) }
                return try .json(stored, status: 201)
            } catch {
                photos.remove(id)
                throw error
            }
        }
        routes.get("/api/v1/attachments/{id}", .needs(.caseRead), "A photo") { call in
            let id: AttachmentID = try call.id()
            let caller = try call.signedIn()
            let isShown = try await database.read { db in
                guard let photo = try AttachmentStore.find(id, in: db) else { return false }
                // The photos of a case are seen by those who may see the case.
                guard let areas = caller.areas, let caseID = photo.caseID,
                    let area = try CaseStore.record(caseID, in: db)?.area
                else { return true }
                return areas.contains(area)
            }
            guard isShown, let bytes = photos.read(id)
            else { throw Problem.notFound }
            return .bytes(bytes, type: "image/jpeg").with("Cache-Control", "private, max-age=86400")
        }
    }
}
