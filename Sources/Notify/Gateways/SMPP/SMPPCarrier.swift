import Kernel
import Logging
import SMPP
import ServiceLifecycle

/// Texts through a carrier that speaks SMPP 3.4, as a transceiver that stays bound.
public actor SMPPCarrier: Carrier, Service {
    /// What it needs to know.
    public struct Configuration: Sendable {
        /// The carrier's host.
        public var host: String
        /// Its port.
        public var port: Int
        /// Who binds, and the password.
        public var bind: BindRequest
        /// The number or name that texts come from.
        public var source: String

        /// A configuration.
        public init(host: String, port: Int, bind: BindRequest, source: String) {
            self.host = host
            self.port = port
            self.bind = bind
            self.source = source
        }
    }

    /// Takes a receipt: the carrier's number for the message, and whether the phone has it.
    public typealias Receipts = @Sendable (_ providerID: String, _ isDelivered: Bool) async throws -> Void
    /// Takes what somebody answered.
    public typealias Replies = @Sendable (CarrierReply) async throws -> Void

    private enum Failure: Error { case bind(UInt32?) }

    private let configuration: Configuration
    private let receipts: Receipts
    private let replies: Replies
    private let logger: Logger
    private var link: SMPPLink?
    private var connecting: Task<SMPPLink, any Error>?
    private var reference: UInt8 = 0

    /// A carrier; nothing is connected yet.
    public init(
        _ configuration: Configuration, logger: Logger, replies: @escaping Replies = { _ in },
        receipts: @escaping Receipts
    ) {
        self.replies = replies
        self.configuration = configuration
        self.logger = logger
        self.receipts = receipts
    }

    /// Stays bound: receipts come whenever they come. A carrier that does not answer `enquire_link` is connected anew.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    let link = try await self.bound()
                    if await link.ask(.enquireLink) == nil { await self.drop(link) }
                } catch {
                    self.logger.warning("SMPP carrier cannot be bound", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: .seconds(30))
            }
        }
        if let link { await link.close() }
    }

    /// Whether it is bound.
    public func pulse() async -> Bool? { await link?.isOpen ?? false }

    /// Submits all parts of a text. Where a later part fails, the person may have a piece of it: it counts as not known.
    public func send(_ message: Message) async -> Delivery {
        let link: SMPPLink
        do { link = try await bound() } catch {
            return .again("not-bound \(error)", mayHaveGoneOut: false)
        }
        reference &+= 1
        let parts = Parts.split(message.text, reference: reference)
        var last = ""
        for (index, part) in parts.enumerated() {
            let short = ShortMessage(
                source: configuration.source, destination: message.to.phone, esmClass: parts.count > 1 ? 0x40 : 0,
                // The last part's receipt stands for the text: carriers bring parts in order.
                coding: 8, registered: index == parts.count - 1 ? 1 : 0, text: part)
            guard let answer = await link.ask(.submit, body: short.body) else {
                return .again("no-response", mayHaveGoneOut: true)
            }
            guard answer.status == 0, answer.known == .submitResponse else {
                return Self.outcome(answer.status, isFirst: index == 0)
            }
            last = String(decoding: answer.body.prefix { $0 != 0 }, as: UTF8.self)
        }
        return .taken(providerID: last.isEmpty ? nil : last)
    }

    /// What a status means for the message (§5.1.3): throttled and full queues pass, wrong numbers do not.
    static func outcome(_ status: UInt32, isFirst: Bool) -> Delivery {
        let name = "SMPP 0x" + String(status, radix: 16)
        switch status {
        case 0x58, 0x14, 0x08, 0x04, 0x05, 0x0D, 0x0E, 0x0F: return .again(name, mayHaveGoneOut: !isFirst)
        default: return isFirst ? .refused(name) : .again(name, mayHaveGoneOut: true)
        }
    }

    private func drop(_ old: SMPPLink) async {
        if link === old { link = nil }
        await old.close()
    }

    private func bound() async throws -> SMPPLink {
        if let link, await link.isOpen { return link }
        if let connecting { return try await connecting.value }
        let (configuration, receipts, replies, logger) = (configuration, receipts, replies, logger)
        let task = Task {
            let link = try await SMPPLink.open(host: configuration.host, port: configuration.port) { unit in
                guard let short = try? ShortMessage(unit.body) else { return true }
                do {
                    guard short.esmClass & 0x3C != 0 else {
                        try await replies(CarrierReply(phone: short.source, text: short.words))
                        return true
                    }
                    guard short.esmClass & 0x04 != 0, let receipt = DeliveryReceipt(short.text),
                        let isDelivered = receipt.isDelivered
                    else { return true }
                    try await receipts(receipt.id, isDelivered)
                    return true
                } catch {
                    logger.error("a receipt could not be kept", metadata: ["error": "\(error)"])
                    return false
                }
            }
            let answer = await link.ask(.bindTransceiver, body: configuration.bind.body)
            guard let answer, answer.status == 0, answer.known == .bindTransceiverResponse else {
                await link.close()
                throw Failure.bind(answer?.status)
            }
            return link
        }
        connecting = task
        defer { connecting = nil }
        let new = try await task.value
        link = new
        return new
    }
}
