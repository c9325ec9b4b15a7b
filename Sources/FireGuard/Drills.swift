import Kernel
import Storage

extension FireGuard {
    /// A detector that a drill can speak for.
    public struct DrillDetector: Sendable {
        /// Which.
        public var id: DetectorID
        /// Its site and place, for people.
        public var name: String
        /// The site's address.
        public var address: String
    }

    /// The detectors behind gateways of GB/T 26875.3, whose frame the centre can send to itself.
    public static func drillDetectors(limit: Int, in db: any Reading) throws -> [DrillDetector] {
        let gateways = Dictionary(
            try DeviceStore.gateways(kind: .gb26875, after: nil, limit: 1_000, in: db).map { ($0.id, $0) }
        ) { first, _ in first }
        let detectors = try DeviceStore.detectors(DetectorFilter(), limit: limit, in: db).filter {
            gateways[$0.gateway] != nil
        }
        let sites = try SiteStore.find(Set(detectors.map(\.site)), in: db)
        return detectors.map {
            DrillDetector(
                id: $0.id, name: "\(sites[$0.site]?.name ?? "") \($0.place)", address: sites[$0.site]?.address ?? "")
        }
    }

    /// Says that a drill's frame will come; a second time changes nothing.
    /// - Parameter reference: the drill's own name, unique.
    /// - Throws: a 422 where the detector is not at a gateway of GB/T 26875.3.
    public static func announceDrill(
        _ reference: String, detector id: DetectorID, at now: Instant, in db: any Writing
    ) throws {
        guard let detector = try DeviceStore.detector(id, in: db),
            let gateway = try DeviceStore.gateway(detector.gateway, in: db), gateway.kind == .gb26875,
            let made = DrillFrame.make(
                gateway: gateway.address, detector: detector.address, mark: reference,
                serial: .random(in: 0...UInt16.max), at: now)
        else { throw Problem.invalid(["detectorId": "fire.notOnWire"]) }
        try FireDrillStore.announce(made.bytes, key: made.key, reference: reference, detector: id, at: now, in: db)
    }

    /// Sends a drill's frame to the centre's own port. It may be sent again: the same frame is one alarm.
    /// - Returns: whether the gateway confirmed it, which it does after the alarm is stored.
    public func sendDrill(_ reference: String) async throws -> Bool {
        let frame = try await database.read { db in try FireDrillStore.frame(of: reference, in: db) }
        guard let frame, let port = server.port else { return false }
        return await DrillSender.send(frame, toPort: port)
    }

    /// The case of a drill's alarm, once it was heard.
    public static func drillCase(_ reference: String, in db: any Reading) throws -> CaseID? {
        try FireDrillStore.alarm(of: reference, in: db).flatMap { try AlarmStore.find($0, in: db)?.caseID }
    }

    /// Stands down whoever was called by a drill, and puts its alarm into history.
    public func endDrill(_ reference: String, by name: String, at now: Instant, in db: any Writing) throws {
        guard let id = try FireDrillStore.alarm(of: reference, in: db), let alarm = try AlarmStore.find(id, in: db)
        else { return }
        let person = Person.system(name)
        let alarms = AlarmDesk(desk: desk)
        if alarm.state == .raised || alarm.state == .acknowledged {
            _ = try alarms.verify(
                id, as: .drill, secondSource: .contractor, note: desk.word("fire.drill.over", [:]), by: person, at: now,
                in: db)
        }
        if alarm.state != .cleared { _ = try alarms.clear(id, resetByHand: true, by: person, at: now, in: db) }
    }
}
