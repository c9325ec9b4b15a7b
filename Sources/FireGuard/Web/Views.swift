import Kernel
import Web

/// An alarm as the API shows it.
struct AlarmView: Codable, Sendable {
    var id: AlarmID
    var caseId: CaseID?
    var siteId: SiteID?
    var detectorId: DetectorID?
    var place: String
    var kind: DetectorKind
    var state: Alarm.State
    var verdict: Alarm.Verdict?
    var severity: Int
    var markedTest: Bool
    var inMaintenance: Bool
    var raisedAt: String
    var lastSignalAt: String
    var deviceTime: String?
    var repeats: Int
    var restoredAt: String?
    var acknowledgedAt: String?
    var acknowledgedBy: String
    var verifiedAt: String?
    var verifiedBy: String
    var secondSource: SecondSource?
    var note: String
    var clearedAt: String?
    var reasons: [Reason]

    init(_ alarm: Alarm) {
        id = alarm.id
        caseId = alarm.caseID
        siteId = alarm.site
        detectorId = alarm.detector
        place = alarm.place
        kind = alarm.kind
        state = alarm.state
        verdict = alarm.verdict
        severity = alarm.severity
        markedTest = alarm.isMarkedTest
        inMaintenance = alarm.inMaintenance
        raisedAt = alarm.raisedAt.rfc3339
        lastSignalAt = alarm.lastSignalAt.rfc3339
        deviceTime = alarm.deviceTime?.rfc3339
        repeats = alarm.repeats
        restoredAt = alarm.restoredAt?.rfc3339
        acknowledgedAt = alarm.acknowledgedAt?.rfc3339
        acknowledgedBy = alarm.acknowledgedBy
        verifiedAt = alarm.verifiedAt?.rfc3339
        verifiedBy = alarm.verifiedBy
        secondSource = alarm.secondSource
        note = alarm.note
        clearedAt = alarm.clearedAt?.rfc3339
        reasons = alarm.reasons
    }
}

/// A site as the API shows it: names and phones of people masked.
struct SiteView: Codable, Sendable {
    struct Holder: Codable, Sendable {
        var name: String
        var phone: String
        var rank: Int
    }

    var id: SiteID
    var name: String
    var address: String
    var point: GeoPoint?
    var areaId: AreaID?
    var ownerName: String
    var ownerPhone: String
    var ownerId: StaffID?
    var maintenanceUntil: String?
    var maintenanceNote: String
    var hasPlan: Bool
    var location: GeoPoint?
    /// The worst of it: fire, fault, offline, maintenance, normal; with `detectorCount` and `openAlarmCount` in lists.
    var state: SiteHealth.State?
    var detectorCount: Int64?
    var openAlarmCount: Int64?
    var keyHolders: [Holder]?

    /// A site for a list, or with its key-holders; `unmasked` only after the purpose was recorded.
    init(
        _ site: Site, keyHolders: [KeyHolder]? = nil, unmasked: Bool = false, health: SiteHealth? = nil,
        at now: Instant = .now
    ) {
        id = site.id
        name = site.name
        address = site.address
        point = site.point
        areaId = site.area
        ownerName = unmasked ? site.ownerName : Mask.name(site.ownerName)
        ownerPhone = unmasked ? site.ownerPhone : Mask.phone(site.ownerPhone)
        ownerId = site.owner
        maintenanceUntil = site.maintenanceUntil?.rfc3339
        maintenanceNote = site.maintenanceNote
        hasPlan = !site.plan.isEmpty
        location = site.point
        state = health?.state(isInMaintenance: site.isInMaintenance(at: now))
        detectorCount = health?.detectors
        openAlarmCount = health?.openAlarms
        self.keyHolders = keyHolders?.map {
            Holder(
                name: unmasked ? $0.name : Mask.name($0.name), phone: unmasked ? $0.phone : Mask.phone($0.phone),
                rank: $0.rank)
        }
    }
}

/// Hides what of a personal datum need not be seen.
enum Mask {
    /// The first character of a name.
    static func name(_ name: String) -> String {
        name.isEmpty ? "" : String(name.prefix(1)) + String(repeating: "*", count: max(1, min(name.count, 4) - 1))
    }

    /// The last two digits of a phone.
    static func phone(_ phone: String) -> String {
        phone.isEmpty
            ? "" : String(repeating: "*", count: max(phone.count - 2, 5)) + phone.suffix(phone.count > 5 ? 2 : 0)
    }
}

/// A detector as the API shows it.
struct DetectorView: Codable, Sendable {
    var id: DetectorID
    var siteId: SiteID
    var gatewayId: GatewayID
    var address: String
    var kind: DetectorKind
    var place: String
    var plan: PlanPosition?
    var reportSeconds: Int
    var battery: Int?
    var lastSeen: String?
    var offline: Bool
    var faulty: Bool
    var batteryLow: Bool
    var inAlarm: Bool

    init(_ detector: Detector, lastSeen: Instant?) {
        id = detector.id
        siteId = detector.site
        gatewayId = detector.gateway
        address = detector.address
        kind = detector.kind
        place = detector.place
        plan = detector.plan
        reportSeconds = detector.reportSeconds
        battery = detector.battery
        self.lastSeen = [detector.lastSeen, lastSeen].compactMap { $0 }.max()?.rfc3339
        offline = detector.isOffline
        faulty = detector.isFaulty
        batteryLow = detector.isBatteryLow
        inAlarm = detector.isInAlarm
    }
}

/// A gateway as the API shows it; its secrets never leave.
struct GatewayView: Codable, Sendable {
    var id: GatewayID
    var kind: GatewayKind
    var address: String
    var name: String
    var siteId: SiteID?
    var heartbeatSeconds: Int
    var hasSecret: Bool
    var hasCipherKey: Bool
    var profile: String
    var lastSeen: String?
    var offline: Bool

    init(_ gateway: Gateway, lastSeen: Instant?) {
        id = gateway.id
        kind = gateway.kind
        address = gateway.address
        name = gateway.name
        siteId = gateway.site
        heartbeatSeconds = gateway.heartbeatSeconds
        hasSecret = !gateway.secret.isEmpty
        hasCipherKey = !gateway.cipherKey.isEmpty
        profile = gateway.profile
        self.lastSeen = [gateway.lastSeen, lastSeen].compactMap { $0 }.max()?.rfc3339
        offline = gateway.isOffline
    }
}

/// An inspection as the API shows it.
struct InspectionView: Codable, Sendable {
    var id: ID<Inspection>
    var siteId: SiteID
    var kind: Inspection.Kind
    var dueAt: String
    var doneAt: String?
    var doneBy: String
    var passed: Bool
    var note: String

    init(_ inspection: Inspection) {
        id = inspection.id
        siteId = inspection.site
        kind = inspection.kind
        dueAt = inspection.dueAt.rfc3339
        doneAt = inspection.doneAt?.rfc3339
        doneBy = inspection.doneBy
        passed = inspection.passed
        note = inspection.note
    }

    static let shape = Shape.object(
        [
            "id": .id, "siteId": .id, "kind": .oneOf(Inspection.Kind.allCases.map(\.rawValue)), "dueAt": .time,
            "doneAt": .time, "doneBy": .text, "passed": .flag, "note": .text,
        ], required: ["id", "siteId", "kind", "dueAt", "doneBy", "passed", "note"])
}
