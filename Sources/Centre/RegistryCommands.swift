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
            let fields = problem.fields.map { "\($0.key): \(catalogue.word("problem.field.\($0.value)", .zh))" }
                .sorted()
            let parts = [catalogue.word("problem.\(problem.code)", .zh), problem.detail ?? ""] + fields
            throw CentreError(description: parts.filter { !$0.isEmpty }.joined(separator: " "))
        }
    }
}
