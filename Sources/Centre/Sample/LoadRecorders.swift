import GB28181
import Kernel
import Storage
import Watch

extension Centre {
    /// Registers recorders of one name, numbered as the simulator numbers them, whose cameras only their catalogues
    /// tell; for measuring.
    public func addLoadRecorders(_ count: Int, first: Int, name: String, password: String) async throws {
        let platform = configuration.gb28181Platform
        try await database.write { db in
            for serial in first..<first + count {
                guard let digits = SampleCameras.id(platform, 118, serial) else { continue }
                try WatchRoom.addRecorder(
                    digits, name: name, password: password, platform: platform, cameras: [], at: .now, in: db)
            }
        }
    }
}
