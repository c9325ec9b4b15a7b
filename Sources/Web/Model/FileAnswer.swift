import Foundation
import Kernel

extension Answer {
    /// A file, or the one part of it that `Range` names (RFC 9110, 14); several parts are answered with the whole, and a
    /// part that is not there with 416. It is read as it is sent.
    /// - Parameters:
    ///   - size: bytes of the file.
    ///   - tag: a strong validator, quoted: what `If-Range` is compared with.
    public static func file(_ file: URL, size: Int64, type: String, tag: String, _ call: Call) -> Answer {
        var headers = [("Content-Type", type), ("Accept-Ranges", "bytes"), ("ETag", tag)]
        let wanted = call.header("If-Range").map { $0 == tag } ?? true ? call.header("Range") : nil
        switch ByteRange(wanted, of: size) {
        case .whole:
            return Answer(status: 200, headers: headers, body: .file(path: file.path, part: 0..<size))
        case .part(let part):
            headers.append(("Content-Range", "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(size)"))
            return Answer(status: 206, headers: headers, body: .file(path: file.path, part: part))
        case .missing:
            headers.append(("Content-Range", "bytes */\(size)"))
            return Answer(status: 416, headers: headers, body: .bytes([]))
        }
    }
}

/// What a `Range` field asks for. Pure.
enum ByteRange: Equatable {
    /// All of it: nothing was asked for, several parts, or something that is no range.
    case whole
    /// These bytes.
    case part(Range<Int64>)
    /// Bytes that are not there.
    case missing

    init(_ field: String?, of size: Int64) {
        self = .whole
        guard let field, size > 0, field.hasPrefix("bytes="), !field.contains(",") else { return }
        let ends = field.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return }
        let numbers = ends.map { end in end.utf8.allSatisfy { (48...57).contains($0) } ? Int64(end) : nil }
        switch (ends[0].isEmpty, ends[1].isEmpty) {
        case (true, false):
            // The last so many bytes.
            guard let count = numbers[1] else { return }
            self = count > 0 ? .part(max(0, size - count)..<size) : .missing
        case (false, true):
            guard let from = numbers[0] else { return }
            self = from < size ? .part(from..<size) : .missing
        case (false, false):
            guard let from = numbers[0], let last = numbers[1], from <= last else { return }
            self = from < size ? .part(from..<min(size - 1, last) + 1) : .missing
        case (true, true): return
        }
    }
}
