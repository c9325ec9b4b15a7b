import Kernel
import Storage

extension FireGuard {
    /// A detector that is to be registered behind a gateway.
    public struct NewDetector: Sendable {
        /// Its address there.
        public var address: String
        /// What it detects.
        public var kind: DetectorKind
        /// Where it hangs, in words.
        public var place: String
        /// Its position on the floor plan.
        public var plan: PlanPosition?
        /// Seconds between its reports; 0 where it reports nothing by itself.
        public var reportSeconds: Int

        /// A detector.
        public init(
            address: String, kind: DetectorKind, place: String, plan: PlanPosition?, reportSeconds: Int = 0
        ) {
            self.reportSeconds = reportSeconds
            self.address = address
            self.kind = kind
            self.place = place
            self.plan = plan
        }
    }

    /// Keeps a floor plan, which ``Pictures`` has encoded, for a site.
    public static func setPlan(_ jpeg: [UInt8], of site: SiteID, at now: Instant, in db: any Writing) throws {
        try PlanStore.save(site, jpeg: jpeg, at: now, in: db)
    }

    /// Registers a site with its gateway and detectors, and makes its first inspections owed. For set-up and imports.
    public static func register(
        _ site: Site, keyHolders: [KeyHolder], gateway: Gateway, detectors: [NewDetector], at now: Instant,
        in db: any Writing
    ) throws {
        try SiteStore.save(site, keyHolders: keyHolders, at: now, in: db)
        try InspectionStore.start(site.id, at: now, in: db)
        try DeviceStore.save(gateway, in: db)
        for new in detectors {
            try DeviceStore.save(
                Detector(
                    id: .next(), site: site.id, gateway: gateway.id, address: new.address, kind: new.kind,
                    place: new.place, plan: new.plan, reportSeconds: new.reportSeconds), in: db)
        }
    }
}
