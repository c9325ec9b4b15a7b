import Kernel
import Web

extension Permission {
    /// Sees cameras, and their pictures.
    public static let cameraRead = Permission("camera.read", [.officer, .leader, .patrol, .grid, .admin, .auditor])
    /// Watches live.
    static let cameraLive = Permission("camera.live", [.officer, .leader, .patrol])
    /// Moves cameras and sets presets.
    static let cameraMove = Permission("camera.move", [.officer, .leader])
    /// Names cameras and says where they are.
    static let cameraWrite = Permission("camera.write", [.officer, .admin])
    /// Sees devices and what is out of order with them.
    static let deviceRead = Permission("watch-device.read", [.officer, .leader, .admin, .auditor])
    /// Registers devices and their passwords.
    static let deviceWrite = Permission("watch-device.write", [.admin])
    /// Sees water places, the watch's log and its figures.
    public static let waterRead = Permission("water.read", [.officer, .leader, .patrol, .grid, .admin, .auditor])
    /// Watches water places and reports swimmers.
    static let waterWatch = Permission("water.watch", [.officer, .leader])
    /// Says how a sighting ended.
    static let waterOutcome = Permission("water.outcome", [.officer, .leader, .patrol])
    /// Changes water places.
    static let waterWrite = Permission("water.write", [.leader, .admin])
}

extension Caller {
    /// The caller as the record names it.
    var watcher: WatchPerson { .staff(id, name: name) }
}
