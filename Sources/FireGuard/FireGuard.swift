import Foundation
import Kernel
import Storage

/// The fire room (智慧烟感): sites, detectors and their gateways, alarms from the first frame to the reset.
public struct FireGuard: Sendable {
    /// The room's name in paths and catalogues.
    public let name = "fire"
    /// Its schema, in order.
    public static func migrations() throws -> [Migration] { try Migration.load(room: "fire", bundle: .module) }
}
