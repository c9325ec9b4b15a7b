import Synchronization
import Web

/// What all routes ask for; known once every room has named its routes.
final class PermissionList: Sendable {
    private let known = Mutex<[Permission]>([])
    var all: [Permission] { known.withLock { $0 } }
    func set(_ permissions: [Permission]) { known.withLock { $0 = permissions } }
}
