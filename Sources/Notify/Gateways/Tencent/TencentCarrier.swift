import AsyncHTTPClient
import Foundation
import Kernel
import NIOCore
import NIOHTTP1
import Web

/// Texts and calls through Tencent Cloud (sms 2021-01-11, vms 2020-09-02, signed by TC3).
public struct TencentCarrier: Carrier {
    /// What it needs to know.
    public struct Configuration: Sendable {
        /// The SecretId.
        public var id: String
        /// The SecretKey.
        public var secret: String
        /// The application's number.
        public var application: String
        /// The approved signature of texts.
        public var signName: String
        /// The approved template, with one variable.
        public var template: String
        /// Such as `ap-guangzhou`; texts alone have one.
        public var region: String
        /// Where to, instead of Tencent's own address; for trials.
        public var url: String?

        /// A configuration.
        public init(
            id: String, secret: String, application: String, signName: String = "", template: String,
            region: String = "ap-guangzhou", url: String? = nil
        ) {
            self.id = id
            self.secret = secret
            self.application = application
            self.signName = signName
            self.template = template
            self.region = region
            self.url = url
        }
    }

    private struct Text: Encodable {
        var PhoneNumberSet: [String]
        var SmsSdkAppId: String
        var SignName: String
        var TemplateId: String
        var TemplateParamSet: [String]
        var SessionContext: String
    }

    private struct Call: Encodable {
        var TemplateId: String
        var CalledNumber: String
        var VoiceSdkAppid: String
        var TemplateParamSet: [String]
        var PlayTimes: Int
        var SessionContext: String
    }

    private struct Reply: Decodable {
        struct Response: Decodable {
            struct Failure: Decodable { var Code: String }
            struct Status: Decodable {
                var Code: String?
                var SerialNo: String?
                var CallId: String?
            }
            var Error: Failure?
            var SendStatusSet: [Status]?
            var SendStatus: Status?
        }
        var Response: Response
    }

    /// The longest words of a call, by Tencent's interface.
    private static let spoken = 350

    let client: HTTPClient
    let channel: Channel
    let configuration: Configuration

    /// A carrier of texts, or of calls.
    public init(client: HTTPClient, channel: Channel, _ configuration: Configuration) {
        self.client = client
        self.channel = channel
        self.configuration = configuration
    }

    /// Hands a message over; the message's number goes along as `SessionContext`, and comes back in receipts.
    public func send(_ message: Message) async -> Delivery {
        let service = channel == .sms ? "sms" : "vms"
        let url = configuration.url ?? "https://\(service).tencentcloudapi.com"
        guard let parts = URLComponents(string: url), let name = parts.host, let body = try? document(message) else {
            return .refused("url")
        }
        let host = parts.port.map { "\(name):\($0)" } ?? name
        let seconds = Instant.now.ms / 1_000
        var request = HTTPClientRequest(url: url + "/")
        request.method = .POST
        request.headers = [
            "Content-Type": "application/json; charset=utf-8", "X-TC-Timestamp": String(seconds),
            "X-TC-Action": channel == .sms ? "SendSms" : "SendTtsVoice",
            "X-TC-Version": channel == .sms ? "2021-01-11" : "2020-09-02",
            "Authorization": TC3.authorization(
                host: host, service: service, seconds: seconds, body: body, id: configuration.id,
                secret: configuration.secret),
        ]
        if channel == .sms { request.headers.add(name: "X-TC-Region", value: configuration.region) }
        request.body = .bytes(ByteBuffer(bytes: body))
        return await CarrierRequest.send(request, by: client) { status, body in
            guard let reply = try? JSON.decode(Reply.self, body) else {
                return .again("HTTP \(status)", mayHaveGoneOut: status >= 500 || status < 300)
            }
            if let failure = reply.Response.Error { return Self.outcome(failure.Code, id: nil) }
            if let call = reply.Response.SendStatus { return .taken(providerID: call.CallId) }
            guard let text = reply.Response.SendStatusSet?.first else {
                return .again("empty", mayHaveGoneOut: true)
            }
            return Self.outcome(text.Code ?? "", id: text.SerialNo)
        }
    }

    private func document(_ message: Message) throws -> [UInt8] {
        let number = message.to.phone.hasPrefix("+") ? message.to.phone : "+86" + message.to.phone
        let template = message.form?.code ?? configuration.template
        let values = message.form?.values.map(\.value)
        return switch channel {
        case .sms:
            try JSON.encode(
                Text(
                    PhoneNumberSet: [number], SmsSdkAppId: configuration.application, SignName: configuration.signName,
                    TemplateId: template, TemplateParamSet: values ?? [message.text],
                    SessionContext: message.id.description))
        case .call, .email, .push:
            try JSON.encode(
                Call(
                    TemplateId: template, CalledNumber: number, VoiceSdkAppid: configuration.application,
                    TemplateParamSet: values ?? [String(message.text.prefix(Self.spoken))], PlayTimes: 2,
                    SessionContext: message.id.description))
        }
    }

    /// What a code means for the message: limits, arrears and inner failures are the carrier's own matter, and another
    /// one may take it at once.
    static func outcome(_ code: String, id: String?) -> Delivery {
        if code == "Ok" { return .taken(providerID: id) }
        let isTheirs =
            ["LimitExceeded", "RequestLimitExceeded", "InternalError", "ResourceInsufficient"]
            .contains { code.hasPrefix($0) }
            || code.contains("InsufficientBalance")
        return isTheirs
            ? .again(String(code.prefix(100)), mayHaveGoneOut: code.hasPrefix("InternalError"))
            : .refused(String(code.prefix(100)))
    }
}
