import Cases
import Foundation
import Glibc
import Identity
import Kernel
import NIOSSL
import Storage

/// Looks a centre over without changing it: `zhili check`.
public struct CentreCheck: Sendable {
    private let configuration: CentreConfiguration
    private let environment: [String: String]
    private let now: Instant

    /// Free space below which a day of photos may fill the disk, in MiB.
    static let tightMiB: Int64 = 2_048
    /// Free space below which writes may fail at any moment, in MiB.
    static let fullMiB: Int64 = 200
    /// Days before a certificate's end at which to renew it.
    static let renewDays: Int64 = 21

    /// A check of a centre of that configuration.
    public init(configuration: CentreConfiguration, environment: [String: String], now: Instant = .now) {
        self.configuration = configuration
        self.environment = environment
        self.now = now
    }

    /// Everything, in the order in which to see to it.
    public func run() async -> [Finding] {
        var findings = settings()
        findings.append(contentsOf: disk())
        findings.append(contentsOf: await database())
        findings.append(clock())
        findings.append(contentsOf: calendar())
        findings.append(contentsOf: certificate())
        return findings
    }

    private func settings() -> [Finding] {
        let unknown = CentreConfiguration.unknownVariables(environment)
        var findings = unknown.map { name in
            Finding.mind("configuration", "\(name) is no setting", do: "see docs/configuration.md for how it is spelt")
        }
        if unknown.isEmpty { findings.append(.ok("configuration", "read, every key known")) }
        let vendor = configuration.vendor
        if vendor.map({ !FileManager.default.fileExists(atPath: $0.appendingPathComponent("maplibre-gl.js").path) })
            ?? true
        {
            findings.append(
                .mind(
                    "vendor", "the maps' scripts are not there",
                    do: "sh scripts/vendor.sh DIR, then vendor: DIR in zhili.yaml"))
        }
        return findings
    }

    private func disk() -> [Finding] {
        let folder = configuration.folder
        guard FileManager.default.fileExists(atPath: folder.path) else {
            return [.wrong("disk", "there is no data folder \(folder.path)", do: "zhili setup --data \(folder.path)")]
        }
        var findings: [Finding] = []
        if access(folder.path, W_OK) != 0 {
            findings.append(
                .wrong(
                    "disk", "\(folder.path) cannot be written by this user",
                    do: "chown it to the user that runs zhili serve"))
        }
        var space = statvfs()
        guard statvfs(folder.path, &space) == 0 else {
            return findings + [.mind("disk", "free space cannot be read", do: "look with df \(folder.path)")]
        }
        let free = Int64(space.f_bavail) * Int64(space.f_frsize) / 1_048_576
        let text = "\(free) MiB free in \(folder.path)"
        let advice = "free some: move old backups away, or lower retention.* in zhili.yaml"
        findings.append(
            free < Self.fullMiB
                ? .wrong("disk", text, do: advice)
                : free < Self.tightMiB ? .mind("disk", text, do: advice) : .ok("disk", text))
        return findings
    }

    private func database() async -> [Finding] {
        let database: any Database
        do {
            if let url = configuration.database {
                database = try PostgresDatabase(url: url, connections: 2)
            } else {
                let file = configuration.folder.appendingPathComponent("zhili.db").path
                guard FileManager.default.fileExists(atPath: file) else {
                    return [
                        .wrong(
                            "database", "\(file) is not there",
                            do: "zhili setup --data \(configuration.folder.path), or restore a backup")
                    ]
                }
                database = try SQLiteDatabase(path: file, readers: 2)
            }
            _ = try await database.read { db in try db.value(Int64.self, "SELECT 1") }
        } catch {
            return [
                .wrong(
                    "database", "not reached: \(error)",
                    do: "is the server up, and are name and password in database right?")
            ]
        }
        var findings: [Finding] = []
        do {
            findings.append(try await steps(database))
            if findings.allSatisfy({ $0.grade != .wrong }) {
                findings.append(try await audit(database))
                findings.append(contentsOf: try await time(database))
                findings.append(try await jobs(database))
            }
        } catch {
            findings.append(.wrong("database", "cannot be read: \(error)", do: "zhili serve, then look at its log"))
        }
        await database.close()
        return findings
    }

    private func steps(_ database: any Database) async throws -> Finding {
        let known = (Migrator.ground + (try RoomList.schema())).map(\.id)
        let applied: [String]
        do {
            applied = try await database.read { db in try db.values(String.self, "SELECT id FROM migration") }
        } catch {
            return .wrong("database", "reached, but it holds no centre", do: "zhili setup, or restore a backup")
        }
        if let newer = applied.first(where: { !known.contains($0) }) {
            return .wrong(
                "database", "it has step \(newer), which this program does not know",
                do: "run the newer program that made it")
        }
        let missing = known.count - applied.count
        guard missing == 0 else {
            return .mind("database", "reached; \(missing) steps are not applied yet", do: "zhili serve applies them")
        }
        return .ok("database", "reached (\(database.engine.rawValue)), all \(known.count) steps applied")
    }

