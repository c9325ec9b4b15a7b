import ArgumentParser
import Centre
import Foundation
import Logging
import Registry

/// Brings a table of an office into the registry.
struct ImportTable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring a table (.xlsx, .xls, .csv) into a category of the registry.",
        discussion: "The same file twice changes nothing. Refused rows come back beside the file, each with why.")
    @OptionGroup var place: Place
    @Option(help: "Whose records the table has, such as resident.")
    var category: String
    @Flag(help: "Only say what would happen.")
    var dryRun = false
    @Argument(help: "The file.")
    var file: String

    func run() async throws {
        let url = URL(fileURLWithPath: file)
        let bytes = Array(try Data(contentsOf: url))
        let centre = try await Centre(place.configuration(), logger: Logger(label: "zhili"))
        let report: Centre.ImportReport
        do {
            report = try await centre.importTable(
                bytes, name: url.lastPathComponent, category: category, isDry: dryRun)
        } catch let error as CentreError {
            await centre.close()
            throw ValidationError(error.description)
        }
        await centre.close()
        for column in report.columns { print("\(column.column)\t→ \(column.field)") }
        print("added \(report.added), changed \(report.changed), same \(report.same), refused \(report.refused)")
        if dryRun { print("dry run: nothing was stored") }
        guard !report.refusedRows.isEmpty else { return }
        let beside = url.deletingPathExtension().path + "-refused.xlsx"
        try Data(report.refusedRows).write(to: URL(fileURLWithPath: beside))
        print("refused rows: \(beside)")
    }
}

/// Tells a person what is kept about them.
struct OwnReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "own-report", abstract: "Print what the registry keeps about a person, and who looked.",
        discussion: "For the person themselves. That it was asked for stands in the audit log.")
    @OptionGroup var place: Place
    @Option(help: "How it was made sure that the person asks for themselves, such as: ID card shown.")
    var proof: String
    @Flag(help: "In English.")
    var english = false
    @Argument(help: "The person's whole ID number or phone.")
    var number: String

    func run() async throws {
        let centre = try await Centre(place.configuration(), logger: Logger(label: "zhili"))
        do {
            let lines = try await centre.ownReport(number, proof: proof, isEnglish: english)
            await centre.close()
            print(lines.joined(separator: "\n"))
        } catch let error as CentreError {
            await centre.close()
            throw ValidationError(error.description)
        }
    }
}
