import Kernel

/// What happened to a message, in order: who was asked to bring it, what they said, and what is not known.
public struct MessageTrail: Sendable, Equatable {
    /// One thing that happened.
    public struct Step: Sendable, Equatable {
        /// When.
        public var at: Instant
        /// The catalogue's key under `notify.trail.`.
        public var key: String
        /// What the words are filled with.
        public var values: [String: String]
        /// A reason that the catalogue may have under `notify.why.`.
        public var why: String?

        /// In the reader's words.
        public func words(_ word: (String, [String: String]) -> String) -> String {
            var values = values
            if let why { values["why"] = Self.known.contains(why) ? word("notify.why.\(why)", [:]) : why }
            return word("notify.trail.\(key)", values)
        }

        /// Reasons that have words; any other is a carrier's own code and shown as it is.
        static let known: Set<String> = [
            "quota", "rate", "no-carrier", "no-answer", "no-report", "lease-ran-out", "not-connected", "taken", "rung",
            "by-hand", "not-started", "no-speech", "no-response", "store", "no-gateway", "no-device",
        ]
    }

    /// A try with a carrier.
    struct Try: Sendable, Equatable {
        var carrier: String
        var at: Instant
        var tookMs: Int64?
        var outcome: String
        var detail: String
        var providerID: String?
        var text: String?
    }

    /// The words as they went out last, where a template made them.
    public var text: String?
    /// In order.
    public var steps: [Step]

    /// A trail of a message's changes and tries.
    init(queuedAt: Instant, changes: [MessageStore.Change], tries: [Try]) {
        text = tries.last { $0.text != nil }?.text
        var steps = [Step(at: queuedAt, key: "queued", values: [:])]
        for one in tries {
            var values = ["carrier": one.carrier, "ms": one.tookMs.map(String.init) ?? "?"]
            values["id"] = one.providerID ?? ""
            let key = one.outcome == "taken" && one.providerID != nil ? "takenAs" : one.outcome
            steps.append(Step(at: one.at, key: "try.\(key)", values: values, why: one.detail))
        }
        for change in changes {
            guard let step = Self.step(change, hasTries: !tries.isEmpty) else { continue }
            steps.append(step)
        }
        // What a carrier did comes before what was concluded from it in the same millisecond.
        self.steps = steps.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
            .map(\.element)
    }

    private static func step(_ change: MessageStore.Change, hasTries: Bool) -> Step? {
        func step(_ key: String) -> Step { Step(at: change.at, key: key, values: [:], why: change.detail) }
        switch change.state {
        case "queued":
            // A try that failed says itself why the message waits again.
            return ["lease-ran-out", "quota", "rate", "by-hand"].contains(change.detail) ? step("waits") : nil
        case "sent": return hasTries ? nil : step("sent")
        case "answered":
            let key = change.detail.hasPrefix("key ") ? String(change.detail.dropFirst(4)) : nil
            return Step(
                at: change.at, key: key == nil ? "answered" : "pressed", values: ["key": key ?? ""], why: nil)
        case "delivered", "failed", "unknown": return step(change.state)
        case "withdrawn": return step(change.detail.isEmpty ? "withdrawn" : "withdrawnFor")
        default: return nil
        }
    }
}

extension Message {
    /// The role in which somebody was told, as the catalogue names it.
    public func roleName(_ word: (String) -> String) -> String {
        word(["key-holder", "reporter"].contains(to.role) ? "notify.role.\(to.role)" : "role.\(to.role)")
    }
}
