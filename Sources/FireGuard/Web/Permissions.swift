import Kernel
import Web

extension Permission {
    /// Sees alarms; an owner those of the own sites.
    static let alarmRead = Permission(
        "alarm.read", [.officer, .leader, .brigade, .patrol, .grid, .owner, .admin, .auditor])
    /// Takes, verifies and clears alarms.
    static let alarmHandle = Permission("alarm.handle", [.officer, .leader])
    /// Says whether it burns at the own site.
    static let alarmAnswer = Permission("alarm.answer", [.owner])
    /// Sees sites, detectors and gateways; an owner the own ones.
    static let siteRead = Permission(
        "site.read", [.officer, .leader, .brigade, .patrol, .grid, .clerk, .owner, .admin, .auditor])
    /// Sees the state of detectors; the events of it carry this name.
    static let detectorRead = Permission(
        "detector.read", [.officer, .leader, .brigade, .patrol, .grid, .clerk, .owner, .admin, .auditor])
    /// Changes sites, detectors and gateways.
    static let siteWrite = Permission("site.write", [.officer, .admin])
    /// Puts a site into maintenance.
    static let siteMaintain = Permission("site.maintain", [.officer, .leader])
    /// Reads phones in full, with a purpose, on the record.
    static let siteUnmask = Permission("site.unmask", [.officer, .leader, .brigade])
    /// Records inspections.
    static let inspectionWrite = Permission("inspection.write", [.officer, .grid, .patrol, .brigade])
    /// Sees which duty posts were asked, and what came of it.
    static let rollCallRead = Permission("gateway.roll-calls", [.officer, .leader, .admin, .auditor])
    /// Calls the roll of duty posts.
    static let rollCall = Permission("gateway.roll-call", [.officer, .leader])
}

/// What of the room's things a caller may see.
struct Scope: Sendable {
    /// Only these areas; `nil` is the whole town.
    var areas: [AreaID]?
    /// Only the sites of this owner.
    var owner: StaffID?

    init(_ caller: Caller) {
        areas = caller.areas
        // Somebody who is an owner and something else at the centre sees what the other role sees.
        owner = caller.roles == [.owner] ? caller.id : nil
        if owner != nil { areas = nil }
    }

    /// Whether the caller may see a site.
    func sees(_ site: Site) -> Bool {
        if let owner { return site.owner == owner }
        guard let areas else { return true }
        return site.area.map(areas.contains) ?? false
    }

    /// Whether the caller may see an alarm: one at an unknown place concerns everybody but owners.
    func sees(_ alarm: Alarm, site: Site?) -> Bool {
        guard let site else { return owner == nil }
        return sees(site)
    }
}

extension Caller {
    /// The caller as the record names it.
    var person: Person { .staff(id, name: name) }
}
