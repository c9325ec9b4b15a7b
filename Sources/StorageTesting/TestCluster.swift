import Foundation
import Glibc
import Storage
import Synchronization

/// A PostgreSQL server for tests, on a Unix socket in a folder of its own.
///
/// A small shell script keeps it: it takes orders on its standard input and stops and removes the server when that
/// ends, which it does however the tests' process ends.
public final class TestCluster: Sendable {
    /// Why there is no server.
    public struct Failure: Error, CustomStringConvertible {
        /// In words.
        public var description: String
    }

    /// The one that the tests of a process share, started at the first use.
    public static func shared() async throws -> TestCluster { try await sharedTask.value }
    private static let sharedTask = Task { try await TestCluster() }

    private static let script = """
        set -u
        export LC_ALL=C.UTF-8
        dir=$(mktemp -d /tmp/zhili-pg-XXXXXX) || exit 1
        cd "$dir"
        trap '' HUP INT TERM PIPE
        finish() { pg_ctl -D "$dir/data" -m immediate -w stop >/dev/null 2>&1; cd /; rm -rf "$dir"; }
        start() { pg_ctl -D "$dir/data" -l "$dir/log" -w start </dev/null >/dev/null 2>&1; }
        initdb --no-sync -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 \\
            --locale-provider=icu --icu-locale=und >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; finish; exit 1; }
        cat >>"$dir/data/postgresql.conf" <<END
        listen_addresses = ''
        unix_socket_directories = '$dir'
        fsync = off
        synchronous_commit = off
        full_page_writes = off
        max_connections = 400
        shared_buffers = 32MB
        autovacuum = off
        END
        start || { cat "$dir/log" >&2; finish; exit 1; }
        echo "$dir"
        while read -r order name; do
            case $order in
                create) psql -qX -h "$dir" -U postgres -d postgres -c "CREATE DATABASE $name TEMPLATE template0" \\
                    </dev/null >/dev/null 2>>"$dir/orders" ;;
                drop) psql -qX -h "$dir" -U postgres -d postgres -c "DROP DATABASE $name WITH (FORCE)" \\
                    </dev/null >/dev/null 2>>"$dir/orders" ;;
                stop) pg_ctl -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 ;;
                start) start ;;
            esac
            echo "$?" 2>/dev/null || break
        done
        finish
        """

    /// The folder of the socket.
    public let socketFolder: String
    private let orders: FileHandle
    private let answers: FileHandle
    private let process: Process
    private let queue = DispatchQueue(label: "test-cluster")
    private let names = Atomic(0)

    /// Starts a server of its own, for tests that stop it.
    /// - Throws: ``Failure`` when PostgreSQL 15 is not installed or does not start.
    public init() async throws {
        let programs = "/usr/lib/postgresql/15/bin"
        guard FileManager.default.isExecutableFile(atPath: programs + "/initdb") else {
            throw Failure(description: "PostgreSQL 15 is not installed in \(programs); run scripts/setup.sh")
        }
        let process = Process()
        let isRoot = geteuid() == 0
        process.executableURL = URL(fileURLWithPath: isRoot ? "/usr/sbin/runuser" : "/bin/sh")
        process.arguments = (isRoot ? ["-u", "postgres", "--", "/bin/sh"] : []) + ["-c", Self.script]
        process.environment = ["PATH": programs + ":/usr/bin:/bin"]
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        // No other child may hold the end whose closing tells that the tests are over.
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        try process.run()
        self.process = process
        orders = input.fileHandleForWriting
        answers = output.fileHandleForReading
        let (queue, answers) = (queue, answers)
        let folder: String? = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: readLine(answers)) }
        }
        guard let folder else {
            throw Failure(description: "PostgreSQL did not start; its words are on standard error")
        }
        socketFolder = folder
    }

    /// Makes an empty database and gives its address.
    public func create() async throws -> (name: String, url: String) {
        let number = names.add(1, ordering: .relaxed).newValue
        let name = "t\(number)"
        try await order("create \(name)")
        return (name, "postgres:///\(name)?host=\(socketFolder)&user=postgres")
    }

    /// Throws a database away, some time later.
    public func drop(_ name: String) {
        Task { try? await order("drop \(name)") }
    }

    /// Stops the server as a power cut does.
    public func stop() async throws { try await order("stop") }
    /// Starts it again.
    public func start() async throws { try await order("start") }

    private func order(_ text: String) async throws {
        let answer: String? = await withCheckedContinuation { continuation in
            queue.async { [orders, answers] in
                try? orders.write(contentsOf: Data((text + "\n").utf8))
                continuation.resume(returning: readLine(answers))
            }
        }
        guard answer == "0" else { throw Failure(description: "the test server failed at: \(text)") }
    }
}

private func readLine(_ handle: FileHandle) -> String? {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while read(handle.fileDescriptor, &byte, 1) == 1 {
        if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
        line.append(byte)
    }
    return nil
}
