/// What the identifiers of the town stand for, shared by all rooms so that one cannot be taken for another.
public enum Thing {
    /// A member of the staff, or an owner with a log-in.
    public enum Staff {}
    /// A village, a cooperative or a grid.
    public enum Area {}
    /// A case on the desk.
    public enum Case {}
    /// A protected site: a shop, a workshop, a hotel.
    public enum Site {}
    /// A smoke detector or another component of a fire system.
    public enum Detector {}
    /// An alarm of a detector.
    public enum Alarm {}
    /// A device that speaks for detectors: a user information transmission device, a broker, a platform.
    public enum Gateway {}
    /// A photo or a document.
    public enum Attachment {}
    /// A text message or a phone call.
    public enum Message {}
    /// A brigade or a patrol.
    public enum Unit {}
}

/// Names a member of the staff.
public typealias StaffID = ID<Thing.Staff>
/// Names a village, a cooperative or a grid.
public typealias AreaID = ID<Thing.Area>
/// Names a case.
public typealias CaseID = ID<Thing.Case>
/// Names a protected site.
public typealias SiteID = ID<Thing.Site>
/// Names a detector.
public typealias DetectorID = ID<Thing.Detector>
/// Names an alarm.
public typealias AlarmID = ID<Thing.Alarm>
/// Names a gateway.
public typealias GatewayID = ID<Thing.Gateway>
/// Names an attachment.
public typealias AttachmentID = ID<Thing.Attachment>
/// Names a message.
public typealias MessageID = ID<Thing.Message>
/// Names a unit.
public typealias UnitID = ID<Thing.Unit>
