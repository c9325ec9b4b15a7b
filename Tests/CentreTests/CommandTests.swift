import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// What the program says to wrong use, as a person at a terminal sees it.
@Suite("The program's commands", .serialized)
struct CommandTests {
    private func run(_ arguments: [String], told: Bool = false) throws -> (status: Int32, words: String) {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = Program.executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging([
            "ZHILI_SETUP_PASSWORD": RunningCentre.password, "ZHILI_SAMPLE_RECORDS": "10",
        ]) { $1 }
        // What a command says when all is well goes to its output, what is wrong to its errors.
        process.standardOutput = told ? pipe : FileHandle.nullDevice
        process.standardError = told ? FileHandle.nullDevice : pipe
        try process.run()
        let words = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        // A trap would end it by a signal.
        #expect(process.terminationReason == .exit, "\(arguments)")
        return (process.terminationStatus, words)
    }

    @Test("Wrong use is answered with what to type instead")
    func wrongUse() throws {
        let nowhere = NSTemporaryDirectory() + "zhili-\(UUID().uuidString)"
        for (arguments, status, words) in [
            (["srve"], 64, "did you mean zhili serve?"), (["help", "bakcup"], 64, "did you mean zhili backup?"),
            (["serve", "--lisen", "x"], 64, "Did you mean '--listen'?"),
            (["serve", "--set", "listen"], 64, "--set takes KEY=VALUE"),
            (["serve", "--listen", "here"], 1, "listen takes HOST:PORT"),
            (["audit", "check"], 64, "zhili audit verify"),
            (["audit", "verify", "--data", nowhere], 1, "zhili setup --data \(nowhere)"),
            (["backup", "--data", nowhere, "--to", nowhere + "-b"], 1, "zhili setup --data"),
            (["restore", "--from", nowhere, "--data", nowhere], 1, "is no backup"),
            (["setup", "--data", "/proc/none"], 1, "/proc/none cannot be made"),
            (["media"], 64, "write: zhili serve"), (["simulate", "fire", "--to", "x"], 64, "--to takes HOST:PORT"),
        ] as [([String], Int32, String)] {
            let answer = try run(arguments)
            #expect(answer.status == status && answer.words.contains(words), "\(arguments): \(answer)")
        }
        #expect(!FileManager.default.fileExists(atPath: nowhere))
    }

    @Test("Help explains every command and each of its options")
    func help() throws {
        /// The names of a part of the help, each with what is said of it.
        func entries(_ text: String, _ part: String) -> [(name: String, about: String)] {
            guard let start = text.range(of: part + ":\n") else { return [] }
            var found: [(name: String, about: String)] = []
            for line in text[start.upperBound...].split(separator: "\n", omittingEmptySubsequences: false) {
                guard line.hasPrefix("  ") else { break }
                let isName = line.dropFirst(2).first.map { $0 != " " } ?? false
                let pieces = line.split(separator: "  ").map { $0.trimmingPrefix { $0 == " " } }.filter { !$0.isEmpty }
                if isName {
                    found.append((String(pieces.first ?? ""), pieces.dropFirst().joined(separator: " ")))
                } else if !found.isEmpty {
                    found[found.count - 1].about += pieces.joined(separator: " ")
                }
            }
            return found
        }
        let all = entries(try run(["--help"], told: true).words, "SUBCOMMANDS")
        #expect(all.count >= 9 && all.allSatisfy { !$0.about.isEmpty }, "\(all)")
        for command in all {
            let name = String(command.name.prefix { $0 != " " })
            let text = try run(["help", name], told: true).words
            #expect(text.contains("OVERVIEW: ") && text.contains("USAGE: zhili \(name)"), "\(name)")
            for option in entries(text, "OPTIONS") + entries(text, "SUBCOMMANDS") {
                #expect(!option.about.isEmpty, "zhili \(name): \(option.name)")
            }
        }
    }

    @Test("A centre that cannot serve says why and ends: nobody to log in, a port that is taken, a certificate unread")
    func cannotServe() throws {
        let folder = NSTemporaryDirectory() + "zhili-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let base = ["serve", "--data", folder, "--without-media", "--set", "mqtt.url=off", "--gb26875-port"]
        #expect(try run(base + ["\(Program.freePort())"]).words.contains("zhili setup --data \(folder)"))
        #expect(try run(["setup", "--sample", "--data", folder]).status == 0)
        let taken = try DeafGateway()
        defer { taken.close() }
        for port in [["0", "--listen", "127.0.0.1:\(taken.port)"], ["\(taken.port)", "--listen", "127.0.0.1:0"]] {
            let answer = try run(base + port)
            #expect(answer.status == 1 && answer.words.contains("a port is taken"), "\(answer.words.suffix(400))")
        }
        let answer = try run(
            base + ["0", "--listen", "127.0.0.1:0", "--set", "tls.certificate=/none", "--set", "tls.key=/none"])
        #expect(answer.status == 1 && answer.words.contains("tls.certificate: /none"), "\(answer.words.suffix(400))")
    }
}
