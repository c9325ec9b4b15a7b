import Foundation
import GB26875
import Kernel
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The built program as a process of its own, which can be killed as a power cut kills it.
struct Program {
    /// `zhili` beside the test bundle.
    static var executable: URL {
        URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("zhili")
    }

    let process: Process

    /// Starts `zhili` with arguments and environment; its output goes nowhere.
    init(_ arguments: [String], environment: [String: String] = [:]) throws {
        process = Process()
        process.executableURL = Self.executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    func kill() {
        _ = Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// The processes that a process has started and whose command line has that word.
    static func children(of parent: Int32, with word: String) -> [Int32] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { Int32($0) }.filter { pid in
            let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
            // Behind the name, which may hold anything: state, parent.
            let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
            guard fields.count > 1, Int32(fields[1]) == parent, fields[0] != "Z" else { return false }
            let line = (try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)) ?? ""
            return line.split(separator: "\0").contains { $0 == word }
        }
    }

    /// Whether somebody listens on a port of this machine.
    static func listens(on port: Int) -> Bool {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// A port that nothing listens on at this moment.
    static func freePort() -> Int {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(socket, $0, length)
                _ = getsockname(socket, $0, &length)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

/// A device that reports fires until the connection breaks, and remembers what was confirmed. Blocks its thread.
final class StubbornDevice {
    struct Confirmed: Hashable {
        var address: UInt64
        var serial: UInt16
    }

    let address: UInt64
    private var serial: UInt16 = 0
    private(set) var confirmed: [Confirmed] = []
    /// How many were confirmed so far, for other threads.
    let progress = Atomic<Int>(0)

    init(address: UInt64) { self.address = address }

    /// Connects as soon as somebody listens, then reports one fire after the other until the connection breaks or,
    /// without one, `isOver`.
    /// - Returns: whether it ever was connected.
    func run(port: Int, isOver: borrowing Atomic<Bool>) -> Bool {
        guard let socket = connect(port: port, isOver: isOver) else { return false }
        defer { close(socket) }
        var decoder = FrameDecoder()
        var buffer = [UInt8](repeating: 0, count: 512)
        while true {
            serial &+= 1
            let frame = Frame(
                serial: serial, time: FrameTime.bytes(.now),
                source: (0..<6).map { UInt8(truncatingIfNeeded: address >> ($0 * 8)) },
                destination: [UInt8](repeating: 0, count: 6), command: Frame.Command.send,
                data: [2, 1, 1, 1, 40, UInt8(serial % 4 + 1), 0, 0, 0, 3, 0] + [UInt8](repeating: 0, count: 31)
                    + FrameTime.bytes(.now))
            let bytes = frame.bytes
            guard send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { return true }
            waiting: while true {
                let count = recv(socket, &buffer, buffer.count, 0)
                guard count > 0 else { return true }
                decoder.append(buffer[0..<count])
                while case .frame(let answer)? = decoder.next() {
                    guard answer.command == Frame.Command.confirm else { continue }
                    confirmed.append(Confirmed(address: address, serial: answer.serial))
                    progress.add(1, ordering: .relaxed)
                    if answer.serial == serial { break waiting }
                }
            }
        }
    }

    private func connect(port: Int, isOver: borrowing Atomic<Bool>) -> Int32? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        while !isOver.load(ordering: .relaxed) {
            let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var timeout = timeval(tv_sec: 5, tv_usec: 0)
            setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if result == 0 { return socket }
            close(socket)
            usleep(5_000)
        }
        return nil
    }
}

/// Says to devices that the program is dead.
final class Flag: Sendable {
    let value = Atomic<Bool>(false)
}
