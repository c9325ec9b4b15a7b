import Kernel

/// What a case is about.
public enum CaseKind: String, Codable, Sendable, CaseIterable {
    case fire, river, hazard, report, patrol, device, other

    /// Emergencies count wall-clock time; the rest counts working time.
    public var isEmergency: Bool { self == .fire || self == .river || self == .hazard }
}

/// How grave, 1 (lowest) … 4.
public enum Severity: Int, Codable, Sendable, CaseIterable, Comparable {
    case minor = 1
    case moderate, serious, grave

    /// Orders by gravity.
    public static func < (left: Severity, right: Severity) -> Bool { left.rawValue < right.rawValue }
}

/// Where a case stands; derived from its timeline.
public enum CasePhase: String, Codable, Sendable, CaseIterable {
    /// 待受理
    case open
    /// 立案
    case accepted
    /// 派遣
    case assigned
    /// 处置
    case handling
    /// 反馈
    case handled
    /// 结案
    case closed
    /// 不予受理
    case rejected
    /// 合并
    case merged
    /// 挂账
    case suspended

    /// Whether nothing more is expected.
    public var isFinal: Bool { self == .closed || self == .rejected || self == .merged }
}

/// What an alarm turned out to be.
public enum Verdict: String, Codable, Sendable, CaseIterable {
    case real, `false`, test, drill
}

/// Who did something.
public enum Actor: Sendable, Equatable {
    /// A person.
    case staff(StaffID, String)
    /// The program, by the name of its rule.
    case system(String)

    /// The name for the record.
    public var name: String {
        switch self {
        case .staff(_, let name), .system(let name): name
        }
    }

    /// The person's number.
    public var staffID: StaffID? {
        if case .staff(let id, _) = self { id } else { nil }
    }
}

/// A task of a unit.
public typealias TaskID = ID<TaskMark>
/// Marks identifiers of tasks.
public enum TaskMark {}

/// How far a unit has come with a task.
public enum TaskState: String, Codable, Sendable, CaseIterable {
    case offered, accepted, onTheWay, arrived, done, declined, cancelled

    /// Whether the unit still has something to do.
    public var isActive: Bool { self == .offered || self == .accepted || self == .onTheWay || self == .arrived }
}

/// What a unit says about its task.
public enum TaskMove: String, Codable, Sendable, CaseIterable {
    case accept, decline, onTheWay, arrived, result

    /// Where it leads.
    public var target: TaskState {
        switch self {
        case .accept: .accepted
        case .decline: .declined
        case .onTheWay: .onTheWay
        case .arrived: .arrived
        case .result: .done
        }
    }

    /// What may be said in `state`. Steps may be left out (a crew that presses only "arrived" has arrived), never
    /// gone back.
    public static func allowed(in state: TaskState) -> [TaskMove] {
        switch state {
        case .offered: [.accept, .decline, .onTheWay, .arrived]
        case .accepted: [.onTheWay, .arrived, .decline]
        case .onTheWay: [.arrived, .result]
        case .arrived: [.result]
        case .done, .declined, .cancelled: []
        }
    }
}

/// What a unit does at the moment; derived from its tasks.
public enum UnitState: String, Codable, Sendable, CaseIterable {
    case available, assigned, onTheWay, onScene, offDuty

    /// The most engaged of its tasks decides.
    public init(tasks: some Sequence<TaskState>, offDuty: Bool) {
        var state: UnitState = offDuty ? .offDuty : .available
        for task in tasks {
            switch task {
            case .arrived: state = .onScene
            case .onTheWay where state != .onScene: state = .onTheWay
            case .offered,
                .accepted where state != .onScene && state != .onTheWay:
                state = .assigned
            default: break
            }
        }
        self = state
    }
}
