import Crypt
import Foundation
import NIOHTTP1
import Synchronization

/// How a far end behaves.
public enum FarMode: String, Sendable, CaseIterable {
    /// It takes everything.
    case takes
    /// It says that this callee has had enough.
    case limited
    /// It says that the number is none.
    case refuses
    /// It breaks.
    case breaks
    /// It takes the request and says nothing.
    case hangs
    /// It takes the request and closes the connection.
    case hangsUp
    /// It answers what nobody can read.
    case babbles
}

/// The far end of Aliyun or Tencent Cloud: it checks the signature by the published rule, and answers or fails as its
/// mode says.
public final class FakeCarrier: Sendable {
    /// Whose far end.
    public enum Kind: String, Sendable, CaseIterable { case aliyun, tencent, plain }

    /// What was taken.
    public struct Taken: Sendable, Equatable {
        /// `SendSms` and the like.
        public var action: String
        /// To whom.
        public var phone: String
        /// The caller's own number for the message.
        public var reference: String
        /// The words, as they were sent.
        public var text: String
    }

    private struct State {
        var mode = FarMode.takes
        var taken: [Taken] = []
        var tries = 0
        var wrongSignatures = 0
    }

    private let state = Mutex(State())
    private let secret: String
    private let server = Mutex<FakeHTTPServer?>(nil)

    private init(secret: String) { self.secret = secret }

    /// Starts one; port 0 lets the system choose.
    public static func start(
        _ kind: Kind, secret: String, host: String = "127.0.0.1", port: Int = 0
    ) async throws -> FakeCarrier {
        let fake = FakeCarrier(secret: secret)
        let server = try await FakeHTTPServer.start(host: host, port: port) { request in
            switch kind {
            case .aliyun: fake.aliyun(request)
            case .tencent: fake.tencent(request)
            case .plain: fake.plain(request)
            }
        }
        fake.server.withLock { $0 = server }
        return fake
    }

    /// Where it listens.
    public var port: Int { server.withLock { $0?.port } ?? 0 }
    /// How it behaves from now on.
    public func set(_ mode: FarMode) { state.withLock { $0.mode = mode } }
    /// What it has taken.
    public var taken: [Taken] { state.withLock { $0.taken } }
    /// How often it was asked.
    public var tries: Int { state.withLock { $0.tries } }
    /// How many requests were signed wrongly.
    public var wrongSignatures: Int { state.withLock { $0.wrongSignatures } }
    /// Ends it.
    public func stop() async {
        let server = server.withLock { $0 }
        await server?.stop()
    }

    private func answer(_ taken: Taken, ok: (Int) -> String, limited: String, refused: String) -> FarAnswer {
        state.withLock { state in
            switch state.mode {
            case .takes:
                state.taken.append(taken)
                return .reply(200, ok(state.taken.count))
            case .limited: return .reply(200, limited)
            case .refuses: return .reply(200, refused)
            case .breaks: return .reply(503, "<html>")
            case .hangs: return .hang
            case .hangsUp: return .hangUp
            case .babbles: return .reply(200, "<html>")
            }
        }
    }

    private func wrong(_ text: String) -> FarAnswer {
        state.withLock { $0.wrongSignatures += 1 }
        return .reply(400, text)
    }

