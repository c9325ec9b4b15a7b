import Kernel
import Web

/// What a person can do with a case.
public enum CaseMove: String, Codable, Sendable, CaseIterable {
    case dispatch, note, accept, reject, assign, start, handled, close
    case `return`, extend, suspend, resume, supervise, merge, reopen
    case standDown = "stand-down"

    /// The line it writes; ``dispatch`` writes a task's.
    var entry: EntryType {
        switch self {
        case .dispatch: .task
        case .note: .note
        case .accept: .accepted
        case .reject: .rejected
        case .assign: .assigned
        case .start: .started
        case .handled: .handled
        case .close: .closed
        case .return: .returned
        case .extend: .extended
        case .suspend: .suspended
        case .resume: .resumed
        case .supervise: .supervised
        case .merge: .merged
        case .reopen: .reopened
        case .standDown: .stoodDown
        }
    }

    /// Who may, whatever the case's state.
    var roles: Set<Role> {
        switch self {
        case .dispatch, .accept, .reject, .assign, .close, .suspend, .resume, .merge, .reopen, .standDown:
            [.officer, .leader]
        // A department gives back what is not its own; it takes back no work that was reported done.
        case .return: [.officer, .leader, .clerk]
        case .extend, .supervise: [.leader]
        case .start, .handled: [.clerk, .officer]
        case .note: [.officer, .leader, .clerk, .brigade, .patrol, .grid]
        }
    }

    /// Whether it cannot be done without words.
    var needsText: Bool {
        switch self {
        case .reject, .return, .extend, .suspend, .note, .reopen, .standDown, .handled, .assign: true
        case .dispatch, .accept, .start, .close, .resume, .supervise, .merge: false
        }
    }

    /// Whether the case's own state allows it.
    func fits(_ state: CaseState) -> Bool {
        let phase = state.phase
        let isHandledAnyhow = state.verdict != nil && state.verdict != .real
        let hasActiveTask = state.tasks.values.contains(where: \.isActive)
        switch self {
        case .note: return true
        case .dispatch: return [.open, .accepted, .assigned, .handling, .handled].contains(phase)
        case .accept, .reject: return phase == .open
        case .assign: return phase == .open || phase == .accepted
        case .start: return phase == .assigned
        case .handled: return (phase == .assigned || phase == .handling) && !hasActiveTask
        case .close: return phase == .handled || (isHandledAnyhow && !hasActiveTask && isWorkable(phase))
        case .return: return phase == .handled || ((phase == .assigned || phase == .handling) && !hasActiveTask)
        case .extend: return [.accepted, .assigned, .handling].contains(phase)
        case .suspend: return [.accepted, .assigned, .handling].contains(phase) && !state.kind.isEmergency
        case .resume: return phase == .suspended
        case .supervise: return !phase.isFinal && !state.isSupervised
        case .merge: return isWorkable(phase) && !hasActiveTask
        case .reopen: return phase == .closed || phase == .rejected
        case .standDown: return hasActiveTask
        }
    }

    private func isWorkable(_ phase: CasePhase) -> Bool {
        [.open, .accepted, .assigned, .handling].contains(phase)
    }

    /// Whether this person may do it now. Who reported a case handled does not certify it.
    public func isAllowed(_ state: CaseState, roles held: Set<Role>, by person: StaffID) -> Bool {
        guard !roles.isDisjoint(with: held), fits(state) else { return false }
        if self == .return, state.phase == .handled, held.isDisjoint(with: [.officer, .leader]) { return false }
        return !(self == .close && state.phase == .handled && state.handler == person)
    }

    /// Everything this person may do now, in the order in which screens show it.
    public static func allowed(_ state: CaseState, roles: Set<Role>, by person: StaffID) -> [CaseMove] {
        allCases.filter { $0.isAllowed(state, roles: roles, by: person) }
    }
}
