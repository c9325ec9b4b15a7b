import Foundation
import Kernel
import Print
import ServiceLifecycle
import Storage
import Web

extension Permission {
    /// See what a day, a week or a month came to.
    public static let summaryRead = Permission("summary.read", [.officer, .leader, .clerk, .admin, .auditor])
}

/// 综合报表: what a day, a week or a month came to, on screen, on paper and as a workbook. It counts nothing itself:
/// each part comes from a source that the centre joined.
public struct SummaryRoom: Room {
    /// The room's name.
    public let name = "summary"
    /// It has no tables.
    public let migrations: [Migration] = []
    let database: any Database
    let sources: [SummarySource]
    let address: @Sendable () -> String?

    /// Its templates and words.
    public static var resources: Bundle { .module }
    /// Its templates and words.
    public var bundle: Bundle { .module }

    /// Opens the room.
    /// - Parameters:
    ///   - sources: the parts, in their order.
    ///   - address: where people reach the centre, for links on paper; `nil` while that is not known.
    public init(database: any Database, sources: [SummarySource], address: @escaping @Sendable () -> String?) {
        self.database = database
        self.sources = sources
        self.address = address
    }

    /// The reports.
    public var navigation: [NavigationItem] {
        [NavigationItem("/summary", key: "summary.nav", icon: "statistics", needs: .summaryRead, order: 51)]
    }

    /// Its ways in.
    public func routes(_ routes: inout Routes) { summaryRoutes(&routes) }

    /// None.
    public func services() -> [any Service] { [] }
}
