import Foundation
import Kernel
import Places
import Registry
import Web

extension Centre {
    /// The registry alone, for commands; nothing listens.
    func registry() async throws -> RegistryRoom {
        let places = try await PlacesRoom(database: database, logger: logger)
        return try await RegistryRoom(
            database: database, folder: configuration.folder, audit: audit, areas: places.index, logger: logger
        ) { _, _, _, _ in }
    }

    /// What a table brought into the registry.
    public typealias ImportReport = RegistryRoom.ImportReport

    /// Brings a table into the registry.
    /// - Throws: ``CentreError`` with what is wrong with the file.
    public func importTable(
        _ bytes: [UInt8], name: String, category: String, isDry: Bool
    ) async throws -> RegistryRoom.ImportReport {
        let catalogue = try Catalogue(bundles: RoomList.resources)
        do {
            return try await registry().importTable(bytes, name: name, category: category, isDry: isDry) {
                catalogue.word($0, .zh)
            }
        } catch let problem as Problem {
            throw Self.told(problem, catalogue)
        }
    }

    /// What is kept about a person and who looked, as lines to print for them.
    /// - Parameters:
    ///   - number: their whole ID number or phone.
    ///   - proof: how it was made sure that it is theirs to ask; goes into the audit log.
    ///   - isEnglish: else in Chinese.
    /// - Throws: ``CentreError`` with what is wrong with either.
    public func ownReport(_ number: String, proof: String, isEnglish: Bool) async throws -> [String] {
        let language = isEnglish ? Language.en : .zh
        let catalogue = try Catalogue(bundles: RoomList.resources)
        do {
            return try await registry().ownReport(number, proof: proof, language: language) {
                catalogue.word($0, language)
            }
        } catch let problem as Problem {
            throw Self.told(problem, catalogue)
        }
    }

    private static func told(_ problem: Problem, _ catalogue: Catalogue) -> CentreError {
        let fields = problem.fields.map { "\($0.key): \(catalogue.word("problem.field.\($0.value)", .zh))" }.sorted()
        let parts = [catalogue.word("problem.\(problem.code)", .zh), problem.detail ?? ""] + fields
        return CentreError(description: parts.filter { !$0.isEmpty }.joined(separator: " "))
    }
}
