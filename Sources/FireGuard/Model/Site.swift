import Kernel

/// A protected place: a shop, a workshop, a hotel.
public struct Site: Sendable, Equatable {
    /// Its number.
    public var id: SiteID
    /// Its name.
    public var name: String
    /// The address in words.
    public var address: String
    /// Where it is.
    public var point: GeoPoint?
    /// The area it lies in.
    public var area: AreaID?
    /// The owner's name, a personal datum.
    public var ownerName: String
    /// The owner's phone, a personal datum.
    public var ownerPhone: String
    /// The owner's log-in, where there is one.
    public var owner: StaffID?
    /// Until when works or tests go on; alarms until then are marked so and the brigade is not sent at once.
    public var maintenanceUntil: Instant?
    /// Why, and who said so.
    public var maintenanceNote: String
    /// The floor plan picture's file name, empty without one.
    public var plan: String

    /// A site as stored.
    public init(
        id: SiteID, name: String, address: String, point: GeoPoint? = nil, area: AreaID? = nil, ownerName: String = "",
        ownerPhone: String = "", owner: StaffID? = nil, maintenanceUntil: Instant? = nil,
        maintenanceNote: String = "", plan: String = ""
    ) {
        self.id = id
        self.name = name
        self.address = address
        self.point = point
        self.area = area
        self.ownerName = ownerName
        self.ownerPhone = ownerPhone
        self.owner = owner
        self.maintenanceUntil = maintenanceUntil
        self.maintenanceNote = maintenanceNote
        self.plan = plan
    }

    /// Whether works or tests go on at `moment`.
    public func isInMaintenance(at moment: Instant) -> Bool { maintenanceUntil.map { moment < $0 } ?? false }
}

/// Somebody who can open the door, called in the order of `rank`.
public struct KeyHolder: Sendable, Equatable {
    /// Its number.
    public var id: ID<KeyHolder>
    /// The name, a personal datum.
    public var name: String
    /// The phone, a personal datum.
    public var phone: String
    /// The place in the order of calls, from 1.
    public var rank: Int

    /// A key-holder as stored.
    public init(id: ID<KeyHolder>, name: String, phone: String, rank: Int) {
        self.id = id
        self.name = name
        self.phone = phone
        self.rank = rank
    }
}
