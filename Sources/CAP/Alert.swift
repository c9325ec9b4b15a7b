import Kernel

/// A message of the Common Alerting Protocol 1.2 (OASIS Standard, July 2010, clause 3.2.1).
public struct Alert: Sendable, Equatable {
    /// Clause 3.2.1: whether what is said is meant.
    public enum Status: String, Sendable, CaseIterable {
        case actual = "Actual"
        case exercise = "Exercise"
        case system = "System"
        case test = "Test"
        case draft = "Draft"
    }
    /// Clause 3.2.1: what it does to earlier messages.
    public enum Kind: String, Sendable, CaseIterable {
        case alert = "Alert"
        case update = "Update"
        case cancel = "Cancel"
        case ack = "Ack"
        case error = "Error"
    }
    /// Clause 3.2.1: for whom it is.
    public enum Scope: String, Sendable, CaseIterable {
        case `public` = "Public"
        case restricted = "Restricted"
        case `private` = "Private"
    }
    /// An earlier message: `sender,identifier,sent`.
    public struct Reference: Sendable, Hashable {
        /// Who sent it.
        public var sender: String
        /// The sender's own name for it.
        public var identifier: String
        /// When.
        public var sent: Instant

        /// A reference.
        public init(sender: String, identifier: String, sent: Instant) {
            self.sender = sender
            self.identifier = identifier
            self.sent = sent
        }
    }

    /// The sender's own name for the message, unique with ``sender``.
    public var identifier: String
    /// Who sends, unique in the world.
    public var sender: String
    /// When; the wire carries whole seconds.
    public var sent: Instant
    /// Whether it is meant.
    public var status: Status
    /// What it does.
    public var kind: Kind
    /// For whom.
    public var scope: Scope
    /// Which operator or device, in words.
    public var source: String?
    /// Why it is not public; with ``Scope/restricted``.
    public var restriction: String?
    /// To whom; with ``Scope/private``.
    public var addresses: [String] = []
    /// Codes that systems agreed upon.
    public var codes: [String] = []
    /// What it is for, mostly with exercises and errors.
    public var note: String?
    /// Earlier messages that it is about.
    public var references: [Reference] = []
    /// Names of incidents.
    public var incidents: [String] = []
    /// What is said, mostly once a language.
    public var infos: [Info] = []

    /// A message that says nothing yet.
    public init(identifier: String, sender: String, sent: Instant, status: Status, kind: Kind, scope: Scope) {
        self.identifier = identifier
        self.sender = sender
        self.sent = sent
        self.status = status
        self.kind = kind
        self.scope = scope
    }

    /// As later messages refer to it.
    public var reference: Reference { Reference(sender: sender, identifier: identifier, sent: sent) }
}

/// What an alert says (clause 3.2.2).
public struct Info: Sendable, Equatable {
    /// Kinds of hazard.
    public enum Category: String, Sendable, CaseIterable {
        case geo = "Geo"
        case met = "Met"
        case safety = "Safety"
        case security = "Security"
        case rescue = "Rescue"
        case fire = "Fire"
        case health = "Health"
        case env = "Env"
        case transport = "Transport"
        case infra = "Infra"
        case cbrne = "CBRNE"
        case other = "Other"
    }
    /// What people should do.
    public enum Response: String, Sendable, CaseIterable {
        case shelter = "Shelter"
        case evacuate = "Evacuate"
        case prepare = "Prepare"
        case execute = "Execute"
        case avoid = "Avoid"
        case monitor = "Monitor"
        case assess = "Assess"
        case allClear = "AllClear"
        case none = "None"
    }
    /// How soon.
    public enum Urgency: String, Sendable, CaseIterable {
        case immediate = "Immediate"
        case expected = "Expected"
        case future = "Future"
        case past = "Past"
        case unknown = "Unknown"
    }
    /// How grave: red, orange, yellow and blue warnings are the first four.
    public enum Severity: String, Sendable, CaseIterable {
        case extreme = "Extreme"
        case severe = "Severe"
        case moderate = "Moderate"
        case minor = "Minor"
        case unknown = "Unknown"
    }
    /// How sure.
    public enum Certainty: String, Sendable, CaseIterable {
        case observed = "Observed"
        case likely = "Likely"
        case possible = "Possible"
        case unlikely = "Unlikely"
        case unknown = "Unknown"
    }
    /// A name with a value, in a vocabulary of the sender's.
    public struct Named: Sendable, Hashable {
        /// The vocabulary.
        public var name: String
        /// The value.
        public var value: String

        /// A pair.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// RFC 3066; the standard's default is `en-US`.
    public var language = "en-US"
    /// At least one.
    public var categories: [Category]
    /// What happens, in words.
    public var event: String
    /// What to do, in kinds.
    public var responses: [Response] = []
    /// How soon.
    public var urgency: Urgency
    /// How grave.
    public var severity: Severity
    /// How sure.
    public var certainty: Certainty
    /// For whom, in words.
    public var audience: String?
    /// Codes of the event.
    public var eventCodes: [Named] = []
    /// From when it holds; `nil` is from when it was sent.
    public var effective: Instant?
    /// When it begins.
    public var onset: Instant?
    /// Until when it holds.
    public var expires: Instant?
    /// Who sends, in words.
    public var senderName: String?
    /// In a line.
    public var headline: String?
    /// At length.
    public var description: String?
    /// What to do, in words.
    public var instruction: String?
    /// Where more is said.
    public var web: String?
    /// Whom to ask.
    public var contact: String?
    /// What systems agreed upon.
    public var parameters: [Named] = []
    /// Where it holds.
    public var areas: [Area] = []

    /// What must be said.
    public init(
        categories: [Category], event: String, urgency: Urgency, severity: Severity, certainty: Certainty
    ) {
        self.categories = categories
        self.event = event
        self.urgency = urgency
        self.severity = severity
        self.certainty = certainty
    }
}

/// Where an alert holds (clause 3.2.4): WGS-84.
public struct Area: Sendable, Equatable {
    /// A circle.
    public struct Circle: Sendable, Hashable {
        /// The middle.
        public var center: GeoPoint
        /// Kilometres, 0 or more.
        public var radiusKm: Double

        /// A circle.
        public init(center: GeoPoint, radiusKm: Double) {
            self.center = center
            self.radiusKm = radiusKm
        }
    }

    /// In words.
    public var description: String
    /// Rings: four points and more, the last one the first.
    public var polygons: [[GeoPoint]] = []
    /// Circles.
    public var circles: [Circle] = []
    /// Codes, such as GB/T 2260's.
    public var geocodes: [Info.Named] = []
    /// Feet above sea level from which, or at which alone, it holds.
    public var altitude: Double?
    /// Feet up to which; only with ``altitude``.
    public var ceiling: Double?

    /// A place in words.
    public init(_ description: String) { self.description = description }
}
