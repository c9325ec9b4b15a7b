#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Which of this machine's addresses somebody sees.
enum LocalAddress {
    /// The address from which a datagram to `host` would leave; nothing is sent. IPv4.
    static func towards(_ host: String) -> String? {
        var far = sockaddr_in()
        far.sin_family = sa_family_t(AF_INET)
        far.sin_port = UInt16(9).bigEndian
        guard inet_pton(AF_INET, host, &far.sin_addr) == 1 else { return nil }
        let handle = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        guard handle >= 0 else { return nil }
        defer { close(handle) }
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let connected = withUnsafePointer(to: &far) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(handle, $0, size) }
        }
        var own = sockaddr_in()
        var length = size
        let named = withUnsafeMutablePointer(to: &own) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(handle, $0, &length) }
        }
        guard connected == 0, named == 0 else { return nil }
        var text = [CChar](repeating: 0, count: Int(INET_ADDRSTRLEN))
        guard inet_ntop(AF_INET, &own.sin_addr, &text, socklen_t(INET_ADDRSTRLEN)) != nil else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
