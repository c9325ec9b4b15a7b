import Kernel
import Web

extension Permission {
    /// See broadcasts and what other centres said.
    public static let broadcastRead = Permission("broadcast.read", [.officer, .leader, .clerk, .admin, .auditor])
    /// Write broadcasts, issue exercises and tests, cancel.
    public static let broadcastWrite = Permission("broadcast.write", [.officer, .leader])
    /// Issue what is meant.
    public static let broadcastActual = Permission("broadcast.actual", [.leader])
}
