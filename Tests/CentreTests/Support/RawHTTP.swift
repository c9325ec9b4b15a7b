import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// HTTP as bytes on a socket whose own address is chosen; every header is the test's. Blocks its thread.
enum RawHTTP {
    struct Answer {
        var status: Int
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    struct Failure: Error {}

    /// Sends one request from `source` (an address of the loopback net) and reads the answer to its end.
    static func send(
        _ method: String, _ path: String, port: Int, from source: String = "127.0.0.1", headers: [String] = [],
        body: [UInt8] = []
    ) throws -> Answer {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var timeout = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var own = address(source, 0)
        var other = address("127.0.0.1", port)
        guard call(&own, { bind(socket, $0, $1) }) == 0, call(&other, { connect(socket, $0, $1) }) == 0 else {
            throw Failure()
        }
        let head =
            ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close"] + headers
            + ["Content-Length: \(body.count)"]
        let bytes = Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure() }
            sent += count
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            answer += buffer[0..<count]
        }
        let text = String(decoding: answer.prefix(20), as: UTF8.self).split(separator: " ")
        let blank = Array("\r\n\r\n".utf8)
        guard text.count > 1, let status = Int(text[1]),
            let end = answer.indices.first(where: { answer[$0...].starts(with: blank) })
        else { throw Failure() }
        return Answer(status: status, body: Array(answer[(end + 4)...]))
    }

    private static func address(_ text: String, _ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr(text)
        return address
    }

    private static func call(
        _ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}

/// A picture file made in the test: nothing of anybody's is kept in the repository.
enum TestPicture {
    /// A grey PNG (ISO/IEC 15948) of `side` pixels, in stored blocks.
    static func png(side: Int) -> [UInt8] {
        func big(_ number: Int) -> [UInt8] { (0..<4).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } }
        func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
            let body = Array(name.utf8) + data
            return big(data.count) + body + big(Int(crc(body)))
        }
        let rows = (0..<side).flatMap { row in [UInt8(0)] + (0..<side).map { UInt8(truncatingIfNeeded: row ^ $0) } }
        var deflated: [UInt8] = [0x78, 1]
        for start in stride(from: 0, to: rows.count, by: 65_535) {
            let part = rows[start..<min(rows.count, start + 65_535)]
            let count = UInt16(part.count)
            deflated += [start + 65_535 >= rows.count ? 1 : 0, UInt8(count & 255), UInt8(count >> 8)]
            deflated += [UInt8(~count & 255), UInt8(~count >> 8)] + part
        }
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in rows { (a, b) = ((a + UInt32(byte)) % 65_521, (b + a + UInt32(byte)) % 65_521) }
        deflated += big(Int(b << 16 | a))
        return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
            + chunk("IHDR", big(side) + big(side) + [8, 0, 0, 0, 0])
            + chunk("IDAT", deflated) + chunk("IEND", [])
    }

    /// `jpeg` with an EXIF segment that says where, when and with what, and a comment, as a phone writes them.
    static func tagged(_ jpeg: [UInt8], _ words: [String]) -> [UInt8] {
        func segment(_ marker: UInt8, _ data: [UInt8]) -> [UInt8] {
            let count = data.count + 2
            return [0xff, marker, UInt8(count >> 8), UInt8(count & 255)] + data
        }
        // TIFF, little endian, one entry: the maker (0x010f) as text behind the directory.
        let text = Array(words.joined(separator: " ").utf8) + [0]
        let tiff: [UInt8] =
            [0x49, 0x49, 0x2a, 0, 8, 0, 0, 0, 1, 0, 0x0f, 0x01, 2, 0]
            + (0..<4).map { UInt8(truncatingIfNeeded: text.count >> ($0 * 8)) }
            + [26, 0, 0, 0, 0, 0, 0, 0] + text
        return Array(jpeg.prefix(2)) + segment(0xe1, Array("Exif".utf8) + [0, 0] + tiff) + segment(0xfe, text)
            + jpeg.dropFirst(2)
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        var value: UInt32 = .max
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
        }
        return ~value
    }
}
