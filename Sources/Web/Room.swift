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
