import Kernel
import MQTT
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

    /// The detectors in whose place the centre can speak: by its port, a topic of the broker, or a push.
    public func drillDetectors(limit: Int, in db: any Reading) throws -> [DrillDetector] {
        let detectors = try DeviceStore.detectors(DetectorFilter(), limit: limit, in: db)
        let gateways = try DeviceStore.gateways(Set(detectors.map(\.gateway)), in: db)
        let reachable = detectors.filter { detector in
            guard let gateway = gateways[detector.gateway] else { return false }
            return switch gateway.kind {
            case .gb26875: loopback.server != nil
            case .mqtt: loopback.rule(of: gateway) != nil
            case .json, .ctwing, .onenet: true
            }
        }
        let sites = try SiteStore.find(Set(reachable.map(\.site)), in: db)
        return reachable.map {
            DrillDetector(
                id: $0.id, name: "\(sites[$0.site]?.name ?? "") \($0.place)", address: sites[$0.site]?.address ?? "")
        }
    }

    /// Says that a drill's message will come; a second time changes nothing.
    /// - Parameter reference: the drill's own name, unique.
    /// - Throws: a 422 where nothing can be sent in the detector's place.
    public func announceDrill(
        _ reference: String, detector id: DetectorID, at now: Instant, in db: any Writing
    ) throws {
        guard let detector = try DeviceStore.detector(id, in: db),
            let gateway = try DeviceStore.gateway(detector.gateway, in: db),
            let made = DrillMessage.make(
                gateway, detector, rule: loopback.rule(of: gateway), reference: reference, at: now)
        else { throw Problem.invalid(["detectorId": "fire.notOnWire"]) }
        try FireDrillStore.announce(made.bytes, key: made.key, reference: reference, detector: id, at: now, in: db)
    }

    /// Sends a drill's message the way that its detector's own would come. It may be sent again: the same is one alarm.
    /// - Returns: whether it came in: the gateway confirms after the alarm is stored, and of a broker it is looked for.
    public func sendDrill(_ reference: String) async throws -> Bool {
        let found = try await database.read { db -> (bytes: [UInt8], detector: Detector, gateway: Gateway)? in
            guard let message = try FireDrillStore.message(of: reference, in: db),
                let detector = try DeviceStore.detector(message.detector, in: db),
                let gateway = try DeviceStore.gateway(detector.gateway, in: db)
            else { return nil }
            return (message.bytes, detector, gateway)
        }
        guard let found else { return false }
        switch found.gateway.kind {
        case .gb26875: return await loopback.send(frame: found.bytes) == nil
        case .json, .ctwing, .onenet: return await loopback.push(found.bytes, to: found.gateway) == nil
        case .mqtt:
            guard let rule = loopback.rule(of: found.gateway) else { return false }
            var message = OwnFire.of(rule, device: found.detector.address, mark: "")
            message.payload = found.bytes
            guard await loopback.publish(message) == nil else { return false }
            return try await isHeard(reference)
        }
    }

    private func isHeard(_ reference: String) async throws -> Bool {
        for _ in 0..<15 {
            if try await database.read({ db in try FireDrillStore.alarm(of: reference, in: db) }) != nil { return true }
            try await Task.sleep(for: .milliseconds(200))
        }
        return false
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
