import Foundation
import Kernel
import Office

/// Measures the registry of the built program, from outside: a town of full size, its first pages and searches, and an
/// office's table of 100,000 rows beside another reader's bare read of the same file.
public struct RegistryBench: Sendable {
    /// The program.
    public var program: URL
    /// A folder for the towns.
    public var folder: URL
    /// The password of the sample's people.
    public var password: String
    /// A Python with python-calamine, where there is one.
    public var calamine: URL?

    /// Records of the town, and rows of the table.
    public static let records = 100_000

    /// What is to be measured.
    public init(program: URL, folder: URL, password: String, calamine: URL?) {
        self.program = program
        self.folder = folder
        self.password = password
        self.calamine = calamine
    }

    /// An empty database on a PostgreSQL that the same is measured on, where there is one.
    public static var server: String? {
        ProcessInfo.processInfo.environment["ZHILI_BENCH_POSTGRES"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Records of the large town.
    public static let many = 1_000_000

    /// Runs everything and gives a section of the page.
    public func run() throws -> String {
        let small = try searches(Self.records, "registry")
        let large = try searches(Self.many, "registry-many")
        let server = try Self.server.map { try searches(Self.records, "registry-server", database: $0) }
        let people = try people()
        let imports = try imports()
        func row(_ index: Int, _ found: Searches?) -> String { found.map { $0.samples[index].text } ?? "not measured" }
        let lines = Self.kinds.enumerated().map { index, kind in
            "| \(kind.name) | \(row(index, small)) | \(row(index, large)) | \(row(index, server)) |"
        }
        return """

            ## Registry
            A town of \(Self.records) records in 22 categories is made in \(short(small.madeSeconds)) s; it starts in \
            \(Int(small.startMs)) ms and uses \(small.residentMiB) MiB after all that is below, one of \(Self.many) \
            records \(large.residentMiB) MiB. Milliseconds p50 / p99 over HTTP, one connection a request, every answer \
            masked for the duty officer:

            | what | SQLite, \(Self.records) | SQLite, \(Self.many) | PostgreSQL, \(Self.records) |
            |---|---|---|---|
            \(lines.joined(separator: "\n"))

            A table of \(Self.records) rows and 20 columns (.xlsx, 12 of them a resident's fields, all validated):

            | what | s | peak MiB |
            |---|---|---|
            \(imports)

            The map of the same town, and people who may be in a registry twice:

            | what | SQLite | PostgreSQL |
            |---|---|---|
            \(map(small, server))
            | looking through \(people.people) residents for people who are there twice, s | \(short(people.seconds)) | not measured |

            Aims: import under 8 s and 200 MiB, search p99 under 5 ms and under 10 ms at \(Self.many), first page under \
            20 ms, a tile that no cache holds under 30 ms, a moved border under 1 s, memory with all of it under 250 MiB.

            """
    }

    private func map(_ small: Searches, _ server: Searches?) -> String {
        small.map.enumerated().map { index, line in
            "| \(line.what) | \(line.value) | \(server.map { $0.map[index].value } ?? "not measured") |"
        }.joined(separator: "\n")
    }

    /// A town large enough to have about 100,000 residents.
    private func people() throws -> (people: Int, seconds: Double) {
        let town = folder.appendingPathComponent("registry-people")
        _ = try Self.run(
            program, ["setup", "--sample", "--records", "250000", "--data", town.path],
            environment: ["ZHILI_SETUP_PASSWORD": password])
        defer { try? FileManager.default.removeItem(at: town) }
        let centre = try CentreProcess(program: program, folder: town, web: 28_190, devices: 28_191)
        defer { centre.stop() }
        return try bench(centre).duplicates()
    }

    private func bench(_ centre: CentreProcess) throws -> MapBench {
        MapBench(
            centre: centre, officer: try token(centre, "officer"), leader: try token(centre, "leader"),
            clerk: try token(centre, "clerk"))
    }

    private static let kinds: [(name: String, path: String)] = [
        ("first page of the residents", "/api/v1/records/resident?limit=50"),
        ("name, two characters", "/api/v1/records?q=%E5%BB%BA%E5%9B%BD"),
        ("letters, zjg", "/api/v1/records?q=zjg"), ("part of an address", "/api/v1/records?q=%E6%9F%B3%E6%B9%BE"),
        ("last four", "/api/v1/records?q=1234"), ("nobody", "/api/v1/records?q=%E9%BE%99%E9%BE%98"),
    ]

    private struct Searches {
        var madeSeconds: Double
        var startMs: Double
        var residentMiB: Int
        /// In the order of ``kinds``.
        var samples: [Samples]
        var map: [(what: String, value: String)]
    }

    private func searches(
        _ records: Int, _ name: String, database: String? = nil
    ) throws -> Searches {
        let town = folder.appendingPathComponent(name)
        var environment = ["ZHILI_SETUP_PASSWORD": password]
        if let database { environment["ZHILI_DATABASE"] = database }
        let made = try Self.run(
            program, ["setup", "--sample", "--records", "\(records)", "--data", town.path], environment: environment)
        defer { try? FileManager.default.removeItem(at: town) }
        let centre = try CentreProcess(
            program: program, folder: town, web: 28_190, devices: 28_191, database: database)
        let token = try token(centre)
        var all: [Samples] = []
        for kind in Self.kinds {
            var samples = Samples()
            for round in 0..<220 {
                let start = nanoseconds()
                let answer = try centre.request("GET", kind.path, token: token)
                guard answer.contains(" 200 ") else {
                    throw BenchError(description: "\(kind.path): \(answer.prefix(200))")
                }
                if round >= 20 { samples.add(Int64(nanoseconds() - start)) }
            }
            all.append(samples)
        }
        let map = records == Self.many ? [] : try bench(centre).run()
        let resident = Machine.residentBytes(centre.pid) / 1_048_576
        let startMs = centre.startMs
        centre.stop()
        return Searches(madeSeconds: made.seconds, startMs: startMs, residentMiB: resident, samples: all, map: map)
    }

    private func imports() throws -> String {
        let table = folder.appendingPathComponent("table.xlsx")
        try Self.table(Self.records).write(to: table)
        let empty = folder.appendingPathComponent("import")
        _ = try Self.run(
            program, ["setup", "--sample", "--records", "0", "--data", empty.path],
            environment: ["ZHILI_SETUP_PASSWORD": password])
        let stored = try Self.run(program, ["import", "--category", "resident", "--data", empty.path, table.path])
        let again = try Self.run(program, ["import", "--category", "resident", "--data", empty.path, table.path])
        let rival = try calamine.map { python in
            try Self.run(
                python,
                [
                    "-c",
                    "import python_calamine as c,sys;print(len(c.CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).to_python()))",
                    table.path,
                ])
        }
        return """
            | `zhili import`, stored, indexed and searchable | \(short(stored.seconds)) | \(stored.peak / 1_048_576) |
            | the same file again, nothing changes | \(short(again.seconds)) | \(again.peak / 1_048_576) |
            | python-calamine, bare read into memory | \(rival.map { short($0.seconds) } ?? "not installed") | \(rival.map { String($0.peak / 1_048_576) } ?? "—") |
            """
    }

    private func token(_ centre: CentreProcess, _ person: String = "officer") throws -> String {
        let answer = try centre.request(
            "POST", "/api/v1/sessions", body: "{\"username\":\"\(person)\",\"password\":\"\(password)\"}")
        guard let start = answer.range(of: "\"token\":\"")?.upperBound, let end = answer[start...].firstIndex(of: "\"")
        else { throw BenchError(description: "no session: \(answer.prefix(200))") }
        return String(answer[start..<end])
    }

    /// Runs a program to its end: how long it took, and the most memory it had.
    private static func run(
        _ program: URL, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> (seconds: Double, peak: Int) {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = FileHandle.nullDevice
        let start = nanoseconds()
        try process.run()
        var peak = 0
        while process.isRunning {
            peak = max(peak, Machine.residentBytes(process.processIdentifier))
            usleep(20_000)
        }
        process.waitUntilExit()
        let seconds = Double(nanoseconds() - start) / 1e9
        guard process.terminationStatus == 0 else {
            throw BenchError(description: "\(arguments.prefix(2).joined(separator: " ")) failed")
        }
        return (seconds, peak)
    }

    /// Invented residents as an office writes them: texts, dates of several kinds, columns that mean nothing here.
    private static func table(_ rows: Int) throws -> Data {
        let names = [
            "序号", "姓名", "性别", "出生日期", "身份证号", "联系电话", "户编号", "与户主关系", "居住状态", "住址", "坐标", "备注", "文化程度", "职业", "工作单位",
            "登记人", "登记日期", "照片编号", "档案号", "其他",
        ]
        let book = try Workbook(sheet: "人员", columns: names.map { ($0, 14) })
        let given = Array("建国伟强磊军洋勇杰涛明超刚平辉").map(String.init)
        for row in 0..<rows {
            let birth = CivilTime.date(ofDay: CivilTime.dayNumber(year: 1950, month: 1, day: 1) + row % 20_000)
            let day = String(format: "%04d%02d%02d", birth.year, birth.month, birth.day)
            let digits = "410000" + day + String(format: "%03d", row / 20_000 * 2 + 1)
            let name = "张" + given[row % given.count] + given[row / given.count % given.count]
            book.add([
                .number(Double(row + 1)), .text(name), .text("男"), .text("\(birth.year).\(birth.month).\(birth.day)"),
                .text(digits + check(digits)), .text("1990" + String(format: "%07d", row)), .text("H\(row / 3)"),
                .text("其他"), .text("在村"), .text("柳湾村一社\(row % 900)号"), .text("33.99,112.96"), .text("备注\(row % 7)"),
                .text("初中"), .text("务农"), .text("—"), .text("登记员"), .number(45_000), .text("P\(row)"), .text("D\(row)"),
                .empty,
            ])
        }
        return Data(try book.bytes())
    }

    /// The check character of ISO 7064 MOD 11-2.
    private static func check(_ digits: String) -> String {
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
        let sum = zip(digits.utf8, weights).reduce(0) { $0 + (Int($1.0) - 48) * $1.1 }
        return String(Array("10X98765432")[sum % 11])
    }
}
