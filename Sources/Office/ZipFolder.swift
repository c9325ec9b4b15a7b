import CZip
import Foundation

/// A zip file in memory as parts by name, within bounds.
public enum ZipFolder {
    /// Unpacks the parts whose names are wanted, at most `bound` bytes in all, whatever their heads say.
    /// - Throws: ``TableError``.
    public static func read(
        _ bytes: [UInt8], bound: Int, wants: (String) -> Bool
    ) throws -> [(name: String, bytes: [UInt8])] {
        var bytes = bytes
        return try bytes.withUnsafeMutableBytes { buffer in
            var error = zip_error_t()
            guard let source = zip_source_buffer_create(buffer.baseAddress, UInt64(buffer.count), 0, &error) else {
                throw TableError.damaged("not a zip file")
            }
            guard let archive = zip_open_from_source(source, ZIP_RDONLY, &error) else {
                zip_source_free(source)
                throw TableError.damaged("not a zip file")
            }
            defer { zip_discard(archive) }
            let count = zip_get_num_entries(archive, 0)
            guard count <= 1_000 else { throw TableError.tooLarge("zip") }
            var found: [(name: String, bytes: [UInt8])] = []
            var left = bound
            for index in 0..<UInt64(max(0, count)) {
                guard let name = zip_get_name(archive, index, 0).map({ String(cString: $0) }), wants(name) else {
                    continue
                }
                let part = try unpack(archive, index, name, within: left)
                left -= part.count
                found.append((name, part))
            }
            return found
        }
    }

    private static func unpack(
        _ archive: OpaquePointer, _ index: UInt64, _ name: String, within bound: Int
    ) throws(TableError) -> [UInt8] {
        guard let file = zip_fopen_index(archive, index, 0) else { throw .damaged("part \(name.prefix(80))") }
        defer { zip_fclose(file) }
        var part: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = zip_fread(file, &buffer, UInt64(buffer.count))
            guard count >= 0 else { throw .damaged("part \(name.prefix(80))") }
            if count == 0 { return part }
            guard part.count + Int(count) <= bound else { throw .tooLarge("part \(name.prefix(80))") }
            part += buffer.prefix(Int(count))
        }
    }

    /// Packs parts.
    public static func write(_ parts: [(name: String, bytes: [UInt8])]) throws(TableError) -> [UInt8] {
        var error = zip_error_t()
        guard let target = zip_source_buffer_create(nil, 0, 0, &error) else { throw .unreadable }
        // Kept past the archive's close, which is when it is written.
        zip_source_keep(target)
        defer { zip_source_free(target) }
        guard let archive = zip_open_from_source(target, ZIP_TRUNCATE, &error) else {
            zip_source_free(target)
            throw .unreadable
        }
        var held: [UnsafeMutableRawPointer] = []
        defer { for memory in held { memory.deallocate() } }
        for part in parts {
            let memory = UnsafeMutableRawPointer.allocate(byteCount: max(1, part.bytes.count), alignment: 1)
            memory.copyMemory(from: part.bytes, byteCount: part.bytes.count)
            held.append(memory)
            guard let source = zip_source_buffer(archive, memory, UInt64(part.bytes.count), 0) else {
                zip_discard(archive)
                throw .unreadable
            }
            guard zip_file_add(archive, part.name, source, ZIP_FL_ENC_UTF_8) >= 0 else {
                zip_source_free(source)
                zip_discard(archive)
                throw .unreadable
            }
        }
        guard zip_close(archive) == 0 else {
            zip_discard(archive)
            throw .unreadable
        }
        guard zip_source_open(target) == 0 else { throw .unreadable }
        defer { zip_source_close(target) }
        guard zip_source_seek(target, 0, SEEK_END) == 0 else { throw .unreadable }
        let size = zip_source_tell(target)
        guard size >= 0, zip_source_seek(target, 0, SEEK_SET) == 0 else { throw .unreadable }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        guard zip_source_read(target, &bytes, UInt64(size)) == size else { throw .unreadable }
        return bytes
    }
}
