import CZip

/// The parts of a zip file, unpacked piece by piece within a bound.
final class ZipParts {
    private let archive: OpaquePointer

    init(path: String) throws(TableError) {
        var code: Int32 = 0
        guard let archive = zip_open(path, ZIP_RDONLY, &code) else {
            throw code == ZIP_ER_NOZIP || code == ZIP_ER_INCONS ? .damaged("not a zip file") : .unreadable
        }
        self.archive = archive
    }

    deinit { zip_discard(archive) }

    func has(_ name: String) -> Bool { zip_name_locate(archive, name, 0) >= 0 }

    /// Hands over a part's bytes.
    /// - Throws: ``TableError/tooLarge(_:)`` as soon as the part is greater than `bound`, whatever its head says.
    func read(_ name: String, bound: Int, _ each: (UnsafeRawBufferPointer, Bool) throws -> Void) throws {
        guard let file = zip_fopen(archive, name, 0) else {
            throw zip_error_code_zip(zip_get_error(archive)) == ZIP_ER_NOPASSWD
                ? TableError.locked : TableError.damaged("no part \(name.prefix(80))")
        }
        defer { zip_fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var total = 0
        while true {
            let count = zip_fread(file, &buffer, UInt64(buffer.count))
            guard count >= 0 else { throw TableError.damaged("part \(name.prefix(80))") }
            total += Int(count)
            guard total <= bound else { throw TableError.tooLarge("part \(name.prefix(80))") }
            try buffer.withUnsafeBytes { try each(UnsafeRawBufferPointer(rebasing: $0[..<Int(count)]), count == 0) }
            if count == 0 { return }
        }
    }

    /// Reads a part as XML.
    func scan(_ name: String, bound: Int, _ listener: any XMLScanner.Listener) throws {
        let scanner = try XMLScanner(listener, part: name)
        try read(name, bound: bound) { try scanner.feed($0, isLast: $1) }
    }
}