    private func audit(_ database: any Database) async throws -> Finding {
        let file = configuration.auditKey ?? configuration.folder.appendingPathComponent("audit.key")
        guard FileManager.default.fileExists(atPath: file.path) else {
            return .wrong("audit", "its key \(file.path) is not there", do: "put a copy of the key back")
        }
        let audit = try Audit(folder: configuration.folder, key: configuration.auditKey)
        guard try await audit.isOurs(database) else {
            return .wrong(
                "audit", "\(file.path) is not the key that the log was written with",
                do: "put a copy of the right one back"
            )
        }
        let report = try await audit.verify(database)
        guard let flaw = report.flaw else { return .ok("audit", "\(report.count) entries, the chain holds") }
        return .wrong(
            "audit", "broken: \(flaw)",
            do: "keep database and log as they are, compare them with the newest backup, and find out who could write")
    }

    private func time(_ database: any Database) async throws -> [Finding] {
        let newest =
            try await database.read { db in
                try ["event", "audit"].compactMap { table in
                    try db.value(Instant.self, "SELECT at FROM \(raw: table) ORDER BY seq DESC LIMIT 1")
                }.max()
            } ?? now
        var findings: [Finding] = []
        if newest - now > 2_000 {
            findings.append(
                .wrong(
                    "clock", "the newest entry is \((newest - now) / 1_000) s in the future of this clock",
                    do: "set the clock (timedatectl set-ntp true) before serving"))
        }
        if database.engine == .postgresql {
            let theirs =
                try await database.read { db in
                    try db.value(
                        Int64.self, "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)")
                } ?? now.ms
            let apart = abs(theirs - Instant.now.ms)
            if apart > 5_000 {
                findings.append(
                    .wrong(
                        "clock", "\(apart / 1_000) s apart from the database's",
                        do: "let all nodes take their time from one server (timedatectl set-ntp true)"))
            }
        }
        return findings
    }

    private func jobs(_ database: any Database) async throws -> Finding {
        let failed = try await database.read { db in
            try db.values(
                String.self, "SELECT kind FROM job WHERE last_error IS NOT NULL ORDER BY kind LIMIT 20")
        }
        guard failed.isEmpty else {
            return .mind(
                "jobs", "failed lately: \(Set(failed).sorted().joined(separator: ", "))",
                do: "the log of zhili serve says why")
        }
        return .ok("jobs", "none has failed")
    }

    /// systemd-timesyncd leaves a mark once it has the time, chrony and ntpd one while they run.
    private func clock() -> Finding {
        let marks = ["/run/systemd/timesync/synchronized", "/run/chrony/chronyd.pid", "/run/ntpd.pid"]
        guard marks.contains(where: FileManager.default.fileExists) else {
            return .mind(
                "clock", "no time server keeps it right", do: "timedatectl set-ntp true, or chrony with a town's server"
            )
        }
        return .ok("clock", "kept right by a time server")
    }

    private func calendar() -> [Finding] {
        let today = CivilTime.date(ofDay: Int((now.ms + CivilTime.offsetMs).floorDivided(by: CivilTime.dayMs)))
        let year = today.year
        do {
            let years = try WorkCalendar.load(data: configuration.folder).years.keys
            if !years.contains(year) {
                return [
                    .wrong(
                        "calendar", "there are no holidays of \(year)",
                        do:
                            "put them into calendar/\(year).json of the data folder: deadlines count weekdays alone meanwhile"
                    )
                ]
            }
            // The State Council tells next year's holidays in November.
            if !years.contains(year + 1), today.month >= 11 {
                return [
                    .mind(
                        "calendar", "there are no holidays of \(year + 1) yet",
                        do: "once they are told, put them into calendar/\(year + 1).json of the data folder")
                ]
            }
            return [.ok("calendar", "holidays of \(years.sorted().map(String.init).joined(separator: ", "))")]
        } catch {
            return [.wrong("calendar", "cannot be read: \(error)", do: "mend the file (docs/administrator.md)")]
        }
    }

    private func certificate() -> [Finding] {
        guard let files = configuration.tls else {
            guard !["127.0.0.1", "::1", "localhost"].contains(configuration.host), !configuration.isSecure else {
                return []
            }
            return [
                .mind(
                    "tls", "others reach \(configuration.host) without TLS",
                    do: "name tls.certificate and tls.key, or put a proxy in front and name public-url: https://…")
            ]
        }
        do {
            let chain = try files.load().chain
            guard let first = chain.first else { return [] }
            let days = (Int64(first.notValidAfter) * 1_000 - now.ms) / CivilTime.dayMs
            if Int64(first.notValidAfter) * 1_000 <= now.ms {
                return [.wrong("tls", "the certificate has ended", do: "renew it, then restart zhili serve")]
            }
            return [
                days < Self.renewDays
                    ? .mind("tls", "the certificate ends in \(days) days", do: "renew it, then restart zhili serve")
                    : .ok("tls", "the certificate holds \(days) more days")
            ]
        } catch {
            return [.wrong("tls", error.description, do: "see tls.certificate and tls.key in docs/configuration.md")]
        }
    }
}
