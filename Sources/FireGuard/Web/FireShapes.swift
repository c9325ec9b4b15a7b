import Web

/// What the room's documents look like, for the API's description.
enum FireShapes {
    private static let point = Shape.object(["lat": .number, "lon": .number], required: ["lat", "lon"])
    private static let plan = Shape.object(["x": .integer, "y": .integer], required: ["x", "y"])

    static let alarm = Shape.object(
        [
            "id": .id, "caseId": .id, "siteId": .id, "detectorId": .id, "place": .text,
            "kind": .oneOf(DetectorKind.allCases.map(\.rawValue)),
            "state": .oneOf(["raised", "acknowledged", "verified", "cleared"]),
            "verdict": .oneOf(Alarm.Verdict.allCases.map(\.rawValue)), "severity": .integer, "markedTest": .flag,
            "inMaintenance": .flag, "raisedAt": .time, "lastSignalAt": .time, "deviceTime": .time, "repeats": .integer,
            "restoredAt": .time, "acknowledgedAt": .time, "acknowledgedBy": .text, "verifiedAt": .time,
            "verifiedBy": .text, "secondSource": .oneOf(SecondSource.allCases.map(\.rawValue)), "note": .text,
            "clearedAt": .time, "reasons": .list(.anything),
        ], required: ["id", "place", "kind", "state", "severity", "raisedAt", "repeats", "reasons"])

    static let alarmQuery: [(name: String, about: String)] = [
        ("state", "open, or raised, acknowledged, verified, cleared"), ("verdict", "real, false, test or drill"),
        ("kind", "one kind of detector"), ("siteId", "one site"), ("q", "part of the place or the site's name"),
        ("from", "raised on or after this day, YYYY-MM-DD"), ("to", "raised before this day"),
        ("after", "the last id seen"), ("limit", "1…500"),
    ]

    static let verification = Shape.object(
        [
            "verdict": .oneOf(Alarm.Verdict.allCases.map(\.rawValue)),
            "secondSource": .oneOf(SecondSource.allCases.map(\.rawValue)), "note": .text,
        ], required: ["verdict"])

    static let site = Shape.object(
        [
            "id": .id, "name": .text, "address": .text, "point": point, "location": point, "areaId": .id,
            "ownerName": .text, "ownerPhone": .text, "ownerId": .id, "maintenanceUntil": .time,
            "maintenanceNote": .text, "hasPlan": .flag, "state": .oneOf(SiteHealth.State.allCases.map(\.rawValue)),
            "detectorCount": .integer, "openAlarmCount": .integer,
            "keyHolders": .list(.object(["name": .text, "phone": .text, "rank": .integer])),
        ], required: ["id", "name", "address", "ownerName", "ownerPhone", "hasPlan"])

    static let siteQuery: [(name: String, about: String)] = [
        ("q", "part of the name or the address"), ("state", "fire, fault, offline, maintenance or normal"),
        ("bbox", "west,south,east,north in degrees"), ("after", "the last id seen"), ("limit", "1…500"),
    ]

    static let newSite = Shape.object(
        [
            "name": .text, "address": .text, "point": point, "ownerName": .text, "ownerPhone": .text, "ownerId": .id,
            "keyHolders": .list(.object(["name": .text, "phone": .text], required: ["name", "phone"])),
        ], required: ["name", "address"])

    static let detector = Shape.object(
        [
            "id": .id, "siteId": .id, "gatewayId": .id, "address": .text,
            "kind": .oneOf(DetectorKind.allCases.map(\.rawValue)), "place": .text, "plan": plan,
            "reportSeconds": .integer, "battery": .integer, "lastSeen": .time, "offline": .flag, "faulty": .flag,
            "batteryLow": .flag, "inAlarm": .flag,
        ], required: ["id", "siteId", "gatewayId", "address", "kind", "place", "offline", "faulty", "batteryLow"])

    static let detectorQuery: [(name: String, about: String)] = [
        ("q", "part of the place, the address or the site's name"), ("kind", "one kind"),
        ("needsWork", "1: only those with something wrong"), ("siteId", "one site"), ("gatewayId", "one gateway"),
        ("after", "the last id seen"), ("limit", "1…500"),
    ]

    static let newDetector = Shape.object(
        [
            "siteId": .id, "gatewayId": .id, "address": .text,
            "kind": .oneOf(DetectorKind.allCases.map(\.rawValue)), "place": .text, "plan": plan,
            "reportSeconds": .integer,
        ], required: ["siteId", "gatewayId", "address", "kind"])

    static let gateway = Shape.object(
        [
            "id": .id, "kind": .oneOf(GatewayKind.allCases.map(\.rawValue)), "address": .text, "name": .text,
            "siteId": .id, "heartbeatSeconds": .integer, "hasSecret": .flag, "hasCipherKey": .flag, "profile": .text,
            "lastSeen": .time, "offline": .flag,
        ], required: ["id", "kind", "address", "name", "heartbeatSeconds", "hasSecret", "offline"])

    static let gatewayQuery: [(name: String, about: String)] = [
        ("q", "part of the name or the address"), ("kind", "one kind"), ("offline", "1: only silent ones"),
        ("after", "the last id seen"), ("limit", "1…500"),
    ]

    static let newGateway = Shape.object(
        [
            "kind": .oneOf(GatewayKind.allCases.map(\.rawValue)), "address": .text, "name": .text, "siteId": .id,
            "heartbeatSeconds": .integer, "token": .text, "cipherKey": .text, "profile": .text,
        ], required: ["kind", "address", "name"])

    static let broker = Shape.object(
        ["place": .text, "state": .text, "reason": .text, "since": .time], required: ["state", "since"])
}
