import ArgumentParser
import Centre
import Foundation
import Logging

/// Copies a centre while it runs.
struct BackUp: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Write a verified copy of database and files into a new folder; the centre may run.")
    @OptionGroup var place: Place
    @Option(help: "The new folder.")
    var to: String

    func run() async throws {
        let centre = try await Centre(place.configuration(), logger: Logger(label: "zhili"), mustExist: true)
        try await centre.backUp(to: URL(fileURLWithPath: to))
        await centre.close()
        print("backup: \(to), verified")
    }
}

/// Makes a centre of a copy.
struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make an empty data folder (and, with --database, an empty PostgreSQL database) of a backup.")
    @OptionGroup var place: Place
    @Option(help: "The backup's folder.")
    var from: String

    func run() async throws {
        let configuration = try place.configuration()
        try await Centre.restore(
            from: URL(fileURLWithPath: from), to: configuration, logger: Logger(label: "zhili"))
        print("restored: \(configuration.folder.path), verified")
    }
}
