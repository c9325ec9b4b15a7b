import FireGuard
import Kernel
import Places
import Storage
import Woodpecker

extension Centre {
    /// Registers sites with one detector each behind one gateway, for measuring: each alarm is then the first of its
    /// site, which is the dearest kind.
    public func addLoadSites(_ count: Int, gateway address: UInt64) async throws {
        let digits = String(address, radix: 16)
        let gateway = Gateway(
            id: .next(), kind: .gb26875, address: String(repeating: "0", count: max(0, 12 - digits.count)) + digits,
            name: "bench", heartbeatSeconds: 0)
        try await database.write { db in
            for number in 1...count {
                try FireGuard.register(
                    Site(
                        id: .next(), name: "测试场所 \(number)", address: "测试路 \(number) 号", ownerName: "测试",
                        ownerPhone: "199\(10_000_000 + number)"),
                    keyHolders: [], gateway: gateway,
                    detectors: [
                        FireGuard.NewDetector(
                            address: "1-1-\(number & 0xffff)-0", kind: .smoke, place: "车间", plan: nil)
                    ], at: .now, in: db)
            }
        }
    }

    /// Adds requests that Open311 lists, for measuring.
    public func addRequests(_ count: Int) async throws {
        let areas = try await PlacesRoom(database: database, logger: logger).index
        try await WoodpeckerRoom.addRequests(
            count, areas: areas.all.filter { $0.kind == .village }.map(\.id), at: .now, in: database)
    }
}
