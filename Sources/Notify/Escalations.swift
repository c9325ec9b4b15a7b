import Identity
import Kernel
import Storage
import Web

/// Climbs the policy of an alarm until somebody takes it. All of it lies in the store: a restart goes on where it was.
public struct Escalations: Sendable {
    static let topic = "escalation"

    /// Appends a line to a case's timeline.
    public typealias Note = @Sendable (_ text: String, CaseID, Instant, any Writing) throws -> Void

    /// Whom to call as a role for an area at a time, and whether a roster names them.
    public struct OnDuty: Sendable {
        /// In this order.
        public var people: [StaffDirectory.Contact]
        /// A key of the catalogue that says why these people where no roster names them; `nil` where one does.
        public var why: String?
        /// Whether a roster should name somebody and does not.
        public var isGap: Bool

        /// Who is on duty.
        public init(people: [StaffDirectory.Contact], why: String? = nil, isGap: Bool = false) {
            self.people = people
            self.why = why
            self.isGap = isGap
        }
    }

    /// Finds who is on duty.
    public typealias FindOnDuty = @Sendable (Role, AreaID?, Instant, any Reading) throws -> OnDuty

    let policies: [EscalationPolicy]
    let outbox = Outbox()
    let onDuty: FindOnDuty
    let within: @Sendable ([AreaID], AreaID) -> Bool
    let note: Note
    let word: @Sendable (_ key: String, _ values: [String: String]) -> String

    /// Escalations by the policies that people made, and by these where none of them fits.
    /// - Parameters:
    ///   - onDuty: who is on duty as a role.
    ///   - within: whether an area lies in one of those a policy is for.
    ///   - note: appends to a case's timeline.
    ///   - word: the catalogue's words in the town's language.
    public init(
        policies: [EscalationPolicy] = [.fire],
        within: @escaping @Sendable ([AreaID], AreaID) -> Bool = { $0.contains($1) }, onDuty: @escaping FindOnDuty,
        note: @escaping Note,
        word: @escaping @Sendable (_ key: String, _ values: [String: String]) -> String
    ) {
        self.policies = policies
        self.onDuty = onDuty
        self.within = within
        self.note = note
        self.word = word
    }

    /// Starts the climb of a subject; one that climbs already goes on as it does.
    public func start(
        policy name: String, subject: String, caseID: CaseID, area: AreaID?, text: String,
        content: MessageContent? = nil, at now: Instant, in db: any Writing
    ) throws {
        let made = try PolicyStore.all(in: db).filter(\.isActive).map(\.policy)
        guard
            let policy = EscalationPolicy.choose(name, among: made, area: area, at: now, within: within)
                ?? EscalationPolicy.choose(name, among: policies, area: area, at: now, within: within)
        else { return }
        // The climb keeps its policy as it is now: a change on the page does not jump somebody's turn in a fire.
        try EscalationStore.start(
            Climb(
                subject: subject, policy: name, caseID: caseID, area: area, text: text, step: 0,
                rule: try policy.text, content: content), at: now, nextAt: now + policy.firstPauseMs, in: db)
        db.wake(Self.topic)
    }

    /// Ends it: somebody has taken the alarm. What it has queued and no carrier has yet is taken back.
    public func acknowledge(subject: String, at now: Instant, in db: any Writing) throws {
        try EscalationStore.end(subject, at: now, in: db)
        try MessageStore.withdrawSteps(of: subject, at: now, in: db)
    }

    /// Somebody cannot be reached: the next step comes at once. That is said on the case.
    func hurry(_ message: Message, at now: Instant, in db: any Writing) throws {
        guard try EscalationStore.hurry(message.subject, at: now, in: db) else { return }
        if let caseID = message.caseID {
            try note(word("notify.escalation.hurry", ["name": message.to.name]), caseID, now, db)
        }
        db.wake(Self.topic)
    }

    /// Does every step that is due; returns how many.
    func climb(at now: Instant, in db: any Writing) throws -> Int {
        let due = try EscalationStore.due(at: now, limit: 100, in: db)
        for climb in due {
            let policy = try climb.rule.map(EscalationPolicy.stored)
            guard let policy = policy ?? policies.first(where: { $0.name == climb.policy }),
                let (step, pauseMs) = policy.step(climb.step)
            else {
                try EscalationStore.end(climb.subject, at: now, in: db)
                continue
            }
            let (names, remarks) = try tell(climb, step, at: now, in: db)
            let line =
                names.isEmpty
                ? word("notify.escalation.nobody", ["step": String(climb.step + 1)])
                : word(
                    "notify.escalation.told",
                    ["step": String(climb.step + 1), "names": names.joined(separator: "、")])
            try note(([line] + remarks).joined(separator: "；"), climb.caseID, now, db)
            try EscalationStore.advance(climb.subject, to: climb.step + 1, nextAt: now + pauseMs, at: now, in: db)
        }
        return due.count
    }

    private func tell(
        _ climb: Climb, _ step: EscalationPolicy.Step, at now: Instant, in db: any Writing
    ) throws -> (names: [String], remarks: [String]) {
        var told: Set<String> = []
        var names: [String] = []
        var remarks: [String] = []
        func tell(_ contact: StaffDirectory.Contact, as role: String) throws {
            guard !contact.phone.isEmpty, told.insert(contact.phone).inserted else { return }
            names.append(contact.name)
            for channel in step.channels {
                // A letter or a notice goes to who has said where; who has not is told by the step's other ways.
                let address = channel.isPhone ? contact.phone : try ReachStore.address(of: contact.id, channel, in: db)
                guard let address else { continue }
                // Nobody is rung a third time for one fire: that would only burn the carriers' quotas.
                if channel == .call,
                    try MessageStore.calls(to: contact.phone, about: climb.caseID, in: db)
                        >= EscalationPolicy.mostCalls
                {
                    remarks.append(word("notify.escalation.rung", ["name": contact.name]))
                    continue
                }
                try outbox.enqueue(
                    NewMessage(
                        channel: channel, to: Recipient(name: contact.name, phone: address, role: role),
                        text: climb.text, caseID: climb.caseID, subject: climb.subject,
                        key: "\(climb.subject)/step-\(climb.step)/\(channel.rawValue)/\(address)",
                        priority: .emergency, at: now, content: climb.content), in: db)
            }
        }
        for role in step.roles {
            let found = try onDuty(role, climb.area, now, db)
            if let why = found.why { remarks.append(word(why, ["role": word("role.\(role.rawValue)", [:])])) }
            for contact in found.people { try tell(contact, as: role.rawValue) }
        }
        let people = try StaffDirectory.contacts(of: step.people, in: db)
        for id in step.people { if let contact = people[id] { try tell(contact, as: "leader") } }
        return (names, remarks)
    }
}
