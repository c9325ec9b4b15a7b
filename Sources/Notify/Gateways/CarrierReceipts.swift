import Foundation
import Kernel

/// What a carrier says later of a message, in whichever of their shapes it comes.
struct CarrierReceipt: Sendable, Equatable {
    /// Our own number for the message, where the carrier gives it back.
    var message: MessageID?
    /// The carrier's number.
    var providerID: String?
    /// How far it came.
    var state: MessageState
    /// What the person pressed.
    var key: String?

    /// The most receipts that are read from one request.
    static let limit = 500

    /// Reads what Aliyun pushes over HTTP (SmsReport, voice reports: a list with `biz_id`/`call_id` and `out_id`) and
    /// what Tencent calls back with (a list with `sid` and `report_status`; `voiceprompt_callback`;
    /// `voicekey_callback`). What is none of these is passed over.
    /// - Throws: a 400 where it is no JSON.
    static func read(_ body: [UInt8]) throws(Problem) -> [CarrierReceipt] {
        guard let value = try? JSONSerialization.jsonObject(with: Data(body)) else {
            throw .malformed("the body is not JSON")
        }
        if let list = value as? [[String: Any]] { return list.prefix(limit).compactMap(report) }
        guard let object = value as? [String: Any] else { return [] }
        if let key = object["voicekey_callback"] as? [String: Any] {
            return [
                CarrierReceipt(
                    providerID: text(key["callid"]), state: .answered, key: pressed(text(key["keypress"])))
            ]
        }
        if let call = object["voiceprompt_callback"] as? [String: Any] {
            return [
                CarrierReceipt(
                    providerID: text(call["callid"]), state: text(call["result"]) == "0" ? .answered : .failed)
            ]
        }
        return report(object).map { [$0] } ?? []
    }

    /// Reads what people reply to texts: Aliyun's SmsUp (a list with `phone_number` and `content`) and Tencent's
    /// callback (`mobile`, `nationcode`, `text`). What is neither is passed over.
    static func replies(_ body: [UInt8]) -> [CarrierReply] {
        guard let value = try? JSONSerialization.jsonObject(with: Data(body)) else { return [] }
        let items = (value as? [[String: Any]]) ?? (value as? [String: Any]).map { [$0] } ?? []
        return items.prefix(limit).compactMap { item in
            if let phone = text(item["phone_number"]), let words = text(item["content"]), item["biz_id"] == nil {
                return CarrierReply(phone: phone, text: words)
            }
            if let phone = text(item["mobile"]), let words = text(item["text"]), item["sid"] == nil {
                return CarrierReply(phone: phone, text: words)
            }
            return nil
        }
    }

    private static func report(_ item: [String: Any]) -> CarrierReceipt? {
        let message = text(item["out_id"]).flatMap(MessageID.init)
        if let sid = text(item["sid"]), let status = text(item["report_status"]) {
            return CarrierReceipt(providerID: sid, state: status == "SUCCESS" ? .delivered : .failed)
        }
        if let biz = text(item["biz_id"]), let success = item["success"] {
            let isThere = (success as? Bool) ?? (text(success) == "true")
            return CarrierReceipt(message: message, providerID: biz, state: isThere ? .delivered : .failed)
        }
        if let call = text(item["call_id"]) {
            let key = pressed(text(item["dtmf"]) ?? text(item["digits"]))
            let isAnswered = key != nil || text(item["status_code"]) == "200000"
            return CarrierReceipt(
                message: message, providerID: call, state: isAnswered ? .answered : .failed, key: key)
        }
        return nil
    }

    private static func text(_ value: Any?) -> String? {
        if let text = value as? String { return text.isEmpty ? nil : String(text.prefix(100)) }
        return (value as? NSNumber).map { "\($0)" }
    }

    private static func pressed(_ text: String?) -> String? {
        text.flatMap { $0.last }.flatMap { "0123456789*#".contains($0) ? String($0) : nil }
    }
}
