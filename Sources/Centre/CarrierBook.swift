import AsyncHTTPClient
import Foundation
import Logging
import Notify
import SIP
import SMPP
import ServiceLifecycle
import Storage
import Yams

/// The carriers of a centre, read from the file that `carriers` names, in its order; behind them the HTTP gateway,
/// where there is one.
struct CarrierBook {
    /// In the order in which they are tried.
    private(set) var lines: [CarrierLine] = []
    /// What stays connected.
    private(set) var services: [any Service] = []
    /// What carriers show in the path of their callbacks.
    let callbackToken: String?
    /// When carriers are tried each day, and where to; `nil` for never.
    let trial: CarrierTrial?
    private let hint: String
    private let database: any Database
    /// Milliseconds after which a text without a report counts as unknown.
    private static let textMs: Int64 = 300_000
    /// Milliseconds after which a call without a result does: longer than ringing and speaking take.
    private static let callMs: Int64 = 180_000

    private struct File: Decodable {
        var callbackToken: String?
        var carriers: [Entry]
        var trial: Trial?
        enum CodingKeys: String, CodingKey {
            case carriers, trial
            case callbackToken = "callback-token"
        }
    }

    private struct Trial: Decodable {
        var at: String?
        var phone: String?
        var email: String?

        /// - Throws: where the time is none, or an address none.
        func checked() throws -> CarrierTrial {
            guard let minute = SettingList.minute(at ?? "10:00") else {
                throw CentreError(description: "trial: at takes HH:MM")
            }
            var to: [Channel: String] = [:]
            if let phone {
                guard (3...20).contains(phone.count), phone.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "+") })
                else { throw CentreError(description: "trial: phone takes a number") }
                to[.sms] = phone
                to[.call] = phone
            }
            if let email {
                guard SMTPCarrier.isAddress(email) else {
                    throw CentreError(description: "trial: email takes an address")
                }
                to[.email] = email
            }
            return CarrierTrial(minute: minute, to: to)
        }
    }

    private struct Entry: Decodable {
        var name: String
        var kind: String
        var url: String?
        var key: String?
        var secret: String?
        var sign: String?
        var template: String?
        var variable: String?
        var application: String?
        var region: String?
        var shown: String?
        var source: String?
        var body: String?
        var encoding: String?
        var success: String?
        var channel: String?
        var domain: String?
        var listen: String?
        var authority: String?
        var services: [String]?
        var register: Bool?
        var also: String?
        var fen: Int64?
        var perSecond: Double?
        var calls: Int?
        enum CodingKeys: String, CodingKey {
            case name, kind, url, key, secret, sign, template, variable, application, region, shown, source, body
            case encoding, success, channel, fen, domain, listen, authority, services, register, also, calls
            case perSecond = "per-second"
        }

        func need(_ value: String?, _ field: String) throws -> String {
            guard let value, !value.isEmpty else {
                throw CentreError(description: "the carrier \(name) (\(kind)) needs \(field)")
            }
            return value
        }
    }

    init(
        _ file: URL?, receipts: ReceiptDesk, gateway: HTTPCarrier, hasGateway: Bool, client: HTTPClient,
        database: any Database, hint: String, logger: Logger
    ) throws {
        self.hint = hint
        self.database = database
        guard let file else {
            callbackToken = nil
            trial = nil
            addGateway(gateway, hasGateway)
            return
        }
        let read: File
        do {
            read = try YAMLDecoder().decode(File.self, from: try String(contentsOf: file, encoding: .utf8))
        } catch {
            throw CentreError(description: "\(file.path) is not a file of carriers: \(error)")
        }
        if let token = read.callbackToken, token.utf8.count < 16 {
            throw CentreError(description: "\(file.path): callback-token takes 16 or more characters")
        }
        callbackToken = read.callbackToken
        trial = try read.trial?.checked()
        for entry in read.carriers {
            guard !lines.contains(where: { $0.name == entry.name }) else {
                throw CentreError(description: "\(file.path) names the carrier \(entry.name) twice")
            }
            try add(entry, receipts: receipts, client: client, logger: logger)
        }
        addGateway(gateway, hasGateway)
    }

    private mutating func addGateway(_ gateway: HTTPCarrier, _ hasGateway: Bool) {
        guard hasGateway else { return }
        lines.append(CarrierLine(name: "gateway-sms", channel: .sms, reportMs: Self.textMs, carrier: gateway))
        lines.append(CarrierLine(name: "gateway-call", channel: .call, reportMs: Self.callMs, carrier: gateway))
    }

    private mutating func add(
        _ entry: Entry, receipts: ReceiptDesk, client: HTTPClient, logger: Logger
    ) throws {
        var line: CarrierLine
        switch entry.kind {
        case "aliyun-sms", "aliyun-voice":
            let channel: Channel = entry.kind == "aliyun-sms" ? .sms : .call
            line = CarrierLine(
                name: entry.name, channel: channel, quotas: channel == .sms ? .aliyunSMS : .aliyunVoice,
                carrier: AliyunCarrier(
                    client: client, channel: channel,
                    AliyunCarrier.Configuration(
                        keyID: try entry.need(entry.key, "key"), secret: try entry.need(entry.secret, "secret"),
                        signName: channel == .sms ? try entry.need(entry.sign, "sign") : "",
                        template: try entry.need(entry.template, "template"), variable: entry.variable ?? "content",
                        shownNumber: channel == .call ? try entry.need(entry.shown, "shown") : "", url: entry.url)))
        case "tencent-sms", "tencent-voice":
            let channel: Channel = entry.kind == "tencent-sms" ? .sms : .call
            line = CarrierLine(
                name: entry.name, channel: channel, quotas: channel == .sms ? Quotas() : .tencentVoice,
                carrier: TencentCarrier(
                    client: client, channel: channel,
                    TencentCarrier.Configuration(
                        id: try entry.need(entry.key, "key"), secret: try entry.need(entry.secret, "secret"),
                        application: try entry.need(entry.application, "application"),
                        signName: channel == .sms ? try entry.need(entry.sign, "sign") : "",
                        template: try entry.need(entry.template, "template"),
                        region: entry.region ?? "ap-guangzhou", url: entry.url)))
        case "smpp":
            guard let place = URLComponents(string: try entry.need(entry.url, "url")), place.scheme == "smpp",
                let host = place.host
            else { throw CentreError(description: "the carrier \(entry.name) needs a url smpp://HOST:PORT") }
            let name = entry.name
            let carrier = SMPPCarrier(
                SMPPCarrier.Configuration(
                    host: host, port: place.port ?? 2_775,
                    bind: BindRequest(
                        systemID: try entry.need(entry.key, "key"), password: try entry.need(entry.secret, "secret")),
                    source: try entry.need(entry.source, "source")), logger: logger,
                replies: { try await receipts.take($0) }
            ) { id, isDelivered in
                try await receipts.take(providerID: id, by: name, isDelivered: isDelivered)
            }
            services.append(carrier)
            line = CarrierLine(name: name, channel: .sms, carrier: carrier)
        case "sip":
            func trunk(_ url: String) throws -> SIPTrunk {
                guard let place = URLComponents(string: url), let scheme = place.scheme,
                    ["sip", "sip+tcp"].contains(scheme), let host = place.host
                else { throw CentreError(description: "the carrier \(entry.name) needs a url sip://ADDRESS:PORT") }
                return SIPTrunk(
                    hop: SIPHop(scheme == "sip" ? .udp : .tcp, host, place.port ?? 5_060),
                    domain: entry.domain ?? host, user: try entry.need(entry.key, "key"),
                    password: entry.secret ?? "", shown: entry.shown ?? "", listenHost: entry.listen ?? "0.0.0.0",
                    registers: entry.register ?? false)
            }
            let calls = entry.calls ?? SIPCarrier.usual
            guard (1...SIPCarrier.most).contains(calls) else {
                throw CentreError(description: "the carrier \(entry.name): calls is 1…\(SIPCarrier.most)")
            }
            let carrier = SIPCarrier(
                try trunk(try entry.need(entry.url, "url")), others: try entry.also.map { [try trunk($0)] } ?? [],
                atOnce: calls, hint: hint, logger: logger, speech: { await Speech.mandarin($0) }
            ) { id, state, key in
                try await receipts.take(id, state, key: key)
            }
            services.append(carrier)
            line = CarrierLine(name: entry.name, channel: .call, perSecond: 5, carrier: carrier)
        case "push":
            let subject = try entry.need(entry.source, "source")
            guard subject.hasPrefix("mailto:") || subject.hasPrefix("https://") else {
                throw CentreError(description: "the carrier \(entry.name): source is mailto:ADDRESS or https://…")
            }
            line = CarrierLine(
                name: entry.name, channel: .push,
                carrier: PushCarrier(
                    client: client, database: database, subject: subject,
                    services: entry.services ?? PushCarrier.services))
        case "smtp":
            guard let place = URLComponents(string: try entry.need(entry.url, "url")), let host = place.host,
                let security = place.scheme.flatMap(SMTPCarrier.Security.init(rawValue:))
            else {
                throw CentreError(
                    description: "the carrier \(entry.name) needs a url smtps://, smtp:// or smtp+open://HOST:PORT")
            }
            let usual = [SMTPCarrier.Security.implicit: 465, .startTLS: 587, .none: 25]
            do {
                line = CarrierLine(
                    name: entry.name, channel: .email, perSecond: 10,
                    carrier: try SMTPCarrier(
                        SMTPCarrier.Configuration(
                            host: host, port: place.port ?? usual[security] ?? 25, security: security,
                            user: entry.key ?? "", password: entry.secret ?? "",
                            from: try entry.need(entry.source, "source"), authority: entry.authority)))
            } catch let error as CentreError {
                throw error
            } catch {
                throw CentreError(description: "the carrier \(entry.name): source or authority does not hold: \(error)")
            }
        case "http":
            guard let encoding = TemplateCarrier.Encoding(rawValue: entry.encoding ?? "json"),
                let channel = Channel(rawValue: entry.channel ?? "sms")
            else { throw CentreError(description: "the carrier \(entry.name): encoding is json or form") }
            line = CarrierLine(
                name: entry.name, channel: channel,
                carrier: TemplateCarrier(
                    client: client,
                    TemplateCarrier.Configuration(
                        url: try entry.need(entry.url, "url"), body: try entry.need(entry.body, "body"),
                        encoding: encoding, authorization: entry.secret ?? "", success: entry.success ?? "")))
        default:
            throw CentreError(
                description:
                    "the carrier \(entry.name): kind is aliyun-sms, aliyun-voice, tencent-sms, tencent-voice, smpp, sip, smtp, push or http"
            )
        }
        line.fen = max(0, entry.fen ?? 0)
        // Aliyun and Tencent report by callback alone; where none can come, nothing is waited for.
        let reports =
            ["smpp", "sip"].contains(entry.kind)
            || (!["http", "smtp", "push"].contains(entry.kind) && callbackToken != nil)
        if reports { line.reportMs = line.channel == .sms ? Self.textMs : Self.callMs }
        if let rate = entry.perSecond, rate > 0 { line.perSecond = rate }
        lines.append(line)
    }
}