    private func aliyun(_ request: FarRequest) -> FarAnswer {
        state.withLock { $0.tries += 1 }
        let given = request.headers.first(name: "authorization") ?? ""
        guard let names = part(given, "SignedHeaders="), let signature = part(given, "Signature=") else {
            return wrong(#"{"Code":"MissingSignature"}"#)
        }
        let lines = names.split(separator: ";").map { name in
            "\(name):\((request.headers.first(name: String(name)) ?? "").trimmingCharacters(in: .whitespaces))\n"
        }
        let query = request.query.split(separator: "&").sorted().joined(separator: "&")
        let canonical =
            "\(request.method)\n/\n\(query)\n\(lines.joined())\n\(names)\n" + Secret.hex(Digest.sha256(request.body))
        let text = "ACS3-HMAC-SHA256\n" + Secret.hex(Digest.sha256(Array(canonical.utf8)))
        guard Secret.hex(Digest.hmacSHA256(key: Array(secret.utf8), Array(text.utf8))) == signature else {
            return wrong(#"{"Code":"SignatureDoesNotMatch"}"#)
        }
        var values: [String: String] = [:]
        for pair in request.query.split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1).map { String($0).removingPercentEncoding ?? "" }
            if sides.count == 2 { values[sides[0]] = sides[1] }
        }
        let taken = Taken(
            action: request.headers.first(name: "x-acs-action") ?? "",
            phone: values["PhoneNumbers"] ?? values["CalledNumber"] ?? "", reference: values["OutId"] ?? "",
            text: values["TemplateParam"] ?? values["StartTtsParams"] ?? "")
        return answer(
            taken, ok: { #"{"Code":"OK","Message":"OK","BizId":"biz-\#($0)","CallId":"call-\#($0)"}"# },
            limited: #"{"Code":"isv.BUSINESS_LIMIT_CONTROL","Message":"触发流控"}"#,
            refused: #"{"Code":"isv.MOBILE_NUMBER_ILLEGAL","Message":"非法手机号"}"#)
    }

    private func tencent(_ request: FarRequest) -> FarAnswer {
        state.withLock { $0.tries += 1 }
        let given = request.headers.first(name: "authorization") ?? ""
        let action = request.headers.first(name: "x-tc-action") ?? ""
        guard let signature = part(given, "Signature="), let scope = part(given, "Credential=")?.split(separator: "/"),
            scope.count == 4, let seconds = request.headers.first(name: "x-tc-timestamp")
        else { return wrong(#"{"Response":{"Error":{"Code":"AuthFailure.SignatureFailure"}}}"#) }
        let canonical =
            "POST\n/\n\ncontent-type:\(request.headers.first(name: "content-type") ?? "")\n"
            + "host:\(request.headers.first(name: "host") ?? "")\n\ncontent-type;host\n"
            + Secret.hex(Digest.sha256(request.body))
        let text =
            "TC3-HMAC-SHA256\n\(seconds)\n\(scope[1])/\(scope[2])/tc3_request\n"
            + Secret.hex(Digest.sha256(Array(canonical.utf8)))
        var key = Array("TC3\(secret)".utf8)
        for step in [String(scope[1]), String(scope[2]), "tc3_request", text] {
            key = Digest.hmacSHA256(key: key, Array(step.utf8))
        }
        guard Secret.hex(key) == signature else {
            return wrong(#"{"Response":{"Error":{"Code":"AuthFailure.SignatureFailure"}}}"#)
        }
        let body = (try? JSONSerialization.jsonObject(with: Data(request.body))) as? [String: Any] ?? [:]
        let taken = Taken(
            action: action,
            phone: (body["PhoneNumberSet"] as? [String])?.first ?? body["CalledNumber"] as? String ?? "",
            reference: body["SessionContext"] as? String ?? "",
            text: (body["TemplateParamSet"] as? [String])?.first ?? "")
        let isText = action == "SendSms"
        return answer(
            taken,
            ok: {
                isText
                    ? #"{"Response":{"SendStatusSet":[{"SerialNo":"serial-\#($0)","Code":"Ok"}],"RequestId":"r"}}"#
                    : #"{"Response":{"SendStatus":{"CallId":"call-\#($0)"},"RequestId":"r"}}"#
            },
            limited: isText
                ? #"{"Response":{"SendStatusSet":[{"SerialNo":"","Code":"LimitExceeded.PhoneNumberDailyLimit"}]}}"#
                : #"{"Response":{"Error":{"Code":"LimitExceeded.DeliveryFrequencyLimit","Message":""}}}"#,
            refused: isText
                ? #"{"Response":{"SendStatusSet":[{"SerialNo":"","Code":"InvalidParameterValue.IncorrectPhoneNumber"}]}}"#
                : #"{"Response":{"Error":{"Code":"InvalidParameterValue.CalledNumberVerifyFail","Message":""}}}"#)
    }

    private func plain(_ request: FarRequest) -> FarAnswer {
        state.withLock { $0.tries += 1 }
        guard request.headers.first(name: "authorization") == secret else { return wrong("no") }
        let taken = Taken(
            action: "plain", phone: "", reference: request.headers.first(name: "idempotency-key") ?? "",
            text: String(decoding: request.body, as: UTF8.self))
        return answer(taken, ok: { "ok \($0)" }, limited: "limit", refused: "bad number")
    }

    private func part(_ text: String, _ name: String) -> String? {
        text.range(of: name).map { String(text[$0.upperBound...].prefix { $0 != "," && $0 != " " }) }
    }
}
