import AsyncHTTPClient
import Crypt
import Foundation
import Kernel
import NIOCore
import NIOHTTP1
import NIOPosix
import Web

/// Texts and calls through Aliyun (dysmsapi and dyvmsapi, both 2017-05-25, signed by ACS3).
public struct AliyunCarrier: Carrier {
    /// What it needs to know.
    public struct Configuration: Sendable {
        /// The AccessKey.
        public var keyID: String
        /// Its secret.
        public var secret: String
        /// The approved signature of texts, such as 云汐镇.
        public var signName: String
        /// The approved template: of a text, or of the words that a call begins with.
        public var template: String
        /// The template's variable that takes the message.
        public var variable: String
        /// The number that calls show.
        public var shownNumber: String
        /// Where to, instead of Aliyun's own address; for trials.
        public var url: String?

        /// A configuration.
        public init(
            keyID: String, secret: String, signName: String = "", template: String, variable: String = "content",
            shownNumber: String = "", url: String? = nil
        ) {
            self.keyID = keyID
            self.secret = secret
            self.signName = signName
            self.template = template
            self.variable = variable
            self.shownNumber = shownNumber
            self.url = url
        }
    }

    private struct Reply: Decodable {
        var Code: String
        var BizId: String?
        var CallId: String?
    }

    let client: HTTPClient
    let channel: Channel
    let configuration: Configuration

    /// A carrier of texts, or of calls.
    public init(client: HTTPClient, channel: Channel, _ configuration: Configuration) {
        self.client = client
        self.channel = channel
        self.configuration = configuration
    }

    /// Hands a message over; the message's number goes along as `OutId`, and comes back in receipts.
    public func send(_ message: Message) async -> Delivery {
        let host = channel == .sms ? "dysmsapi.aliyuncs.com" : "dyvmsapi.aliyuncs.com"
        let url = configuration.url ?? "https://\(host)"
        guard let parts = URLComponents(string: url), let target = parts.host else { return .refused("url") }
        let query = ACS3.query(parameters(message))
        let hash = Secret.hex(Digest.sha256([]))
        var headers = [
            "host": parts.port.map { "\(target):\($0)" } ?? target,
            "x-acs-action": channel == .sms ? "SendSms" : "IvrCall", "x-acs-version": "2017-05-25",
            "x-acs-date": Instant.now.utc, "x-acs-content-sha256": hash,
            "x-acs-signature-nonce": UUID().uuidString,
        ]
        headers["authorization"] = ACS3.authorization(
            method: "POST", query: query, headers: headers, body: [], keyID: configuration.keyID,
            secret: configuration.secret)
        var request = HTTPClientRequest(url: url + "/?" + query)
        request.method = .POST
        for (name, value) in headers where name != "host" { request.headers.add(name: name, value: value) }
        return await CarrierRequest.send(request, by: client) { status, body in
            guard let reply = try? JSON.decode(Reply.self, body) else {
                return .again("HTTP \(status)", mayHaveGoneOut: status >= 500 || status < 300)
            }
            return Self.outcome(reply.Code, id: reply.BizId ?? reply.CallId)
        }
    }

    private func parameters(_ message: Message) -> [String: String] {
        let values =
            message.form.map { Dictionary($0.values.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }) }
            ?? [configuration.variable: message.text]
        let words = (try? JSON.text(values)) ?? "{}"
        let template = message.form?.code ?? configuration.template
        switch channel {
        case .sms:
            return [
                "PhoneNumbers": message.to.phone, "SignName": configuration.signName,
                "TemplateCode": template, "TemplateParam": words, "OutId": message.id.description,
            ]
        case .call, .email, .push:
            return [
                "CalledShowNumber": configuration.shownNumber, "CalledNumber": message.to.phone,
                "StartCode": template, "StartTtsParams": words, "MenuKeyMap.1.Key": "1",
                "MenuKeyMap.2.Key": "2", "PlayTimes": "2", "Timeout": "8000", "OutId": message.id.description,
            ]
        }
    }

    /// What a code means for the message. A quota that is used up does not mean that the message is wrong: another
    /// carrier may take it at once, this one must not be asked again soon.
    static func outcome(_ code: String, id: String?) -> Delivery {
        switch code {
        case "OK": .taken(providerID: id)
        case "isv.BUSINESS_LIMIT_CONTROL", "isv.OUT_OF_SERVICE", "isv.AMOUNT_NOT_ENOUGH", "Throttling",
            "Throttling.User", "isp.SYSTEM_ERROR", "isp.GATEWAY_ERROR", "ServiceUnavailable":
            .again(code, mayHaveGoneOut: code == "isp.SYSTEM_ERROR")
        default: .refused(String(code.prefix(100)))
        }
    }
}

extension Instant {
    /// `2026-11-25T04:00:00Z`.
    var utc: String {
        let time = CivilTime(self - CivilTime.offsetMs)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return
            "\(time.year)-\(two(time.month))-\(two(time.day))T\(two(time.hour)):\(two(time.minute)):\(two(time.second))Z"
    }
}

/// A request to a carrier's API: bounded in time and in what is read of the answer.
enum CarrierRequest {
    static let replyLimit = 65_536

    static func send(
        _ request: HTTPClientRequest, by client: HTTPClient, _ read: (Int, [UInt8]) -> Delivery
    ) async -> Delivery {
        do {
            let response = try await client.execute(request, timeout: .seconds(8))
            let body = try await response.body.collect(upTo: replyLimit)
            return read(Int(response.status.code), Array(body.readableBytesView))
        } catch let error as HTTPClientError
            where error == .connectTimeout || error == .getConnectionFromPoolTimeout
        {
            return .again("\(error)", mayHaveGoneOut: false)
        } catch let error where isUnconnected(error) {
            return .again("not-connected", mayHaveGoneOut: false)
        } catch {
            // Anything after the connection stood may have reached the carrier.
            return .again(String("\(error)".prefix(200)), mayHaveGoneOut: true)
        }
    }

    /// Whether no connection ever stood, so that nothing can have been written.
    private static func isUnconnected(_ error: any Error) -> Bool {
        switch error {
        case is NIOConnectionError, ChannelError.connectTimeout: true
        case let error as IOError: [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT].contains(error.errnoCode)
        default: false
        }
    }
}
