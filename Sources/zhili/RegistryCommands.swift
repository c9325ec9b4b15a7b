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
