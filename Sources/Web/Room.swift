import Foundation
import Kernel
import ServiceLifecycle
import Storage

/// One room of the house: tables, pages, API and workers of one thing that the town knows by name.
public protocol Room: Sendable {
    /// Such as `cases`.
    var name: String { get }
    /// The steps that make its tables.
    var migrations: [Migration] { get }
    /// Its templates, catalogues and scripts, under `Resources/`.
    var bundle: Bundle { get }
    /// What it shows in the navigation.
    var navigation: [NavigationItem] { get }
    /// Its ways in.
    func routes(_ routes: inout Routes)
    /// Its workers and servers, which run while the centre runs.
    func services() -> [any Service]
}

extension Room {
    /// A room without pages of its own.
    public var navigation: [NavigationItem] { [] }
    /// A room without workers.
    public func services() -> [any Service] { [] }
}

/// One entry of the console's navigation.
public struct NavigationItem: Sendable {
    /// Where it leads.
    public var href: String
    /// Its words in the catalogue.
    public var key: String
    /// Its picture among the icons.
    public var icon: String
    /// Who sees it; `nil` is everybody.
    public var needs: Permission?
    /// Small numbers come first.
    public var order: Int

    /// An entry.
    public init(_ href: String, key: String, icon: String, needs: Permission?, order: Int) {
        self.href = href
        self.key = key
        self.icon = icon
        self.needs = needs
        self.order = order
    }
}
