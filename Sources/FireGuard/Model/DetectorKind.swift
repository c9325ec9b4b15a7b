import Storage

/// What a detector detects, as far as judging its alarms needs to know.
public enum DetectorKind: String, Sendable, Codable, CaseIterable, SQLConvertible {
    /// Smoke, of any principle.
    case smoke
    /// Heat, of any principle.
    case heat
    /// Several principles in one.
    case compound
    /// Flame (ultraviolet, infrared).
    case flame
    /// Combustible gas.
    case gas
    /// A manual call point or a hydrant button: a person pressed it.
    case manual
    /// Flow or pressure in a sprinkler or hydrant system: water runs.
    case waterFlow = "water-flow"
    /// Electrical fire monitoring: residual current, temperature of a cable.
    case electrical
    /// The panel or the transmission device itself.
    case panel
    /// Everything else.
    case other

    /// Whether one alarm of it weighs as much as two of others: a person pressed, or water runs.
    public var isConclusive: Bool { self == .manual || self == .waterFlow }
}
