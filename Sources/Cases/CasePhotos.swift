import Kernel
import Storage

extension CaseDesk {
    /// Whether a photo was sent by this person and belongs to no case yet.
    public func isFree(_ photo: AttachmentID, of staff: StaffID, in db: any Reading) throws -> Bool {
        guard let found = try AttachmentStore.find(photo, in: db) else { return false }
        return found.uploadedBy == staff && found.caseID == nil
    }

    /// Puts a photo that belongs to no case into one.
    public func attach(_ photo: AttachmentID, to id: CaseID, by actor: Actor, at now: Instant, in db: any Writing)
        throws
    {
        let taken = try db.execute(
            "UPDATE attachment SET case_id = \(id.rawValue) WHERE id = \(photo.rawValue) AND case_id IS NULL")
        guard taken == 1 else { return }
        var content = CaseEntry.Content(.attachment)
        content.attachments = [photo]
        try append([content], to: id, by: actor, at: now, in: db)
    }
}
