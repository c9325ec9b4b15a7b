import Kernel
import Logging

/// Gives this process a number that no other process on the database has, so that their identifiers never clash.
public struct NodeNumber: Sendable {
    /// For how long a number stays taken after its process was last heard of.
    static let leaseMs: Int64 = 60_000
    /// How often it is prolonged.
    static let renewEveryMs: Int64 = 15_000

    /// This process, as leases name it.
    public let owner: String
    /// Its number, 0…255.
    public let number: UInt8
    private let database: any Database

    /// Takes the smallest free number.
    /// - Throws: ``StorageError/unavailable(_:)`` when 256 processes are at work already.
    public static func take(_ database: any Database, owner: String, at now: Instant = .now) async throws -> NodeNumber
    {
        let number = try await database.write { db -> UInt8 in
            for number in UInt8.min...UInt8.max
            where try Lease.take(name(number), for: owner, ms: leaseMs, at: now, in: db) {
                return number
            }
            throw StorageError.unavailable("256 processes work on this database already")
        }
        return NodeNumber(owner: owner, number: number, database: database)
    }

    /// Prolongs the number, until the task is cancelled. A process that was held up so long that another took its
    /// number takes a new one.
    public func keep(logger: Logger) async {
        var current = number
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(Self.renewEveryMs))
            if Task.isCancelled { return }
            let (owner, number) = (owner, current)
            do {
                let holds = try await database.write { db in
                    try Lease.take(Self.name(number), for: owner, ms: Self.leaseMs, at: .now, in: db)
                }
                guard !holds else { continue }
                current = try await Self.take(database, owner: owner).number
                IDGenerator.shared.setNode(current)
                logger.warning(
                    "another process has taken this one's number", metadata: ["was": "\(number)", "is": "\(current)"])
            } catch {
                // Without the database no identifier is stored; the next try comes in a while.
                logger.debug("the node's number could not be prolonged", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Gives the number back.
    public func giveBack() async {
        let (owner, number) = (owner, number)
        try? await database.write { db in try Lease.giveBack(Self.name(number), of: owner, in: db) }
    }

    private static func name(_ number: UInt8) -> String { "node/\(number)" }
}
