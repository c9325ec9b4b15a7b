import Foundation
import Kernel
import Storage

/// Photos as files named by their number; written and synced before the row that names them is committed.
struct PhotoStore: Sendable {
    let folder: URL

    init(folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.folder = folder
    }

    func write(_ bytes: [UInt8], _ id: AttachmentID) throws {
        do {
            let file = folder.appendingPathComponent(id.description)
            guard FileManager.default.createFile(atPath: file.path, contents: Data(bytes)) else {
                throw StorageError.full
            }
            let handle = try FileHandle(forWritingTo: file)
            defer { try? handle.close() }
            try handle.synchronize()
        } catch let error as CocoaError where error.code == .fileWriteOutOfSpace {
            throw StorageError.full
        }
    }

    func read(_ id: AttachmentID) -> [UInt8]? {
        FileManager.default.contents(atPath: folder.appendingPathComponent(id.description).path).map(Array.init)
    }

    func remove(_ id: AttachmentID) {
        try? FileManager.default.removeItem(at: folder.appendingPathComponent(id.description))
    }
}

enum AttachmentStore {
    static func insert(
        _ id: AttachmentID, name: String, size: Int, by staff: StaffID, at now: Instant, in db: any Writing
    )
        throws
    {
        try db.execute(
            """
            INSERT INTO attachment (\(raw: Attachment.columns)) VALUES (\(id.rawValue), NULL, \(name), 'image/jpeg',
            \(Int64(size)), \(staff.rawValue), \(now))
            """)
    }

    static func find(_ id: AttachmentID, in db: any Reading) throws -> Attachment? {
        try db.first(
            Attachment.self, "SELECT \(raw: Attachment.columns) FROM attachment WHERE id = \(id.rawValue)")
    }

    static func list(_ id: CaseID, in db: any Reading) throws -> [Attachment] {
        try db.all(
            Attachment.self,
            "SELECT \(raw: Attachment.columns) FROM attachment WHERE case_id = \(id.rawValue) ORDER BY id LIMIT 200")
    }
}
